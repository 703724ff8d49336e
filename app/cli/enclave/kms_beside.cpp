// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/kms_beside.hpp"

#include "app/cli/enclave/run_options.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kms/kms_start.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

void addKmsOptions(CLI::App &command, RunKmsOptions &options) {
    command
        .add_option_function<std::string>(
            "--kms",
            [&options](const std::string &policy) {
                options.isWanted = true;
                options.seed = policy;
            },
            "Be KMS beside the enclave for its life, on port 8000 as kmstool expects it, with the keys of `kms serve` and one with this "
            "policy, if it is given (docs/kms.md)")
        ->expected(0, 1)
        ->type_name("POLICY");
    command
        .add_option("--kms-identities", options.identities,
                    "Access keys with their principals and policies for --kms (docs/kms.md)")
        ->type_name("FILE");
    addKmsFolder(command, options.folder, "--kms-folder");
}

app::Result<std::unique_ptr<app::EnclaveKms>> startKms(const RunKmsOptions &options, app::LaunchSpec &spec) {
    if (!options.isWanted)
        return std::unique_ptr<app::EnclaveKms>();
    KmsOptions kms;
    kms.seed = options.seed;
    kms.identities = options.identities;
    kms.folder = options.folder;
    kms.port = kms.httpPort = 0; // beside those of others
    return app::EnclaveKms::start(settingsOf(kms), spec);
}

QStringList placeOf(const app::EnclaveKms &kms, const app::LaunchSpec &spec) {
    const kms::KmsServer &server = kms.server();
    QStringList lines{
        u"KMS: the enclave reaches it at vsock port %1 as kms.%2.amazonaws.com, this computer at https://127.0.0.1:%3 and http://127.0.0.1:%4"_s
            .arg(app::kmsVsockPort)
            .arg(server.store().region())
            .arg(server.tlsPort())
            .arg(server.httpPort()),
        u"KMS: who calls must trust the certificate of `nitroscope-cli kms ca export`; the parent's role is %1 (PCR 3)"_s
            .arg(spec.parentRole)};
    for (const QString &line : sayingsOf(server))
        lines << u"KMS: "_s + line;
    if (!spec.recordingPath.isEmpty())
        lines << u"KMS: its calls are told here only: a recording has what QEMU sees"_s;
    return lines;
}

QString summaryOf(const kms::CallRecord &record) {
    const QString text = u"KMS: "_s + pcapng::kmsCallText(app::captured(record));
    return record.message.isEmpty() ? text : text + u": "_s + record.message;
}

app::LiveSession::Stream streamOf(const RunKmsOptions &options, const app::LaunchSpec &spec) {
    const bool addsRecords = options.isWanted && !spec.capturePath.isEmpty() && spec.recordingPath.isEmpty();
    return addsRecords ? app::LiveSession::Stream::read : app::LiveSession::Stream::ignored;
}

void whenCaptured(app::LiveSession &session, const std::function<void()> &then) {
    const app::LiveCapture *capture = session.capture();
    if (!capture || capture->state() != app::CaptureSource::State::live)
        return then();
    QObject::connect(capture, &app::CaptureSource::stateChanged, &session, [then] { then(); });
}

} // namespace nitroscope::cli
