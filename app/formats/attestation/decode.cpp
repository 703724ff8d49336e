// SPDX-License-Identifier: GPL-2.0-or-later
//
// See document.hpp.

#include "app/formats/attestation/document.hpp"

#include "app/formats/attestation/header_rules.hpp"
#include "app/formats/document_forms/input.hpp"
#include "app/formats/document_forms/sight.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/cose.hpp"

#include <algorithm>
#include <iterator>
#include <QDateTime>
#include <QSet>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

using cbor::Type;
using Kind = Fault::Kind;

constexpr qsizetype digestBytes = 48; // of SHA-384
// AWS's attestation_process.md §3.2.2.1.
constexpr qsizetype maxUserBytes = 512, mostKeyBytes = 1024, mostCertificateBytes = 1024;
constexpr qsizetype maxRealBytes = 1024; // what the NSM accepts for each of the three
constexpr quint64 pcrCount = 32;

class Decoder {
public:
    explicit Decoder(Document &document) : m_document(document) {}

    void decode() {
        m_document.cose = readCbor(toBytes(m_document.bytes));
        const CborTree &tree = m_document.cose;
        if (tree.fault)
            return add(Kind::unreadable, tree.fault->sentence(), {tree.fault->offset, 1});
        const auto size = static_cast<quint64>(m_document.bytes.size());
        if (tree.end < size)
            add(Kind::invalid, u"Bytes follow the end of the document."_s, {tree.end, size - tree.end});
        const CborValue *value = &*tree.root;
        if (value->is(Type::tag) && value->number == coseSign1Tag) {
            m_document.isTagged = true;
            value = &value->children[0];
        }
        if (!value->is(Type::array) || value->children.size() != 4) {
            const QString seen = sightOf(m_document.bytes);
            return add(Kind::unreadable,
                       u"This is not a COSE_Sign1: an array of four elements is expected, not %1."_s.arg(
                           seen.isEmpty() || value->is(Type::array) ? cborText(*value) : seen),
                       {value->range.offset, value->headSize});
        }
        readCose(*value);
    }

private:
    void add(Kind kind, const QString &message, ByteRange range) {
        m_document.faults.push_back({kind, message, range});
    }

    Part part(const CborValue &value) const {
        const auto offset = inDocument(value.range).offset;
        const bool isPlain = value.stringOffset() && !m_isPayloadInChunks;
        return {value.string, inDocument(value.range),
                isPlain ? ByteRange{offset + value.headSize, quint64(value.string.size())}
                        : inDocument(value.range),
                value.isIndefinite};
    }

    // Where a value of the payload is in the document. A payload in chunks has no place for its values but
    // the whole.
    ByteRange inDocument(ByteRange range) const {
        return m_isPayloadInChunks ? m_document.payload->range : range;
    }

    void readCose(const CborValue &array) {
        const CborValue &header = array.children[0], &unprotected = array.children[1],
                        &payload = array.children[2], &signature = array.children[3];
        CborTree signedHeader;
        if (header.is(Type::bytes)) {
            m_document.protectedHeader = part(header);
            signedHeader = readHeader(header);
        } else {
            add(Kind::invalid, u"The protected header is not a byte string."_s, header.range);
        }
        if (!unprotected.is(Type::map)) {
            add(Kind::invalid, u"The unprotected header is not a map."_s, unprotected.range);
        } else if (!unprotected.children.empty()) {
            add(Kind::surprising, u"The unprotected header is not empty; nobody has signed what it says."_s,
                unprotected.range);
            checkKeys(unprotected, [](const CborValue &key) { return key.range; });
        }
        const CborValue *map =
            signedHeader.root && signedHeader.root->is(Type::map) ? &*signedHeader.root : nullptr;
        std::ranges::move(headerFaults(map, header.range, unprotected),
                          std::back_inserter(m_document.faults));
        if (map && longForm(*map, RootMap::isDefinite))
            addLongForm(header.range);
        if (const CborValue *item = longForm(*m_document.cose.root, RootMap::isDefinite))
            addLongForm(item->range);
        if (signature.is(Type::bytes))
            m_document.signature = part(signature);
        else
            add(Kind::invalid, u"The signature is not a byte string."_s, signature.range);
        if (!payload.is(Type::bytes))
            return add(Kind::unreadable, u"The payload is not a byte string but %1."_s.arg(cborText(payload)),
                       payload.range);
        m_document.payload = part(payload);
        readPayload(payload);
    }

    void addLongForm(ByteRange range) {
        add(Kind::surprising,
            u"Its CBOR is longer than it need be, or has no definite length; the hardware writes the shortest form."_s,
            range);
    }

    CborTree readHeader(const CborValue &header) {
        const quint64 base = header.stringOffset().value_or(header.range.offset);
        if (header.string.isEmpty()) { // RFC 9052 §3: an empty map
            add(Kind::invalid, u"The protected header names no algorithm."_s, header.range);
            return {};
        }
        CborTree tree = readCbor(toBytes(header.string), header.isIndefinite ? 0 : base);
        if (tree.fault || !tree.root->is(Type::map) ||
            tree.end != (header.isIndefinite ? 0 : base) + quint64(header.string.size())) {
            add(Kind::invalid, tree.fault ? tree.fault->sentence() : u"The protected header is not a map."_s,
                header.range);
            return tree;
        }
        checkKeys(*tree.root, [&](const CborValue &) { return header.range; });
        if (const CborValue *algorithm = tree.root->find(algorithmLabel))
            m_document.algorithm = algorithm->integer();
        if (!m_document.algorithm)
            add(Kind::invalid, u"The protected header names no algorithm."_s, header.range);
        return tree;
    }

    void readPayload(const CborValue &payload) {
        m_isPayloadInChunks = payload.isIndefinite;
        m_document.payloadTree = readCbor(toBytes(payload.string), payload.stringOffset().value_or(0));
        const CborTree &tree = m_document.payloadTree;
        if (tree.fault)
            return add(Kind::unreadable, u"The payload cannot be read. %1"_s.arg(tree.fault->sentence()),
                       inDocument({tree.fault->offset, 1}));
        if (!tree.root->is(Type::map))
            return add(Kind::unreadable, u"The payload is not a map."_s, inDocument(tree.root->range));
        const quint64 end = payload.stringOffset().value_or(0) + quint64(payload.string.size());
        if (tree.end < end)
            add(Kind::invalid, u"Bytes follow the end of the payload's map."_s,
                inDocument({tree.end, end - tree.end}));
        const CborValue &map = *tree.root;
        m_document.isPayloadIndefinite = map.isIndefinite;
        if (const CborValue *item = longForm(map, RootMap::mayBeIndefinite))
            addLongForm(inDocument(item->range));
        checkPayloadKeys(map);
        readMandatory(map);
        m_document.publicKey = optionalBytes(map, "public_key", mostKeyBytes, 1);
        m_document.userData = optionalBytes(map, "user_data", maxUserBytes, 0);
        m_document.nonce = optionalBytes(map, "nonce", maxUserBytes, 0);
        findUnknownKeys(map);
    }

    // `range`: of the bytes to show for a key of the map.
    template <class RangeOf>
    void checkKeys(const CborValue &map, RangeOf &&range) {
        QSet<QByteArray> seen;
        for (size_t i = 0; i + 1 < map.children.size(); i += 2) {
            const CborValue &key = map.children[i];
            const QByteArray name =
                QByteArray::number(int(key.type)) + ':' +
                (key.is(Type::text) || key.is(Type::bytes) ? key.string : QByteArray::number(key.number));
            if (!key.children.empty() || key.is(Type::array) || key.is(Type::map))
                add(Kind::invalid, u"A map's key is itself a container."_s, range(key));
            else if (seen.contains(name))
                add(Kind::invalid, u"The key %1 appears twice."_s.arg(cborText(key)), range(key));
            seen.insert(name);
        }
    }

    void checkPayloadKeys(const CborValue &map) {
        checkKeys(map, [this](const CborValue &key) { return inDocument(key.range); });
    }

    // The mandatory value of that key; a fault and nullptr when it is missing or of another type.
    const CborValue *mandatory(const CborValue &map, const char *key, Type type, const char *typeName) {
        const CborValue *value = map.find(QByteArrayView(key));
        if (value && value->is(type))
            return value;
        const ByteRange range = inDocument(value ? value->range : ByteRange{map.range.offset, map.headSize});
        add(Kind::invalid,
            value
                ? u"%1 is not %2 but %3."_s.arg(QLatin1String(key), QLatin1String(typeName), cborText(*value))
                : u"The mandatory field %1 is missing."_s.arg(QLatin1String(key)),
            range);
        return nullptr;
    }

    void readMandatory(const CborValue &map) {
        if (const CborValue *value = mandatory(map, "module_id", Type::text, "a text")) {
            m_document.moduleId = QString::fromUtf8(value->string);
            m_document.moduleIdRange = inDocument(value->range);
            if (value->string.isEmpty())
                add(Kind::invalid, u"module_id is empty."_s, inDocument(value->range));
        }
        if (const CborValue *value = mandatory(map, "digest", Type::text, "a text")) {
            m_document.digest = QString::fromUtf8(value->string);
            m_document.digestRange = inDocument(value->range);
            if (value->string != "SHA384")
                add(Kind::invalid, u"digest is \"%1\"; it must be \"SHA384\"."_s.arg(cborText(*value)),
                    inDocument(value->range));
        }
        if (const CborValue *value = mandatory(map, "timestamp", Type::unsignedInt, "an unsigned integer")) {
            m_document.timestampMs = value->number;
            m_document.timestampRange = inDocument(value->range);
            if (value->number == 0)
                add(Kind::invalid, u"timestamp is 0."_s, inDocument(value->range));
        }
        // AWS's "Validate a NitroTPM Attestation Document": all else is as here.
        const CborValue *tpm = map.find(QByteArrayView("nitrotpm_pcrs"));
        m_document.isNitroTpm = tpm && !map.find(QByteArrayView("pcrs"));
        if (m_document.isNitroTpm)
            add(Kind::invalid,
                u"This is a document of a NitroTPM: it attests an EC2 instance by its TPM, not an enclave."_s,
                inDocument(tpm->range));
        else if (const CborValue *value = mandatory(map, "pcrs", Type::map, "a map"))
            readPcrs(*value);
        if (const CborValue *value = mandatory(map, "certificate", Type::bytes, "a byte string")) {
            m_document.certificate = part(*value);
            checkCertificateSize(*m_document.certificate);
        }
        if (const CborValue *value = mandatory(map, "cabundle", Type::array, "an array"))
            readCabundle(*value);
    }

    void readPcrs(const CborValue &map) {
        m_document.pcrsRange = inDocument(map.range);
        checkPayloadKeys(map);
        if (map.children.empty() || map.children.size() / 2 > pcrCount)
            add(Kind::invalid, u"pcrs holds %1 entries; 1 to 32 are possible."_s.arg(map.children.size() / 2),
                inDocument(map.range));
        for (size_t i = 0; i + 1 < map.children.size(); i += 2) {
            const CborValue &key = map.children[i], &value = map.children[i + 1];
            const ByteRange range = inDocument({key.range.offset, value.range.end() - key.range.offset});
            if (!key.is(Type::unsignedInt) || key.number >= pcrCount || !value.is(Type::bytes)) {
                add(Kind::invalid,
                    u"pcrs has an entry %1 that is not a PCR: index 0 to 31 and a byte string are expected."_s
                        .arg(cborText(key)),
                    range);
                continue;
            }
            m_document.pcrs.push_back({key.number, part(value)});
            if (value.string.size() != digestBytes)
                add(Kind::invalid,
                    u"PCR%1 has %2 bytes; SHA-384 gives 48."_s.arg(key.number).arg(value.string.size()),
                    range);
        }
    }

    void readCabundle(const CborValue &array) {
        m_document.cabundleRange = inDocument(array.range);
        if (array.children.empty())
            add(Kind::invalid, u"cabundle is empty."_s, inDocument(array.range));
        for (const CborValue &value : array.children) {
            if (!value.is(Type::bytes)) {
                add(Kind::invalid, u"cabundle holds something that is not a byte string."_s,
                    inDocument(value.range));
                continue;
            }
            m_document.cabundle.push_back(part(value));
            checkCertificateSize(m_document.cabundle.back());
        }
    }

    void checkCertificateSize(const Part &certificate) {
        if (certificate.bytes.isEmpty())
            add(Kind::invalid, u"A certificate is empty."_s, certificate.range);
        else if (certificate.bytes.size() > mostCertificateBytes)
            add(Kind::surprising,
                u"A certificate has %1 bytes; AWS's description allows 1024."_s.arg(certificate.bytes.size()),
                certificate.range);
    }

    std::optional<Part> optionalBytes(const CborValue &map, const char *key, qsizetype most,
                                      qsizetype least) {
        const CborValue *value = map.find(QByteArrayView(key));
        if (!value || value->isNull())
            return std::nullopt;
        if (!value->is(Type::bytes)) {
            add(Kind::invalid,
                u"%1 is neither a byte string nor null but %2."_s.arg(QLatin1String(key), cborText(*value)),
                inDocument(value->range));
            return std::nullopt;
        }
        const qsizetype size = value->string.size();
        if (size > most || size < least)
            add(Kind::surprising,
                u"%1 has %2 bytes; AWS's description allows %3 to %4%5."_s.arg(QLatin1String(key))
                    .arg(size)
                    .arg(least)
                    .arg(most)
                    .arg(size <= maxRealBytes ? u", but hardware makes such documents"_s
                                              : u", and hardware refuses more than 1024"_s),
                inDocument(value->range));
        return part(*value);
    }

    void findUnknownKeys(const CborValue &map) {
        static const QSet<QByteArray> known{"module_id", "digest",     "timestamp", "pcrs",  "certificate",
                                            "cabundle",  "public_key", "user_data", "nonce", "nitrotpm_pcrs"};
        for (size_t i = 0; i + 1 < map.children.size(); i += 2)
            if (const CborValue &key = map.children[i]; !key.is(Type::text) || !known.contains(key.string))
                add(Kind::surprising, u"The field %1 is unknown."_s.arg(cborText(key)),
                    inDocument(key.range));
    }

    Document &m_document;
    bool m_isPayloadInChunks = false;
};

} // namespace

bool Document::isReadable() const {
    for (const Fault &fault : faults)
        if (fault.kind == Kind::unreadable)
            return false;
    return true;
}

const DocumentPcr *Document::pcr(quint64 index) const {
    for (const DocumentPcr &entry : pcrs)
        if (entry.index == index)
            return &entry;
    return nullptr;
}

bool Document::isDebugMode() const {
    for (quint64 index = 0; index < 3; ++index) {
        const DocumentPcr *entry = pcr(index);
        if (!entry || entry->value.bytes.count('\0') != entry->value.bytes.size())
            return false;
    }
    return true;
}

Document decode(const QByteArray &bytes) {
    Document document;
    document.bytes = bytes;
    if (bytes.size() > maxDocumentBytes)
        document.faults.push_back(
            {Kind::unreadable, u"This is too large for an attestation document."_s, {}});
    else
        Decoder(document).decode();
    return document;
}

QString algorithmText(std::optional<qint64> algorithm) {
    return QString::fromStdString(launch::coseAlgorithmText(algorithm));
}

QString timeText(quint64 msSinceEpoch) {
    constexpr quint64 year10000 = 253'402'300'800'000;
    return msSinceEpoch < year10000
               ? QDateTime::fromMSecsSinceEpoch(qint64(msSinceEpoch), Qt::UTC).toString(Qt::ISODateWithMs)
               : QString::number(msSinceEpoch);
}

} // namespace nitroscope::formats::attestation
