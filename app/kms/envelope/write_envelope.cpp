// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/envelope/ber.hpp"
#include "app/kms/envelope/envelope.hpp"
#include "app/kms/envelope/envelope_oids.hpp"

#include <algorithm>

namespace nitroscope::kms {

namespace {

enum Tag : quint8 {
    integer = 0x02,
    octets = 0x04,
    null = 0x05,
    sequence = 0x30,
    set = 0x31,
    context0 = 0xa0,
    context1 = 0xa1,
    primitive0 = 0x80
};

const QByteArray version2("\x02\x01\x02", 3);

// Both hashes have their NULL, which OpenSSL would leave out.
QByteArray oaep() {
    const QByteArray sha256 = berElement(sequence, oids::sha256 + berElement(null, {}));
    const QByteArray mgf1 = berElement(sequence, oids::mgf1 + sha256);
    const QByteArray parameters =
        berElement(sequence, berElement(context0, sha256) + berElement(context1, mgf1));
    return berElement(sequence, oids::rsaesOaep + parameters);
}

QByteArray contentOf(const QByteArray &bytes, const EnvelopeForm &form) {
    if (form.isDer || form.content == EnvelopeForm::Content::primitive)
        return berElement(primitive0, bytes);
    QByteArray chunks;
    const qsizetype size = std::max<qsizetype>(form.chunkBytes, 1);
    for (qsizetype at = 0; at < bytes.size(); at += size)
        chunks += berElement(octets, bytes.mid(at, size));
    return berIndefinite(context0, chunks);
}

} // namespace

QByteArray writeEnvelope(const EnvelopeParts &parts, const EnvelopeForm &form) {
    const auto outer = [&](quint8 tag, const QByteArray &content) {
        return form.isDer ? berElement(tag, content) : berIndefinite(tag, content);
    };
    const QByteArray recipient = berElement(sequence, version2 + berElement(primitive0, parts.keyIdentifier) +
                                                          oaep() + berElement(octets, parts.encryptedKey));
    const QByteArray cipher = berElement(sequence, oids::aes256Cbc + berElement(octets, parts.iv));
    const QByteArray content = outer(sequence, oids::data + cipher + contentOf(parts.encryptedContent, form));
    const QByteArray enveloped = outer(sequence, version2 + berElement(set, recipient) + content);
    return outer(sequence, oids::envelopedData + outer(context0, enveloped));
}

} // namespace nitroscope::kms
