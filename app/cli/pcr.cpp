// SPDX-License-Identifier: GPL-2.0-or-later
//
// `pcr --input F`: the PCR that a file's content gives, by the rule by which the platform measures an EIF:
// SHA384(48 zero bytes || SHA384(content)).
#include "app/cli/arguments.hpp"
#include "app/cli/console_output.hpp"
#include "app/cli/exit_code.hpp"
#include "app/formats/json_writer.hpp"

#include <QCryptographicHash>
#include <QFile>

namespace nitroscope::cli {
namespace {

constexpr auto algorithm = QCryptographicHash::Sha384;
constexpr int digestBytes = 48;

int printPcr(const QString &path) {
    QFile file(path);
    QCryptographicHash content(algorithm);
    // addData() succeeds for a folder, which has nothing to read.
    if (!file.open(QIODevice::ReadOnly) || !content.addData(&file) || file.error() != QFileDevice::NoError) {
        say(QStringLiteral("%1: %2").arg(path, file.errorString()));
        return refused;
    }
    const QByteArray pcr =
        QCryptographicHash::hash(QByteArray(digestBytes, '\0') + content.result(), algorithm).toHex();
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"PCR", QString::fromLatin1(pcr));
    json.endObject();
    return writeOutput(json.text()) == Written::all ? ok : refused;
}

} // namespace

void addPcr(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("pcr", "Print the PCR that a file's content gives");
    auto input = std::make_shared<std::string>();
    command->add_option("--input", *input, "File to measure")->required()->type_name("FILE");
    command->callback([input, &code] { code = printPcr(pathOf(*input)); });
}

} // namespace nitroscope::cli
