// SPDX-License-Identifier: GPL-2.0-or-later
//
// `sign-eif`: signs an EIF in place, as nitro-cli does, or into another file; replaces a signature that is
// there.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/formats/eif/describe_json.hpp"
#include "app/formats/eif/eif_signer.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

struct Options {
    std::string file, certificate, key, output;
};

int sign(const Options &options) {
    const auto document = formats::EifDocument::open(pathOf(options.file));
    if (!document)
        return fail(NitroError::signing, document.error().text());
    // nitro-cli reads them afterwards, and fails then.
    if (const auto problem = document->metadataProblem(); problem && problem->code == "E35"_L1)
        return fail(*problem, NitroError::eifParsing);
    const auto signer = formats::EifSigner::fromFiles(pathOf(options.certificate), pathOf(options.key));
    if (!signer)
        return fail(NitroError::signing, signer.error().text());
    const SignalWatch signalWatch([](int) {});
    std::stop_source stop;
    const auto measurements =
        formats::signEif(*document, *signer, pathOf(options.output.empty() ? options.file : options.output),
                         stop.get_token(), [&stop](quint64, quint64) {
                             if (SignalWatch::received())
                                 stop.request_stop();
                         });
    if (const int signal = SignalWatch::received())
        return bySignal + signal;
    if (!measurements)
        return fail(NitroError::signing, measurements.error().text());
    // It is signed all the same: it may be meant for another time.
    const auto written =
        formats::EifDocument::open(pathOf(options.output.empty() ? options.file : options.output));
    if (const QString problem = written ? formats::certificateDateProblem(*written) : QString();
        !problem.isEmpty())
        say(u"Warning: %1 No enclave starts from this image now."_s.arg(problem));
    sayPlain(u"Enclave Image successfully signed."_s);
    return printJson(formats::measurementsJson(*measurements));
}

} // namespace

void addSignEif(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("sign-eif", "Sign an EIF, or replace its signature");
    auto options = std::make_shared<Options>();
    command->add_option("--eif-path", options->file, "EIF to sign")->required()->type_name("FILE");
    command->add_option("--signing-certificate", options->certificate, "Certificate (PEM)")
        ->required()
        ->type_name("FILE");
    command->add_option("--private-key", options->key, "Its key (PEM, P-256, P-384 or P-521, no passphrase)")
        ->required()
        ->type_name("FILE");
    command->add_option("--output-file", options->output, "Where to write the signed EIF [the EIF itself]")
        ->type_name("FILE");
    addJsonFlag(*command);
    command->callback([options, &code] { code = sign(*options); });
}

} // namespace nitroscope::cli
