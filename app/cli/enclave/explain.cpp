// SPDX-License-Identifier: GPL-2.0-or-later
//
// `explain --error-code E36`: what nitro-cli's error codes mean, what usually causes them on EC2, and what is
// to be done here. See nitro_error.cpp for the words.
// `explain --enclave-id ID`, `explain --console FILE [--eif FILE]`: why an enclave ended, here or elsewhere; see
// session/diagnosis.
#include "app/cli/enclave/enclave_choice.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/core/output/visible_text.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/session/diagnosis/diagnosis_text.hpp"

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

// "E36", "e36" and "36".
int indexOf(const std::string &code) {
    const std::string digits = !code.empty() && (code[0] == 'E' || code[0] == 'e') ? code.substr(1) : code;
    bool isNumber = false;
    const unsigned number = QByteArray::fromStdString(digits).toUInt(&isNumber);
    return isNumber && digits.size() <= 2 && number < errorExplanations().size() ? int(number) : -1;
}

int explain(const std::string &code, bool asJson) {
    const int index = indexOf(code);
    if (index < 0)
        return fail(NitroError::invalidArgument,
                    u"There is no error code \"%1\"; they go from E00 to E%2."_s.arg(textOf(code))
                        .arg(errorExplanations().size() - 1));
    const ErrorExplanation &explanation = errorExplanations()[size_t(index)];
    QByteArray text =
        u"[ %1 ] %2. %3\n"_s
            .arg(codeText(index), QLatin1String(explanation.name), QLatin1String(explanation.text))
            .toUtf8();
    if (asJson) {
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"ErrorCode", codeText(index));
        json.field(u"Name", QString::fromLatin1(explanation.name));
        json.field(u"Text", QString::fromLatin1(explanation.text));
        json.endObject();
        text = json.text();
    }
    return asJson ? printJson(text) : printText(text);
}

// What a diagnosis is made of, as the options or the registry have it.
struct Story {
    EnclaveChoice enclave;
    std::string console, eif;
    quint64 memoryMiB = 0;
};

// Of an enclave of ours, all that is not said otherwise.
app::Result<QString> takeEnclave(const Story &story, app::RunStory &run, QString &console, QString &eif) {
    const auto record = chooseEnclave(story.enclave, ChooseFrom::all);
    if (!record)
        return tl::unexpected(record.error());
    console = app::EnclaveRegistry().consolePath(record->id);
    if (eif.isEmpty())
        eif = record->eifPath;
    if (run.memoryMiB == 0)
        run.memoryMiB = record->memoryMiB;
    return record->isRunning()
               ? u"%1 runs. So far:"_s.arg(record->id)
               : u"%1 ended at %2: %3"_s.arg(record->id, record->ended.toString(Qt::ISODate), record->end);
}

int explainEnd(const Story &story, bool asJson) {
    app::RunStory run;
    run.memoryMiB = story.memoryMiB;
    QString console = pathOf(story.console), eif = pathOf(story.eif), head;
    if (story.console.empty()) {
        const auto taken = takeEnclave(story, run, console, eif);
        if (!taken)
            return fail(taken.error(), NitroError::socket);
        head = *taken;
    }
    constexpr qsizetype maxConsole = 64 * 1024 * 1024;
    const auto text = readWhole(console, maxConsole);
    if (!text)
        return fail(text.error(), NitroError::fileOperation);
    run.console = *text;
    std::optional<app::ImageStory> image;
    if (!eif.isEmpty()) {
        auto read = app::readImageStory(eif);
        if (read)
            image = std::move(*read);
        else
            say(u"Without the image: %1"_s.arg(read.error().text()));
    }
    const QVector<app::Cause> causes = app::diagnose(run, image ? &*image : nullptr);
    if (asJson) {
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"End", head);
        json.key(u"Diagnosis");
        app::writeDiagnosis(json, causes);
        json.endObject();
        return printJson(json.text());
    }
    QString words = head.isEmpty() ? QString() : app::visibleText(head) + u'\n';
    words += causes.isEmpty() ? u"The console says nothing that explains a failure.\n"_s
                              : app::diagnosisText(causes);
    return printText(words.toUtf8());
}

} // namespace

void addExplain(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand(
        "explain", "Say what an error code means, or why an enclave ended, and what to do");
    auto errorCode = std::make_shared<std::string>();
    auto story = std::make_shared<Story>();
    auto json = std::make_shared<bool>(false);
    auto *ofCode = command->add_option("--error-code", *errorCode, "Such as E36")->type_name("CODE");
    addEnclaveChoice(*command, story->enclave);
    auto *console = command
                        ->add_option("--console", story->console,
                                     "What an enclave said elsewhere, on EC2 for one; - is standard input")
                        ->type_name("FILE");
    command->add_option("--eif", story->eif, "Its image [that of the enclave]")->type_name("EIF");
    command->add_option("--memory", story->memoryMiB, "MiB that it had [those of the enclave]")
        ->check(CLI::Range(1u, 1u << 30))
        ->type_name("MIB");
    command->add_flag("--json", *json, "As JSON");
    command->callback([errorCode, story, json, ofCode, console, &code] {
        const bool hasEnclave = !story->enclave.id.empty() || !story->enclave.name.empty();
        const size_t said = ofCode->count() + console->count() + (hasEnclave ? 1 : 0);
        if (said != 1)
            throw CLI::ValidationError(said == 0 ? "--error-code, --enclave-id, --enclave-name or --console"
                                                 : "--error-code, an enclave and --console",
                                       said == 0 ? "is required" : "exclude each other");
        code = ofCode->count() > 0 ? explain(*errorCode, *json) : explainEnd(*story, *json);
    });
}

} // namespace nitroscope::cli
