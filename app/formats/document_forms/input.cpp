// SPDX-License-Identifier: GPL-2.0-or-later
//
// See input.hpp. A form may be in another (base64 of JSON, JSON in UTF-16); three layers are looked through.

#include "app/formats/document_forms/input.hpp"

#include "app/core/cbor/scalar.hpp"
#include "app/core/cbor/walk.hpp"
#include "app/formats/cbor/cbor_value.hpp"
#include "app/formats/document_forms/json_form.hpp"
#include "app/formats/document_forms/sight.hpp"
#include "app/formats/document_forms/surroundings.hpp"
#include "app/formats/document_forms/text_forms.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int maxLayers = 3;

app::Error problem(const char *code, const QString &message, std::optional<quint64> offset = std::nullopt) {
    return {QString::fromLatin1(code), message, offset, {}};
}

app::Error tooLarge() {
    return problem("too-large",
                   u"This is too large for an attestation document, which has a few kilobytes."_s);
}

// As text these bytes are not printable, or are no characters of our encodings.
bool looksRaw(const QByteArray &bytes) {
    return !bytes.isEmpty() && static_cast<quint8>(bytes[0]) >= 0x80;
}

// COSE_Sign1 starts with an array of four, of counted or open end, or its tag; an NSM response with a map of one.
class Glance final : private app::CborVisitor {
public:
    bool looksLikeDocument(const QByteArray &bytes) {
        app::walkCbor(bytes, {}, *this);
        return m_isDocument;
    }

private:
    app::CborStep item(const cbor::Item &item, const app::CborPlace &place) override {
        using cbor::Type;
        if (place.role == app::CborRole::top && item.type == Type::map && item.value == 1)
            return app::CborStep::on;
        m_isDocument = place.role == app::CborRole::key
                           ? item.type == Type::text && app::cborString(item) == "Attestation"
                           : (item.type == Type::tag && item.value == coseSign1Tag) ||
                                 (item.type == Type::array && (item.indefinite || item.value == 4));
        return app::CborStep::stop;
    }
    void end(const app::CborEnd &) override {}

    bool m_isDocument = false;
};

bool looksLikeDocument(const QByteArray &bytes) {
    return Glance().looksLikeDocument(bytes);
}

app::Result<Input> readLayer(const QByteArray &foreign, int depth);

// A text of one of the plain forms.
app::Result<Input> readPlain(const QByteArray &text) {
    if (const auto bytes = bytesOfHex(text))
        return Input{*bytes, Encoding::hex, false, {}};
    if (const auto bytes = bytesOfNumbers(text))
        return Input{*bytes, Encoding::numbers, false, {}};
    if (const auto bytes = bytesOfEscapes(text))
        return Input{*bytes, Encoding::escapes, false, {}};
    return bytesOfBase64(text).map([](const TextInput &input) {
        return Input{input.bytes, input.encoding, false, {}};
    });
}

// Of text within JSON or armour.
std::optional<QByteArray> documentIn(const QByteArray &text, Encoding &encoding, int depth) {
    if (looksLikeDocument(text)) {
        encoding = Encoding::numbers; // JSON's arrays come as bytes
        return text;
    }
    const auto input =
        depth < maxLayers && !looksRaw(text) ? readLayer(text, depth + 1) : tl::unexpected(app::Error{});
    if (!input || !looksLikeDocument(input->document))
        return std::nullopt;
    encoding = input->encoding;
    return input->document;
}

app::Result<Input> readText(const QByteArray &text, int depth) {
    const QByteArray trimmed = text.trimmed();
    Encoding encoding = Encoding::base64;
    QString seen = sightOf(trimmed);
    const auto decode = [&](const QByteArray &field) { return documentIn(field, encoding, depth); };
    if (const auto field = documentInJson(trimmed, decode, seen))
        return Input{field->bytes, encoding, false,
                     field->path.isEmpty()
                         ? u"JSON"_s
                         : u"JSON, field %1"_s.arg(printableText(field->path.left(200).toUtf8()))};
    if (const auto inside = insideOfArmour(trimmed))
        if (const auto document = documentIn(*inside, encoding, depth))
            return Input{*document, encoding, false, u"PEM"_s};
    if (const auto body = bodyOfHttp(trimmed))
        if (const auto document = documentIn(*body, encoding, depth))
            return Input{*document, looksRaw(*body) ? Encoding::raw : encoding, false, u"HTTP response"_s};
    if (const auto dump = bytesOfDump(trimmed); dump && looksLikeDocument(*dump))
        return Input{*dump, Encoding::hex, false, u"dump"_s};
    constexpr QByteArrayView dataMark = ";base64,";
    const qsizetype data = trimmed.startsWith("data:") ? trimmed.left(256).indexOf(dataMark) : -1;
    auto input = readPlain(data < 0 ? text : trimmed.mid(data + dataMark.size()));
    if (!input || !looksLikeDocument(input->document))
        if (const auto stretch = longestBase64(trimmed))
            if (const auto inside = bytesOfBase64(*stretch); inside && looksLikeDocument(inside->bytes))
                return Input{inside->bytes, inside->encoding, false, u"text around it"_s};
    if (!input && !seen.isEmpty())
        return tl::unexpected(
            problem("not-a-document", u"This is not an attestation document but %1."_s.arg(seen)));
    if (input && data >= 0)
        input->wrapping = u"data URL"_s;
    // Base64 or hex of a text that holds the document.
    if (input && !looksRaw(input->document) && depth < maxLayers)
        if (auto inner = readLayer(input->document, depth + 1); inner && looksLikeDocument(inner->document))
            return inner;
    return input;
}

app::Result<Input> readLayer(const QByteArray &foreign, int depth) {
    const QByteArray text = asUtf8(foreign);
    if (text.isSharedWith(foreign) && looksRaw(foreign))
        return Input{foreign, Encoding::raw, false, {}};
    return readText(text, depth);
}

// {"Attestation": {"document": bytes}}: what /dev/nsm answers.
void unwrapNsmResponse(Input &input) {
    const CborTree tree = readCbor(toBytes(input.document));
    if (tree.fault || !tree.root || !tree.root->is(cbor::Type::map))
        return;
    const CborValue *response = tree.root->find(QByteArrayView("Attestation"));
    const CborValue *document =
        response && response->is(cbor::Type::map) ? response->find(QByteArrayView("document")) : nullptr;
    if (!document || !document->is(cbor::Type::bytes) || document->string.isEmpty())
        return;
    input.document = document->string;
    input.wasNsmResponse = true;
}

} // namespace

app::Result<Input> readInput(const QByteArray &foreign) {
    if (foreign.isEmpty())
        return tl::unexpected(problem("empty", u"There is nothing in it."_s));
    if (foreign.size() > maxInputBytes)
        return tl::unexpected(tooLarge());
    app::Result<Input> input = readLayer(foreign, 0);
    if (!input)
        return input;
    if (input->document.isEmpty() && foreign.trimmed().isEmpty())
        return tl::unexpected(problem("empty", u"There is nothing in it."_s));
    // Words and numbers are good base64 as well; what they decode to is hardly ever CBOR of the right kind.
    const QString seen = sightOf(input->document);
    if (!looksRaw(input->document))
        return tl::unexpected(problem(
            "not-a-document", seen.isEmpty()
                                  ? u"It can be read as %1, but is not an attestation document."_s.arg(
                                        encodingText(input->encoding))
                                  : u"It can be read as %1, but is not an attestation document but %2."_s.arg(
                                        encodingText(input->encoding), seen)));
    if (input->document.size() > maxDocumentBytes)
        return tl::unexpected(tooLarge());
    unwrapNsmResponse(*input);
    return input;
}

} // namespace nitroscope::formats::attestation
