// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/app/sha384.hpp"

#include <QCryptographicHash>
#include <QtTest>

using nitroscope::demo::Sha384;

class TestSha384 : public QObject {
    Q_OBJECT

    static QByteArray judged(const QByteArray &bytes) {
        return QCryptographicHash::hash(bytes, QCryptographicHash::Sha384).toHex();
    }

private slots:
    void digest_ofAbc_isThatOfTheStandard() {
        Sha384 hash;
        hash.add("abc", 3);
        QCOMPARE(QByteArray::fromStdString(hash.digest()),
                 QByteArray("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                            "8086072ba1e7cc2358baeca134c825a7"));
    }

    void digest_ofEveryLength_isThatOfAnotherImplementation() {
        QByteArray bytes;
        for (int size = 0; size <= 400; ++size) { // more than three blocks
            Sha384 hash;
            hash.add(bytes.constData(), size_t(bytes.size()));
            QCOMPARE(QByteArray::fromStdString(hash.digest()), judged(bytes));
            bytes += char(size * 7);
        }
    }

    void digest_ofManyPieces_isThatOfTheWhole() {
        Sha384 hash;
        QByteArray all;
        for (int size = 0; size < 700; size += 3) {
            const QByteArray piece(size, char(size));
            hash.add(piece.constData(), size_t(piece.size()));
            all += piece;
        }
        QCOMPARE(QByteArray::fromStdString(hash.digest()), judged(all));
    }
};

QTEST_GUILESS_MAIN(TestSha384)
#include "tst_sha384.moc"
