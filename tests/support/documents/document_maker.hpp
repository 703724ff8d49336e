// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attestation documents to order: a real chain of the hardware's shape, a payload whose fields a test may
// change, drop or add, and a signature over whatever came of it. So a test breaks one rule and nothing else.
#pragma once

#include "nsm-device/pki/certificate.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QByteArray>
#include <QList>

namespace nitroscope::test {

class DocumentMaker {
public:
    static constexpr qint64 issuedAt = 1767323045; // 2026-01-02 03:04:05 UTC
    static constexpr qint64 timestampMs = issuedAt * 1000 + 678;

    DocumentMaker();

    struct Field {
        QByteArray name;
        QByteArray cbor; // of the value
    };
    QList<Field> fields; // of the payload, in order
    QByteArray protectedHeader = QByteArray::fromHex("a1013822");
    QByteArray unprotectedHeader = QByteArray::fromHex("a0");
    bool isIndefinite = true; // the payload's map

    nsm::Issued root, regional, zonal, instance, leaf;

    Field &field(const QByteArray &name);
    void remove(const QByteArray &name);
    // Puts these certificates into the document; the leaf's key signs.
    void setChain(const QList<QByteArray> &cabundle, const QByteArray &certificate);

    QByteArray payload() const;
    QByteArray document() const; // signed now
    QByteArray rootDer() const;
    static QByteArray derOf(const nsm::Issued &issued);
    static QByteArray bytes(const QByteArray &value); // as a CBOR byte string
};

} // namespace nitroscope::test
