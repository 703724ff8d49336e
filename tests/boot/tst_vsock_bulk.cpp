// SPDX-License-Identifier: GPL-2.0-or-later
//
// One GiB each way between a host program and an enclave with Linux's own driver. The sender makes a SHA-384
// of what it sends, the receiver one of what it receives, each with an implementation of its own, and the two
// are compared. The bytes are a sequence that does not repeat (tests/enclave/app/pattern.hpp), so that
// losses, repetitions and exchanges of any length change the digest.
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/host_server.hpp"
#include "tests/enclave/app/pattern.hpp"

#include <QCryptographicHash>
#include <QElapsedTimer>
#include <QtTest>
#include <sys/socket.h>
#include <unistd.h>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int bootSeconds = 180;
constexpr qint64 bytes = qint64(1) << 30;
constexpr qsizetype chunk = 65536;
constexpr quint64 seed = 4711;

} // namespace

class VsockBulk : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    QString m_path = m_folder.filePath(u"vsock"_s);
    Guest m_guest;

    int command(const char *verb) {
        const int agent = connectToEnclave(m_path, 6000);
        sendAllTo(agent, QByteArray(verb) + ' ' + QByteArray::number(bytes) + ' ' + QByteArray::number(seed) +
                             ' ' + QByteArray::number(chunk) + " sha384\n");
        return agent;
    }
    static void tell(const char *what, qint64 milliseconds) {
        qInfo("%s: %lld MiB in %lld ms, %.2f Gbit/s", what, static_cast<long long>(bytes >> 20),
              static_cast<long long>(milliseconds), double(bytes) * 8 / 1e6 / double(milliseconds));
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
        QVERIFY2(
            m_guest.start({u"-M"_s, u"nitro-enclave,vsock-path="_s + m_path, u"-kernel"_s, Guest::demoEif()}),
            m_guest.errorOutput());
        QVERIFY2(m_guest.waitForConsole("vsock services are up", bootSeconds), m_guest.console().right(1000));
    }

    void hostToEnclave_oneGiB_hasTheSameDigest() {
        nitroscope::demo::Pattern pattern(seed);
        QCryptographicHash sent(QCryptographicHash::Sha384);
        QByteArray part(chunk, Qt::Uninitialized);
        QElapsedTimer timer;
        timer.start();
        const int agent = command("take");
        QVERIFY(agent >= 0);
        for (qint64 done = 0; done < bytes; done += part.size()) {
            pattern.fill(reinterpret_cast<unsigned char *>(part.data()), static_cast<size_t>(part.size()));
            sent.addData(part);
            QVERIFY2(sendAllTo(agent, part), QByteArray::number(done));
        }
        QCOMPARE(receiveLine(agent), "ok " + QByteArray::number(bytes) + ' ' + sent.result().toHex());
        tell("host to enclave", timer.elapsed());
        close(agent);
    }

    void enclaveToHost_oneGiB_hasTheSameDigest() {
        QCryptographicHash received(QCryptographicHash::Sha384);
        QByteArray part(1 << 20, Qt::Uninitialized);
        QElapsedTimer timer;
        timer.start();
        const int agent = command("give");
        QVERIFY(agent >= 0);
        for (qint64 done = 0; done < bytes;) {
            const ssize_t got =
                read(agent, part.data(), static_cast<size_t>(qMin<qint64>(part.size(), bytes - done)));
            QVERIFY2(got > 0, QByteArray::number(done));
            received.addData(QByteArrayView(part).first(got));
            done += got;
        }
        // What the enclave says that it sent comes after it.
        QCOMPARE(receiveLine(agent), "ok " + QByteArray::number(bytes) + ' ' + received.result().toHex());
        tell("enclave to host", timer.elapsed());
        close(agent);
    }

    // A digest that would always agree would prove nothing.
    void digest_ofOtherBytes_isAnother() {
        constexpr qint64 few = 100000;
        QCryptographicHash other(QCryptographicHash::Sha384);
        QByteArray part(few, Qt::Uninitialized);
        nitroscope::demo::Pattern(seed).fill(reinterpret_cast<unsigned char *>(part.data()), size_t(few));
        part[few / 2] = char(part[few / 2] ^ 1);
        other.addData(part);
        const int agent = connectToEnclave(m_path, 6000);
        QVERIFY(agent >= 0);
        QVERIFY(sendAllTo(agent, "give 100000 4711 65536 sha384\n"));
        QCOMPARE(receiveFrom(agent, few).size(), few);
        const QByteArray line = receiveLine(agent);
        QVERIFY2(line.startsWith("ok 100000 ") && !line.endsWith(other.result().toHex()), line);
        close(agent);
    }
};

QTEST_GUILESS_MAIN(VsockBulk)
#include "tst_vsock_bulk.moc"
