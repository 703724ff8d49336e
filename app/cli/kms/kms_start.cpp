// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kms/kms_start.hpp"

#include "app/cli/kit/arguments.hpp"

#include <algorithm>
#include <QDateTime>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

namespace {

// "chunks", "primitive", "chunk=16", "der".
kms::EnvelopeForm formOf(const std::string &text) {
    if (text == "chunks")
        return {};
    if (text == "primitive")
        return {.content = kms::EnvelopeForm::Content::primitive};
    if (text == "der")
        return {.content = kms::EnvelopeForm::Content::primitive, .chunkBytes = 1000, .isDer = true};
    bool isNumber = false;
    const int bytes = textOf(text).startsWith(u"chunk="_s) ? textOf(text).sliced(6).toInt(&isNumber) : 0;
    if (!isNumber || bytes < 1 || bytes > 4096)
        throw CLI::ValidationError("--envelope", "takes chunks, chunk=BYTES, primitive or der");
    return {.content = kms::EnvelopeForm::Content::chunks, .chunkBytes = bytes};
}

} // namespace

kms::StartSettings settingsOf(const KmsOptions &options) {
    kms::StartSettings settings;
    settings.folder = pathOf(options.folder);
    settings.store = pathOf(options.store);
    settings.isInMemory = options.inMemory;
    settings.seed = pathOf(options.seed);
    settings.identities = pathOf(options.identities);
    settings.role = textOf(options.role);
    settings.region = textOf(options.region);
    settings.root = pathOf(options.root);
    settings.form = formOf(options.form);
    settings.wrongRecipientKey = options.wrongKey;
    settings.maxDocumentAge = options.maxDocumentAge;
    settings.anySignature = options.anySignature;
    settings.tlsPort = quint16(options.port);
    settings.httpPort = quint16(options.httpPort);
    settings.hasImds = options.imdsPort >= 0;
    settings.imdsPort = quint16(std::max(options.imdsPort, 0));
    settings.takesImdsVersion1 = options.imdsVersion1;
    settings.instanceId = textOf(options.instance);
    settings.credentialSeconds = options.credentialSeconds;
    return settings;
}

void addKmsFolder(CLI::App &command, std::string &folder, const std::string &name) {
    command
        .add_option(name, folder,
                    "Folder of the KMS's root and keys [" + kms::defaultKmsFolder().toStdString() + "]")
        ->type_name("FOLDER");
}

QStringList sayingsOf(const kms::KmsServer &server) {
    QStringList lines;
    const kms::Identity &standard = server.identities().standard();
    if (standard.key.accessKeyId == "test")
        lines << u"the access key is test, its secret test, for %1"_s.arg(
            standard.caller.principal.principalArn());
    if (server.imdsPort() != 0)
        lines
            << u"the parent's metadata service (IMDSv2) is at http://127.0.0.1:%1, for AWS_EC2_METADATA_SERVICE_ENDPOINT"_s
                   .arg(server.imdsPort());
    if (server.takesAnySignature())
        lines << u"signatures are not looked at (--any-signature): every call is taken"_s;
    for (const auto &[alias, id] : server.store().aliases())
        lines << u"%1 is %2"_s.arg(alias, server.store().keyArn(id));
    return lines;
}

QByteArray textOf(const kms::CallRecord &record) {
    const QString time = QDateTime::fromSecsSinceEpoch(record.time, Qt::UTC).toString(u"HH:mm:ss"_s);
    QString text = u"%1 %2 by %3: %4\n"_s.arg(
        time, record.operation, record.principal.isEmpty() ? u"nobody known"_s : record.principal,
        record.isGood() ? u"done"_s : record.errorType);
    if (!record.message.isEmpty())
        text += u"  %1\n"_s.arg(record.message);
    for (const QString &line : record.explanation.split(u'\n', Qt::SkipEmptyParts))
        text += u"  %1\n"_s.arg(line);
    return text.toUtf8();
}

} // namespace nitroscope::cli
