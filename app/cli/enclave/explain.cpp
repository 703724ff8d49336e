// SPDX-License-Identifier: GPL-2.0-or-later
//
// `explain --error-code E36`: what nitro-cli's error codes mean, what usually causes them on EC2, and what is
// to be done here. See nitro_error.cpp for the words.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/formats/json/json_writer.hpp"

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

} // namespace

void addExplain(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("explain", "Say what an error code means and what to do");
    auto errorCode = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    command->add_option("--error-code", *errorCode, "Such as E36")->required()->type_name("CODE");
    command->add_flag("--json", *json, "As JSON");
    command->callback([errorCode, json, &code] { code = explain(*errorCode, *json); });
}

} // namespace nitroscope::cli
