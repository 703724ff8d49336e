// SPDX-License-Identifier: GPL-2.0-or-later
//
// What CMS allows is read; what aws-nitro-enclaves-sdk-c (kmstool) and others cannot read is said.
#include "app/formats/tree/value_text.hpp"
#include "app/kms/envelope/ber.hpp"
#include "app/kms/envelope/envelope.hpp"
#include "app/kms/envelope/envelope_oids.hpp"

#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
using formats::Node;

namespace {

constexpr quint8 integerTag = 0x02, octetsTag = 0x04, oidTag = 0x06, sequenceTag = 0x30, setTag = 0x31,
                 context0 = 0xa0, primitive0 = 0x80;

struct NamedOid {
    const QByteArray &oid;
    const char *name;
};
const NamedOid knownOids[] = {
    {oids::envelopedData, "id-envelopedData"},
    {oids::data, "id-data"},
    {oids::rsaesOaep, "id-RSAES-OAEP"},
    {oids::mgf1, "id-mgf1"},
    {oids::sha256, "id-sha256"},
    {oids::aes256Cbc, "id-aes256-CBC"},
};

class EnvelopeReader {
public:
    explicit EnvelopeReader(const QByteArray &bytes) : m_bytes(bytes) {}

    EnvelopeReading read() {
        const auto root = readBer(m_bytes);
        if (!root) {
            m_reading.fault = root.error();
            m_reading.fault->code = u"bad-envelope"_s;
            return std::move(m_reading);
        }
        EnvelopeParts parts;
        m_reading.tree = nodeOf(*root, u"ContentInfo"_s);
        if (readContentInfo(*root, m_reading.tree, parts))
            m_reading.parts = std::move(parts);
        return std::move(m_reading);
    }

private:
    QByteArray bytesOf(const formats::ByteRange &range) const {
        return m_bytes.mid(qsizetype(range.offset), qsizetype(range.length));
    }
    QByteArray contentOf(const BerElement &element) const { return bytesOf(element.content); }

    bool fail(const BerElement &at, const QString &why) {
        if (!m_reading.fault)
            m_reading.fault = app::Error{u"bad-envelope"_s, why, at.range.offset, {}};
        return false;
    }

    void surprise(Node &node, const QString &what) {
        node.addFinding(formats::Severity::warning, what);
        m_reading.surprises << what;
    }

    QString valueOf(const BerElement &element) const {
        const QByteArray content = contentOf(element);
        if (element.tag == oidTag) {
            for (const NamedOid &known : knownOids)
                if (known.oid == bytesOf(element.range))
                    return QString::fromLatin1(known.name);
            return u"another identifier: "_s + QString::fromLatin1(content.toHex());
        }
        if (element.tag == integerTag && content.size() == 1)
            return QString::number(int(content[0]));
        if (element.isConstructed())
            return element.isIndefinite ? u"indefinite length"_s : u"%1 bytes"_s.arg(content.size());
        constexpr qsizetype maxShown = 32;
        const QString hex = QString::fromLatin1(content.left(maxShown).toHex());
        return content.size() > maxShown ? u"%1… (%2 bytes)"_s.arg(hex).arg(content.size()) : hex;
    }

    Node nodeOf(const BerElement &element, const QString &name) const {
        Node node;
        node.name = name;
        node.value = valueOf(element);
        node.range = element.range;
        return node;
    }

    // Adds all that is below an element whose parts have no names of their own here.
    void addBelow(Node &node, const BerElement &element) const {
        for (size_t i = 0; i < element.children.size(); ++i) {
            Node &child = node.add(nodeOf(element.children[i], u"[%1]"_s.arg(i)));
            addBelow(child, element.children[i]);
        }
    }

    // The child at `index` with that tag.
    const BerElement *child(const BerElement &element, size_t index, quint8 tag, const QString &what) {
        if (index >= element.children.size() || element.children[index].tag != tag) {
            fail(index < element.children.size() ? element.children[index] : element,
                 u"%1 is missing here."_s.arg(what));
            return nullptr;
        }
        return &element.children[index];
    }

    bool isOid(const BerElement &element, size_t index, const QByteArray &oid, const QString &what) {
        const BerElement *found = child(element, index, oidTag, what);
        return found && (bytesOf(found->range) == oid || fail(*found, u"%1 is expected here."_s.arg(what)));
    }

    void requireIndefinite(Node &node, const BerElement &element) {
        if (!element.isIndefinite) {
            surprise(node,
                     u"%1 has a definite length; AWS's is indefinite, and kmstool reads no other."_s.arg(
                         node.name));
            m_reading.form.isDer = true;
        }
    }

    bool readContentInfo(const BerElement &info, Node &node, EnvelopeParts &parts) {
        if (info.tag != sequenceTag)
            return fail(info, u"This is no CMS ContentInfo."_s);
        requireIndefinite(node, info);
        if (!isOid(info, 0, oids::envelopedData, u"id-envelopedData"_s))
            return false;
        node.add(nodeOf(info.children[0], u"contentType"_s));
        const BerElement *content = child(info, 1, context0, u"The content"_s);
        const BerElement *enveloped = content ? child(*content, 0, sequenceTag, u"EnvelopedData"_s) : nullptr;
        if (!enveloped)
            return false;
        Node &contentNode = node.add(nodeOf(*content, u"content"_s));
        requireIndefinite(contentNode, *content);
        return readEnvelopedData(*enveloped, contentNode.add(nodeOf(*enveloped, u"EnvelopedData"_s)), parts);
    }

    bool readEnvelopedData(const BerElement &data, Node &node, EnvelopeParts &parts) {
        requireIndefinite(node, data);
        const BerElement *version = child(data, 0, integerTag, u"The version"_s);
        if (!version)
            return false;
        checkVersion(*version, node.add(nodeOf(*version, u"version"_s)));
        const BerElement *recipients = child(data, 1, setTag, u"The set of recipients"_s);
        const BerElement *recipient =
            recipients ? child(*recipients, 0, sequenceTag, u"KeyTransRecipientInfo"_s) : nullptr;
        if (!recipient)
            return false;
        Node &set = node.add(nodeOf(*recipients, u"recipientInfos"_s));
        if (recipients->isIndefinite)
            surprise(set,
                     u"The set of recipients has an indefinite length; kmstool reads a definite one only."_s);
        if (recipients->children.size() != 1)
            surprise(set, u"There are %1 recipients; AWS writes one."_s.arg(recipients->children.size()));
        if (!readRecipient(*recipient, set.add(nodeOf(*recipient, u"KeyTransRecipientInfo"_s)), parts))
            return false;
        const BerElement *content = child(data, 2, sequenceTag, u"EncryptedContentInfo"_s);
        return content && readContent(*content, node.add(nodeOf(*content, u"EncryptedContentInfo"_s)), parts);
    }

    void checkVersion(const BerElement &version, Node &node) {
        if (contentOf(version) != "\x02")
            surprise(node,
                     u"The version is %1; AWS's is 2, and kmstool reads no other."_s.arg(valueOf(version)));
    }

    bool readRecipient(const BerElement &recipient, Node &node, EnvelopeParts &parts) {
        const BerElement *version = child(recipient, 0, integerTag, u"The recipient's version"_s);
        if (!version)
            return false;
        checkVersion(*version, node.add(nodeOf(*version, u"version"_s)));
        const BerElement *identifier = child(
            recipient, 1, primitive0, u"The recipient's subjectKeyIdentifier, as which AWS names it,"_s);
        if (!identifier)
            return false;
        Node &identifierNode = node.add(nodeOf(*identifier, u"subjectKeyIdentifier"_s));
        parts.keyIdentifier = contentOf(*identifier);
        if (parts.keyIdentifier.size() != 32)
            surprise(identifierNode, u"It has %1 bytes; AWS's is the SHA-256 of the public key."_s.arg(
                                         parts.keyIdentifier.size()));
        const BerElement *algorithm = child(recipient, 2, sequenceTag, u"The key's algorithm"_s);
        if (!algorithm || !isOid(*algorithm, 0, oids::rsaesOaep, u"RSAES-OAEP"_s))
            return false;
        addBelow(node.add(nodeOf(*algorithm, u"keyEncryptionAlgorithm"_s)), *algorithm);
        const BerElement *key = child(recipient, 3, octetsTag, u"The encrypted key"_s);
        if (!key)
            return false;
        node.add(nodeOf(*key, u"encryptedKey"_s));
        parts.encryptedKey = contentOf(*key);
        return true;
    }

    bool readContent(const BerElement &info, Node &node, EnvelopeParts &parts) {
        requireIndefinite(node, info);
        if (!isOid(info, 0, oids::data, u"id-data"_s))
            return false;
        node.add(nodeOf(info.children[0], u"contentType"_s));
        const BerElement *algorithm = child(info, 1, sequenceTag, u"The content's algorithm"_s);
        if (!algorithm || !isOid(*algorithm, 0, oids::aes256Cbc, u"AES-256-CBC"_s))
            return false;
        const BerElement *iv = child(*algorithm, 1, octetsTag, u"The initialization vector"_s);
        if (!iv)
            return false;
        addBelow(node.add(nodeOf(*algorithm, u"contentEncryptionAlgorithm"_s)), *algorithm);
        parts.iv = contentOf(*iv);
        if (parts.iv.size() != 16)
            return fail(*iv, u"The initialization vector has %1 bytes, not 16."_s.arg(parts.iv.size()));
        if (info.children.size() < 3)
            return fail(info, u"The encrypted content is missing here."_s);
        return readEncrypted(info.children[2], node.add(nodeOf(info.children[2], u"encryptedContent"_s)),
                             parts);
    }

    bool readEncrypted(const BerElement &content, Node &node, EnvelopeParts &parts) {
        if (content.tag == primitive0) {
            m_reading.form.content = EnvelopeForm::Content::primitive;
            parts.encryptedContent = contentOf(content);
            return true;
        }
        if (content.tag != context0)
            return fail(content, u"The encrypted content is missing here."_s);
        if (!content.isIndefinite)
            surprise(
                node,
                u"The content's chunks have a definite length around them; kmstool takes that as empty."_s);
        for (size_t i = 0; i < content.children.size(); ++i) {
            const BerElement &chunk = content.children[i];
            if (chunk.tag != octetsTag)
                return fail(chunk, u"A chunk of the content is an OCTET STRING."_s);
            node.add(nodeOf(chunk, u"chunk %1"_s.arg(i)));
            parts.encryptedContent += contentOf(chunk);
        }
        if (!content.children.empty() && content.children.front().content.length > 0)
            m_reading.form.chunkBytes = qsizetype(content.children.front().content.length);
        return true;
    }

    const QByteArray &m_bytes;
    EnvelopeReading m_reading;
};

} // namespace

EnvelopeReading readEnvelope(const QByteArray &bytes) {
    return EnvelopeReader(bytes).read();
}

app::Result<QByteArray> envelopeBytes(const QByteArray &foreign) {
    if (foreign.size() > maxEnvelopeBytes)
        return app::failure(u"bad-envelope"_s, u"It is too large for an envelope of KMS."_s);
    if (foreign.startsWith('\x30')) // a SEQUENCE; no base64 of one begins so
        return foreign;
    QByteArray text = foreign.trimmed();
    if (text.startsWith('{'))
        text =
            QJsonDocument::fromJson(text).object().value(u"CiphertextForRecipient"_s).toString().toLatin1();
    text.replace('\n', "").replace('\r', "").replace(' ', "");
    const auto decoded = QByteArray::fromBase64Encoding(text, QByteArray::Base64Encoding |
                                                                  QByteArray::AbortOnBase64DecodingErrors);
    if (text.isEmpty() || !decoded)
        return app::failure(
            u"bad-envelope"_s,
            u"This is neither an envelope nor base64 nor JSON with a member CiphertextForRecipient."_s);
    return *decoded;
}

} // namespace nitroscope::kms
