// SPDX-License-Identifier: GPL-2.0-or-later
//
// `attest show F` and `attest verify F`: attestation documents, their content and the verdict over them.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/formats/attestation/pcr_list.hpp"
#include "app/formats/attestation/report.hpp"
#include "app/formats/attestation/verify.hpp"
#include "app/formats/certificates/roots.hpp"

#include <QDateTime>
#include <vector>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

namespace attestation = formats::attestation;

// Scripts rely on them.
constexpr int valid = 0, invalid = 1; // and unreadable

constexpr auto codeHelp = "Exit codes:\n"
                          "  0  the document is valid (perhaps with surprises)\n"
                          "  1  it is invalid, or the usage is wrong\n"
                          "  2  it, or the root, cannot be read\n";

struct VerifyArguments {
    std::string path, root = "aws", time = "now", nonce, userData;
    std::vector<std::string> pcrs;
    std::string eif, pcrFile;
    qint64 maxAge = -1;
    bool json = false;
};

int print(const QByteArray &text, bool isJson, int code) {
    return isJson ? printJson(text, code, unreadable) : printText(text, code, unreadable);
}

int show(const std::string &path, bool json) {
    const auto input = readDocument(pathOf(path));
    if (!input) {
        say(input.error().text());
        return unreadable;
    }
    const auto document = attestation::decode(input->document);
    return print(json ? attestation::documentJson(document, *input)
                      : attestation::documentText(document).toUtf8(),
                 json, document.isReadable() ? valid : unreadable);
}

QByteArray requireBytes(const char *option, const std::string &text) {
    const auto bytes = bytesOf(text);
    if (!bytes)
        throw CLI::ValidationError(option, "takes whole bytes in hex");
    return *bytes;
}

using PcrSource = app::Result<attestation::PcrValues>;

PcrSource pcrsOfFile(const QString &path) {
    const auto content = readWhole(path, attestation::maxPcrListBytes);
    if (!content)
        return tl::unexpected(content.error());
    auto pcrs = attestation::readPcrList(*content);
    if (!pcrs)
        pcrs.error().context = path;
    return pcrs;
}

// What --eif and --pcr-file say, beside --pcr; all of it must hold, so it must not contradict itself.
app::Result<void> addFiledPcrs(const VerifyArguments &arguments, attestation::PcrValues &pcrs) {
    const struct {
        const std::string &path;
        PcrSource (*read)(const QString &);
    } sources[] = {{arguments.eif, pcrsOfEif}, {arguments.pcrFile, pcrsOfFile}};
    for (const auto &source : sources) {
        if (source.path.empty())
            continue;
        const auto values = source.read(pathOf(source.path));
        if (!values)
            return tl::unexpected(values.error());
        for (const auto &[index, value] : *values)
            if (const auto [entry, isNew] = pcrs.emplace(index, value); !isNew && entry->second != value)
                return app::failure(u"contradiction"_s,
                                    u"It has another PCR%1 than is asked for besides."_s.arg(index),
                                    pathOf(source.path));
    }
    return {};
}

void setTime(attestation::VerifyOptions &options, const std::string &text) {
    if (text == "now")
        return;
    if (text == "document") {
        options.time = attestation::CheckTime::document;
        return;
    }
    const QDateTime time = QDateTime::fromString(textOf(text), Qt::ISODate);
    // Without Z or an offset it would mean another time on another computer.
    if (!time.isValid() || time.timeSpec() == Qt::LocalTime)
        throw CLI::ValidationError("--time", "takes now, document, or a time such as 2026-01-02T03:04:05Z");
    options.time = attestation::CheckTime::at;
    options.atSeconds = time.toSecsSinceEpoch();
}

int verify(const VerifyArguments &arguments, const CLI::App &command) {
    attestation::VerifyOptions options;
    setTime(options, arguments.time);
    for (const std::string &pcr : arguments.pcrs)
        if (const auto [entry, isNew] = options.pcrs.insert(pcrOf(pcr)); !isNew)
            throw CLI::ValidationError("--pcr", "names PCR " + std::to_string(entry->first) + " twice");
    if (const auto added = addFiledPcrs(arguments, options.pcrs); !added) {
        say(added.error().text());
        return unreadable;
    }
    if (command.count("--nonce"))
        options.nonce = requireBytes("--nonce", arguments.nonce);
    if (command.count("--user-data"))
        options.userData = requireBytes("--user-data", arguments.userData);
    if (command.count("--max-age"))
        options.maxAgeSeconds = arguments.maxAge;
    auto roots = attestation::trustedRoots(pathOf(arguments.root));
    if (!roots) {
        say(roots.error().text());
        return unreadable;
    }
    options.roots = *std::move(roots);
    const auto input = readDocument(pathOf(arguments.path));
    if (!input) {
        say(input.error().text());
        return unreadable;
    }
    const auto document = attestation::decode(input->document);
    const auto verification = attestation::verify(document, options);
    const int code = verification.isValid()                                     ? valid
                     : verification.verdict == attestation::Verdict::unreadable ? unreadable
                                                                                : invalid;
    return print(arguments.json ? attestation::verificationJson(document, verification)
                                : attestation::verificationText(document, verification).toUtf8(),
                 arguments.json, code);
}

constexpr auto fileHelp =
    "Document: raw, or as hex, base64, numbers or escaped text, also in JSON or PEM; - is standard input";

} // namespace

void addAttest(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("attest", "Inspect and verify attestation documents");
    command->require_subcommand(1);

    CLI::App *showCommand = command->add_subcommand("show", "Print what a document contains");
    auto showPath = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    showCommand->add_option("FILE", *showPath, fileHelp)->required();
    showCommand->add_flag("--json", *json, "As JSON");
    showCommand->callback([showPath, json, &code] { code = show(*showPath, *json); });

    CLI::App *verifyCommand =
        command->add_subcommand("verify", "Say line by line whether a document is valid");
    auto arguments = std::make_shared<VerifyArguments>();
    verifyCommand->add_option("FILE", arguments->path, fileHelp)->required();
    verifyCommand
        ->add_option("--root", arguments->root,
                     "Root to trust: aws, aws-gov, local (this computer's enclaves) or a PEM file [aws]")
        ->type_name("ROOT");
    verifyCommand
        ->add_option(
            "--time", arguments->time,
            "When the certificates must be valid: now, document (its own time) or an RFC 3339 time [now]")
        ->type_name("TIME");
    verifyCommand
        ->add_option("--pcr", arguments->pcrs,
                     "Value that a PCR must have; more of them after commas, or each with its own --pcr")
        ->allow_extra_args(false)
        ->delimiter(',')
        ->type_name("N=HEX");
    verifyCommand
        ->add_option("--eif", arguments->eif,
                     "Image whose PCR0, 1, 2 and, when it is signed, 8 must be in it")
        ->type_name("FILE");
    verifyCommand
        ->add_option("--pcr-file", arguments->pcrFile,
                     "PCRs that must be in it: what nitro-cli printed of the image, or lines PCR0: HEX")
        ->type_name("FILE");
    verifyCommand->add_option("--nonce", arguments->nonce, "Nonce that must be in it")->type_name("HEX");
    verifyCommand->add_option("--user-data", arguments->userData, "User data that must be in it")
        ->type_name("HEX");
    verifyCommand
        ->add_option("--max-age", arguments->maxAge,
                     "Oldest it may be at --time, in seconds; with --time document at the computer's time")
        ->check(CLI::Range(qint64(0), qint64(1) << 40))
        ->type_name("S");
    verifyCommand->add_flag("--json", arguments->json, "As JSON");
    verifyCommand->footer(codeHelp);
    verifyCommand->callback([arguments, verifyCommand, &code] { code = verify(*arguments, *verifyCommand); });
}

} // namespace nitroscope::cli
