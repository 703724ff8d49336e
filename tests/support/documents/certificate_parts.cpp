// SPDX-License-Identifier: GPL-2.0-or-later
//
// See certificate_parts.hpp.
#include "tests/support/documents/certificate_parts.hpp"

#include <algorithm>

namespace nitroscope::test {

namespace {

constexpr quint8 sequence = 0x30, octets = 0x04, bits = 0x03, integer = 0x02, identifier = 0x06,
                 boolean = 0x01;
constexpr quint8 extensionsTag = 0xa3;

// Where an element's content begins and ends.
std::pair<qsizetype, qsizetype> spanAt(const QByteArray &bytes, qsizetype at) {
    qsizetype length = quint8(bytes[at + 1]), start = at + 2;
    if (length & 0x80) {
        const qsizetype width = length & 0x7f;
        length = 0;
        for (qsizetype i = 0; i < width; ++i)
            length = length << 8 | quint8(bytes[start + i]);
        start += width;
    }
    return {start, start + length};
}

QByteArray signatureOver(const QByteArray &message, EVP_PKEY *key, const EVP_MD *digest) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const auto *in = reinterpret_cast<const unsigned char *>(message.constData());
    size_t size = 0;
    QByteArray signature;
    if (EVP_DigestSignInit(context, nullptr, digest, nullptr, key) == 1 &&
        EVP_DigestSign(context, nullptr, &size, in, size_t(message.size())) == 1) {
        signature.resize(qsizetype(size));
        if (EVP_DigestSign(context, reinterpret_cast<unsigned char *>(signature.data()), &size, in,
                           size_t(message.size())) == 1)
            signature.resize(qsizetype(size));
    }
    EVP_MD_CTX_free(context);
    return signature;
}

} // namespace

QByteArray der(quint8 tag, const QByteArray &content) {
    QByteArray length;
    if (content.size() < 0x80) {
        length = QByteArray(1, char(content.size()));
    } else {
        for (qsizetype rest = content.size(); rest; rest >>= 8)
            length.prepend(char(rest));
        length.prepend(char(0x80 | length.size()));
    }
    return char(tag) + length + content;
}

QList<QByteArray> derParts(const QByteArray &content) {
    QList<QByteArray> parts;
    for (qsizetype at = 0; at < content.size();) {
        const qsizetype end = spanAt(content, at).second;
        parts.append(content.mid(at, end - at));
        at = end;
    }
    return parts;
}

QByteArray derContent(const QByteArray &element) {
    const auto [start, end] = spanAt(element, 0);
    return element.mid(start, end - start);
}

QByteArray derOid(const char *dotted) {
    const QList<QByteArray> numbers = QByteArray(dotted).split('.');
    QByteArray content(1, char(numbers[0].toInt() * 40 + numbers[1].toInt()));
    for (const QByteArray &text : numbers.mid(2)) {
        quint32 number = text.toUInt();
        QByteArray part(1, char(number & 0x7f));
        while (number >>= 7)
            part.prepend(char(0x80 | (number & 0x7f)));
        content += part;
    }
    return der(identifier, content);
}

QByteArray derInteger(const QByteArray &bigEndian) {
    return der(integer, bigEndian);
}

QByteArray derAlgorithm(const char *oid) {
    return der(sequence, derOid(oid));
}

CertificateParts CertificateParts::of(const QByteArray &certificate) {
    const QList<QByteArray> outer = derParts(derContent(certificate));
    const QList<QByteArray> tbs = derParts(derContent(outer[0]));
    const QList<QByteArray> times = derParts(derContent(tbs[4]));
    CertificateParts parts;
    parts.version = tbs[0];
    parts.serial = tbs[1];
    parts.algorithm = tbs[2];
    parts.issuer = tbs[3];
    parts.notBefore = times[0];
    parts.notAfter = times[1];
    parts.subject = tbs[5];
    parts.key = tbs[6];
    parts.outerAlgorithm = outer[1];
    for (const QByteArray &extension : derParts(derContent(derContent(tbs[7])))) {
        const QList<QByteArray> fields = derParts(derContent(extension));
        parts.extensions.append(
            {fields[0], fields.size() == 3 ? fields[1] : QByteArray(), derContent(fields.last())});
    }
    return parts;
}

ExtensionParts *CertificateParts::extension(const char *oid) {
    const auto found = std::ranges::find(extensions, derOid(oid), &ExtensionParts::oid);
    return found == extensions.end() ? nullptr : &*found;
}

void CertificateParts::setExtension(const char *oid, const QByteArray &value, bool isCritical) {
    const ExtensionParts made{derOid(oid), isCritical ? der(boolean, "\xff") : QByteArray(), value};
    if (ExtensionParts *there = extension(oid))
        *there = made;
    else
        extensions.append(made);
}

void CertificateParts::removeExtension(const char *oid) {
    extensions.removeIf([name = derOid(oid)](const ExtensionParts &entry) { return entry.oid == name; });
}

QByteArray CertificateParts::signedBy(EVP_PKEY *signer, const EVP_MD *digest) const {
    QByteArray list;
    for (const ExtensionParts &entry : extensions)
        list += der(sequence, entry.oid + entry.critical + der(octets, entry.value));
    QByteArray tbs =
        der(sequence, version + serial + algorithm + issuer + der(sequence, notBefore + notAfter) + subject +
                          key + uniqueIds + der(extensionsTag, der(sequence, list)));
    if (disguiseTbs)
        tbs = disguiseTbs(tbs);
    QByteArray signature = der(bits, QByteArray(1, '\0') + signatureOver(tbs, signer, digest));
    if (disguiseSignature)
        signature = disguiseSignature(signature);
    const QByteArray certificate = der(sequence, tbs + outerAlgorithm + signature);
    return disguise ? disguise(certificate) : certificate;
}

} // namespace nitroscope::test
