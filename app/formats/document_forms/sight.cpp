// SPDX-License-Identifier: GPL-2.0-or-later
//
// See sight.hpp.

#include "app/formats/document_forms/sight.hpp"

#include "app/formats/cbor/cbor_value.hpp"
#include "app/formats/compression/compression.hpp"
#include "app/formats/elf/elf_fields.hpp"
#include "app/formats/tree/value_text.hpp"
#include "nsm-device/core/nsm_protocol.h"

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

// COSE's tags, RFC 9052 §2.
QString coseName(quint64 tag) {
    switch (tag) {
    case 16:
        return u"COSE_Encrypt0"_s;
    case 17:
        return u"COSE_Mac0"_s;
    case 96:
        return u"COSE_Encrypt"_s;
    case 97:
        return u"COSE_Mac"_s;
    case 98:
        return u"COSE_Sign"_s;
    default:
        return {};
    }
}

QString cborSight(const QByteArray &bytes) {
    const CborTree tree = readCbor(toBytes(bytes));
    if (!tree.root || tree.fault)
        return {};
    const CborValue &root = *tree.root;
    if (root.is(cbor::Type::tag)) {
        const QString name = coseName(root.number);
        return name.isEmpty() ? u"CBOR with tag %1"_s.arg(root.number)
                              : u"%1 (tag %2)"_s.arg(name).arg(root.number);
    }
    if (!root.is(cbor::Type::map))
        return root.is(cbor::Type::array) ? u"CBOR (%1)"_s.arg(cborText(root)) : QString();
    if (root.find("module_id") && root.find("pcrs"))
        return u"the payload of an attestation document without its signature"_s;
    if (const CborValue *error = root.find("Error"); error && error->is(cbor::Type::text))
        return u"an NSM response with the error %1"_s.arg(cborText(*error));
#define REQUEST_NAME(constant, name) name,
    static constexpr const char *requests[] = {NSM_REQUEST_LIST(REQUEST_NAME)};
#undef REQUEST_NAME
    for (const char *name : std::span(requests).first(NSM_REQUEST_UNKNOWN))
        if (root.find(name))
            return u"an NSM response to %1"_s.arg(QLatin1String(name));
    return u"CBOR (%1)"_s.arg(cborText(root));
}

} // namespace

QString sightOf(const QByteArray &bytes) {
    static constexpr std::pair<QByteArrayView, const char *> beginnings[] = {
        {".eif", "an EIF"},
        {elf::magic, "an ELF file"},
        {"PK\x03\x04", "a ZIP archive"},
        {"%PDF", "a PDF"},
        {"\x89PNG", "a picture (PNG)"},
        {"-----BEGIN CERTIFICATE", "a certificate (PEM)"},
        {"-----BEGIN", "another PEM file"},
        {"eyJ", "a JWT"},
        {"<", "HTML or XML"}};
    for (const auto &[beginning, name] : beginnings)
        if (bytes.startsWith(beginning))
            return QLatin1String(name);
    if (const Compression compression = detectCompression(toBytes(bytes)); compression != Compression::none)
        return u"compressed with "_s + compressionName(compression);
    // SEQUENCE { OBJECT IDENTIFIER envelopedData }, in DER or with indefinite lengths.
    if (bytes.startsWith('\x30') && bytes.left(32).contains(QByteArray::fromHex("06092a864886f70d010703")))
        return u"a CMS envelope, such as KMS's CiphertextForRecipient"_s;
    if (bytes.startsWith("\x30\x82"))
        return u"DER, such as a certificate or a key"_s;
    return bytes.isEmpty() || static_cast<quint8>(bytes[0]) < 0x80 ? QString() : cborSight(bytes);
}

} // namespace nitroscope::formats::attestation
