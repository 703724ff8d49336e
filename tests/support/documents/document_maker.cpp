// SPDX-License-Identifier: GPL-2.0-or-later
//
// See document_maker.hpp.
#include "tests/support/documents/document_maker.hpp"

#include <algorithm>
#include <openssl/evp.h>
#include <QCryptographicHash>

namespace nitroscope::test {

DocumentMaker::DocumentMaker() {
    using nsm::Level;
    // The enclave part of the module id: its start in milliseconds and 16 random bits.
    const quint64 enclave = quint64(timestampMs - 60'000) << 16 | 0x41b1;
    const QByteArray moduleId =
        "i-06fb0bf4e70d5129f-enc" + QByteArray::number(enclave, 16).rightJustified(16, '0');
    const nsm::Subject subject{moduleId.toStdString()};
    const auto make = [&](Level level, const nsm::Issued *issuer) {
        return nsm::issue(level, subject, nsm::usualValidity(level, issuedAt), issuer);
    };
    root = make(Level::root, nullptr);
    regional = make(Level::regional, &root);
    zonal = make(Level::zonal, &regional);
    instance = make(Level::instance, &zonal);
    leaf = make(Level::leaf, &instance);

    QByteArray pcrs = cborHead(5, 16);
    for (int i = 0; i < 16; ++i)
        pcrs += cborHead(0, quint64(i)) +
                bytes(i == 4 ? QCryptographicHash::hash(QByteArray(48, '\0') + "i-06fb0bf4e70d5129f",
                                                        QCryptographicHash::Sha384)
                             : QByteArray(48, i < 3 ? char('a' + i) : '\0'));
    fields = {{"module_id", cborText(moduleId)},
              {"digest", cborText("SHA384")},
              {"timestamp", cborHead(0, timestampMs)},
              {"pcrs", pcrs},
              {"certificate", {}},
              {"cabundle", {}},
              {"public_key", "\xf6"},
              {"user_data", bytes("hello")},
              {"nonce", bytes("once")}};
    setChain({derOf(root), derOf(regional), derOf(zonal), derOf(instance)}, derOf(leaf));
}

DocumentMaker::Field &DocumentMaker::field(const QByteArray &name) {
    return *std::ranges::find(fields, name, &Field::name);
}

void DocumentMaker::remove(const QByteArray &name) {
    fields.removeIf([&](const Field &field) { return field.name == name; });
}

void DocumentMaker::setChain(const QList<QByteArray> &cabundle, const QByteArray &certificate) {
    field("certificate").cbor = bytes(certificate);
    QByteArray &bundle = field("cabundle").cbor;
    bundle = cborHead(4, quint64(cabundle.size()));
    for (const QByteArray &der : cabundle)
        bundle += bytes(der);
}

QByteArray DocumentMaker::payload() const {
    QByteArray map = isIndefinite ? QByteArray("\xbf") : cborHead(5, quint64(fields.size()));
    for (const Field &field : fields)
        map += cborText(field.name) + field.cbor;
    return isIndefinite ? map + '\xff' : map;
}

QByteArray DocumentMaker::document() const {
    const QByteArray content = payload();
    const QByteArray message =
        "\x84" + cborText("Signature1") + bytes(protectedHeader) + bytes({}) + bytes(content);
    return "\x84" + bytes(protectedHeader) + unprotectedHeader + bytes(content) +
           bytes(rawSignature(leaf.key.get(), EVP_sha384(), message));
}

QByteArray DocumentMaker::rootDer() const {
    return derOf(root);
}

QByteArray DocumentMaker::derOf(const nsm::Issued &issued) {
    const nsm::ByteVector der = nsm::toDer(issued.certificate.get());
    return {reinterpret_cast<const char *>(der.data()), qsizetype(der.size())};
}

QByteArray DocumentMaker::bytes(const QByteArray &value) {
    return cborBytes(value);
}

} // namespace nitroscope::test
