// SPDX-License-Identifier: GPL-2.0-or-later
//
// `pcr --input F`: the PCR that a file's content gives, by the rule by which the platform measures an EIF:
// SHA384(48 zero bytes || SHA384(content)). `pcr --signing-certificate F`: the PCR8 of images signed with it.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/formats/eif/eif_signer.hpp"
#include "app/formats/json/json_writer.hpp"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr auto algorithm = QCryptographicHash::Sha384;
constexpr int digestBytes = 48;

// A FIFO that nobody writes to and a device without an end would be waited for forever.
bool isWaitedForForever(const QString &path) {
    const QFileInfo info(path);
    return info.exists() && !info.isFile() && !info.isDir();
}

int printPcr(const QString &path) {
    if (isWaitedForForever(path))
        return fail(NitroError::fileOperation,
                    u"%1: this is not a regular file. Copy its content into one first."_s.arg(path));
    QFile file(path);
    QCryptographicHash content(algorithm);
    // addData() succeeds for a folder, which has nothing to read.
    if (!file.open(QIODevice::ReadOnly) || !content.addData(&file) || file.error() != QFileDevice::NoError)
        return fail(NitroError::fileOperation, u"%1: %2"_s.arg(path, file.errorString()));
    const QByteArray pcr =
        QCryptographicHash::hash(QByteArray(digestBytes, '\0') + content.result(), algorithm).toHex();
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"PCR", QString::fromLatin1(pcr));
    json.endObject();
    return printJson(json.text());
}

int printPcr8(const QString &path) {
    constexpr qint64 most = 1024 * 1024;
    if (isWaitedForForever(path))
        return fail(NitroError::fileOperation,
                    u"%1: this is not a regular file. Copy the certificate into one first."_s.arg(path));
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(NitroError::fileOperation, u"%1: %2"_s.arg(path, file.errorString()));
    const auto pcr = formats::pcr8OfCertificate(file.read(most));
    if (!pcr)
        return fail(NitroError::hasher, u"%1: %2"_s.arg(path, pcr.error().message));
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"PCR8", QString::fromLatin1(pcr->toHex()));
    json.endObject();
    return printJson(json.text());
}

} // namespace

void addPcr(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand("pcr", "Print the PCR that a file's content gives");
    auto input = std::make_shared<std::string>(), certificate = std::make_shared<std::string>();
    auto *group = command->add_option_group("what");
    group->add_option("--input", *input, "File to measure")->type_name("FILE");
    group
        ->add_option("--signing-certificate", *certificate, "Certificate (PEM): print the PCR8 that it gives")
        ->type_name("FILE");
    group->require_option(1);
    addJsonFlag(*command);
    command->callback([input, certificate, &code] {
        code = certificate->empty() ? printPcr(pathOf(*input)) : printPcr8(pathOf(*certificate));
    });
}

} // namespace nitroscope::cli
