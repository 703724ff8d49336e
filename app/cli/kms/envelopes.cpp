// SPDX-License-Identifier: GPL-2.0-or-later
//
// `kms show F` and `kms unwrap F --key K`: a CiphertextForRecipient, its bytes and its content.
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kms/kms_commands.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/kms/envelope/envelope.hpp"

#include <QJsonArray>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr auto fileHelp = "Envelope: its bytes, base64, or KMS's answer as JSON; - is standard input";

app::Result<kms::EnvelopeReading> readFile(const std::string &path) {
    const auto content = readWholeOf(pathOf(path), kms::maxEnvelopeBytes);
    if (!content)
        return tl::unexpected(content.error());
    auto bytes = kms::envelopeBytes(*content);
    if (!bytes) {
        bytes.error().context = pathOf(path);
        return tl::unexpected(bytes.error());
    }
    return kms::readEnvelope(*bytes);
}

void addLines(QString &text, const formats::Node &node, int depth) {
    text += u"%1 %2  %3%4%5\n"_s.arg(node.range.offset, 6)
                .arg(node.range.length, 6)
                .arg(QString(2 * depth, u' '), node.name,
                     node.value.isEmpty() ? QString() : u": "_s + node.value);
    if (!node.note.isEmpty())
        text += u"%1! %2\n"_s.arg(QString(15 + 2 * depth, u' '), node.note);
    for (const formats::Node &child : node.children)
        addLines(text, child, depth + 1);
}

void writeNode(formats::JsonWriter &json, const formats::Node &node) {
    json.beginObject();
    json.field(u"Name", node.name);
    json.field(u"Value", node.value);
    json.field(u"Offset", qint64(node.range.offset));
    json.field(u"Length", qint64(node.range.length));
    if (!node.note.isEmpty())
        json.field(u"Note", node.note);
    json.key(u"Parts");
    json.beginArray();
    for (const formats::Node &child : node.children)
        writeNode(json, child);
    json.endArray();
    json.endObject();
}

QByteArray jsonOf(const kms::EnvelopeReading &reading) {
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"Readable", reading.parts.has_value());
    json.field(u"Fault", reading.fault ? QJsonValue(reading.fault->text()) : QJsonValue());
    json.field(u"KeyIdentifier", reading.parts
                                     ? QJsonValue(QString::fromLatin1(reading.parts->keyIdentifier.toHex()))
                                     : QJsonValue());
    json.field(u"Surprises", QJsonArray::fromStringList(reading.surprises));
    json.key(u"Tree");
    writeNode(json, reading.tree);
    json.endObject();
    return json.text();
}

int show(const std::string &path, bool asJson) {
    const auto reading = readFile(path);
    if (!reading) {
        say(reading.error().text());
        return unreadable;
    }
    if (reading->fault)
        say(reading->fault->text());
    QString text = u"offset length\n"_s;
    addLines(text, reading->tree, 0);
    const int code = reading->parts ? int(ok) : unreadable;
    return asJson ? printJson(jsonOf(*reading), code, unreadable)
                  : printText(text.toUtf8(), code, unreadable);
}

struct UnwrapOptions {
    std::string file, key, output;
    bool json = false;
};

app::Result<QByteArray> unwrap(const UnwrapOptions &options) {
    constexpr qsizetype maxKeyBytes = 64 * 1024;
    const auto reading = readFile(options.file);
    if (!reading)
        return tl::unexpected(reading.error());
    if (!reading->parts)
        return tl::unexpected(reading->fault.value_or(app::Error()));
    const auto key = readWholeOf(pathOf(options.key), maxKeyBytes);
    if (!key)
        return tl::unexpected(key.error());
    return kms::openEnvelope(*reading->parts, *key);
}

int printPlaintext(const UnwrapOptions &options) {
    const auto plaintext = unwrap(options);
    if (!plaintext) {
        say(plaintext.error().text());
        return plaintext.error().code == u"wrong-key" ? int(refused) : unreadable;
    }
    if (!options.output.empty() && options.output != "-") {
        const auto written = app::writeFile(pathOf(options.output), *plaintext, app::FileRole::secret);
        if (!written)
            say(written.error().text());
        return written ? int(ok) : unreadable;
    }
    if (!options.json)
        return printBytes(*plaintext, ok, unreadable);
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"Plaintext", QString::fromLatin1(plaintext->toBase64()));
    json.field(u"Bytes", plaintext->size());
    json.endObject();
    return printJson(json.text(), ok, unreadable);
}

} // namespace

void addKmsShow(CLI::App &group, int &code) {
    CLI::App *command = group.add_subcommand(
        "show", "Draw the bytes of a CiphertextForRecipient, and say who cannot read it");
    auto file = std::make_shared<std::string>();
    auto json = std::make_shared<bool>(false);
    command->add_option("FILE", *file, fileHelp)->required();
    command->add_flag("--json", *json, "As JSON");
    command->footer("Exit codes: 0 it is an envelope, 2 it is none or cannot be read.");
    command->callback([file, json, &code] { code = show(*file, *json); });
}

void addKmsUnwrap(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("unwrap", "Open a CiphertextForRecipient with the enclave's private key");
    auto options = std::make_shared<UnwrapOptions>();
    command->add_option("FILE", options->file, fileHelp)->required();
    command->add_option("--key", options->key, "RSA private key, PEM without a password or DER")
        ->required()
        ->type_name("FILE");
    command
        ->add_option("--output", options->output,
                     "Where to (default: standard output); readable by you alone")
        ->type_name("FILE");
    command->add_flag("--json", options->json, "As JSON, the content in base64");
    command->footer("Exit codes: 0 opened, 1 it is for another key, 2 it or the key cannot be read.");
    command->callback([options, &code] { code = printPlaintext(*options); });
}

} // namespace nitroscope::cli
