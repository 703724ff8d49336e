// SPDX-License-Identifier: GPL-2.0-or-later
//
// See input.hpp.

#include "app/formats/attestation/input.hpp"

#include "app/formats/cbor/cbor_value.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

bool isHexDigit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool isAlphanumeric(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

app::Error problem(const char *code, const QString &message, std::optional<quint64> offset = std::nullopt) {
    return {QString::fromLatin1(code), message, offset, {}};
}

// COSE_Sign1 starts with an array of four or its tag, an NSM response with a map of one. As text these bytes
// are not printable, or are no characters of our encodings.
bool looksRaw(const QByteArray &bytes) {
    const auto first = static_cast<quint8>(bytes[0]);
    return first >= 0x80;
}

struct Text {
    QByteArray characters;        // without white space, quotes and prefix
    std::vector<quint32> offsets; // of each in the input
};

Text withoutWrapping(const QByteArray &foreign) {
    Text text;
    text.characters.reserve(foreign.size());
    text.offsets.reserve(static_cast<size_t>(foreign.size()));
    qsizetype first = 0, last = foreign.size();
    const auto isWrapping = [](char c) { return isSpace(c) || c == '"' || c == '\''; };
    while (first < last && isWrapping(foreign[first]))
        ++first;
    while (last > first && (isWrapping(foreign[last - 1]) || foreign[last - 1] == ','))
        --last;
    if (last - first >= 2 && foreign[first] == '0' &&
        (foreign[first + 1] == 'x' || foreign[first + 1] == 'X'))
        first += 2;
    for (qsizetype i = first; i < last; ++i) {
        if (isSpace(foreign[i]))
            continue;
        text.characters += foreign[i];
        text.offsets.push_back(static_cast<quint32>(i));
    }
    return text;
}

app::Result<Input> decodeText(const QByteArray &foreign) {
    const Text text = withoutWrapping(foreign);
    const QByteArray &characters = text.characters;
    if (characters.isEmpty())
        return tl::unexpected(problem("empty", u"There is nothing in it."_s));
    // Every document starts with 0x84 or 0xd2, which base64 writes "h" or "0": "84..." can only be hex.
    const auto notHex = std::ranges::find_if_not(characters, isHexDigit);
    if (notHex == characters.end() && characters.size() % 2 == 0)
        return Input{QByteArray::fromHex(characters), Encoding::hex, false};

    qsizetype end = characters.size();
    while (end > 0 && characters[end - 1] == '=' && characters.size() - end < 2)
        --end;
    bool isUrl = false, isPlain = false;
    for (qsizetype i = 0; i < end; ++i) {
        const char c = characters[i];
        isUrl = isUrl || c == '-' || c == '_';
        isPlain = isPlain || c == '+' || c == '/';
        if ((!isAlphanumeric(c) && c != '-' && c != '_' && c != '+' && c != '/') || (isUrl && isPlain))
            return tl::unexpected(
                problem("not-a-document",
                        u"This is neither an attestation document nor hex or base64 of one: "
                        "unexpected byte %1."_s.arg(hexText(static_cast<quint8>(c), 2)),
                        text.offsets[static_cast<size_t>(i)]));
    }
    if (end % 4 == 1)
        return tl::unexpected(problem("not-a-document", u"This would be base64, but its end is missing."_s));
    const auto decoded = QByteArray::fromBase64(characters.left(end), isUrl ? QByteArray::Base64UrlEncoding
                                                                            : QByteArray::Base64Encoding);
    return Input{decoded, isUrl ? Encoding::base64url : Encoding::base64, false};
}

// {"Attestation": {"document": bytes}}: what /dev/nsm answers.
void unwrapNsmResponse(Input &input) {
    if ((static_cast<quint8>(input.document[0]) & 0xe0) != 0xa0)
        return;
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

QString encodingText(Encoding encoding) {
    switch (encoding) {
    case Encoding::raw:
        return u"raw bytes"_s;
    case Encoding::hex:
        return u"hex"_s;
    case Encoding::base64:
        return u"base64"_s;
    case Encoding::base64url:
        return u"base64url"_s;
    }
    return {};
}

app::Result<Input> readInput(const QByteArray &foreign) {
    if (foreign.isEmpty())
        return tl::unexpected(problem("empty", u"There is nothing in it."_s));
    if (foreign.size() > maxInputBytes)
        return tl::unexpected(problem(
            "too-large", u"This is too large for an attestation document, which has a few kilobytes."_s));
    app::Result<Input> input = looksRaw(foreign) ? Input{foreign, Encoding::raw, false} : decodeText(foreign);
    if (!input)
        return input;
    // Words and numbers are good base64 as well; what they decode to is hardly ever CBOR of the right kind.
    if (input->document.isEmpty() || !looksRaw(input->document))
        return tl::unexpected(
            problem("not-a-document", u"It can be read as %1, but is not an attestation document."_s.arg(
                                          encodingText(input->encoding))));
    if (input->document.size() > maxDocumentBytes)
        return tl::unexpected(problem(
            "too-large", u"This is too large for an attestation document, which has a few kilobytes."_s));
    unwrapNsmResponse(*input);
    return input;
}

} // namespace nitroscope::formats::attestation
