// SPDX-License-Identifier: GPL-2.0-or-later
//
// The NSM as a program in the enclave sees it: the demo's client passes what AWS's nsm-check asserts, and the
// documents it gets are verified by OpenSSL alone, library and command line. Breaks and faults act on the
// running guest, and Wireshark reads what was captured of it.
#include "tests/boot/support/guest.hpp"
#include "tests/boot/support/raw_eif.hpp"
#include "tests/unit/nsm/document_parts.hpp"
#include "tests/unit/nsm/openssl_cli.hpp"

#include <QCryptographicHash>
#include <QJsonArray>
#include <QRegularExpression>
#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

class NsmGuest : public QObject {
    Q_OBJECT

private:
    static constexpr int bootSeconds = 180;

    // What follows `start` on the console's line that begins with it, waiting for that line; from byte
    // `after` on.
    QByteArray line(Guest &guest, const QByteArray &start, qsizetype after, int seconds = 60) {
        const QByteArray whole = "nitroscope-demo: " + start;
        QElapsedTimer timer;
        timer.start();
        while (timer.elapsed() < seconds * 1000) {
            const qsizetype at = guest.console().indexOf(whole, after);
            const qsizetype end = at < 0 ? -1 : guest.console().indexOf('\n', at);
            if (end > 0)
                return guest.console().mid(at + whole.size(), end - at - whole.size()).trimmed();
            guest.command(u"query-status"_s); // takes in what the guest has printed meanwhile
        }
        return {};
    }
    // Types a command and returns the rest of the line it answers with.
    QByteArray ask(Guest &guest, const QByteArray &typed, const QByteArray &answer, int seconds = 60) {
        const qsizetype before = guest.console().size();
        guest.type(typed + '\n');
        return line(guest, answer, before, seconds);
    }
    QByteArray pcr(Guest &guest, int index) {
        return guest.command(u"query-nsm"_s)
            .toObject()[u"pcrs"_s]
            .toArray()[index]
            .toObject()[u"value"_s]
            .toString()
            .toLatin1();
    }
    QByteArray root() {
        const CliResult der = openssl(
            {u"x509"_s, u"-in"_s, m_folder.filePath(u"nitroscope/pki/root.pem"_s), u"-outform"_s, u"DER"_s});
        return der.output;
    }

    void verifyWithOpensslCli(const QByteArray &document) {
        const auto parts = takeApart(document);
        QVERIFY(parts);
        QByteArray chain;
        for (const QByteArray &certificate : parts->cabundle)
            chain += toPem(certificate);
        const QString leaf = writeFile(m_folder.filePath(u"leaf.pem"_s), toPem(parts->certificate));
        const QString bundle = writeFile(m_folder.filePath(u"chain.pem"_s), chain);
        const CliResult verified =
            openssl({u"verify"_s, u"-attime"_s, QString::number(parts->timestamp / 1000), u"-CAfile"_s,
                     m_folder.filePath(u"nitroscope/pki/root.pem"_s), u"-untrusted"_s, bundle, leaf});
        QVERIFY2(verified.good, verified.output);
        const CliResult key = openssl({u"x509"_s, u"-in"_s, leaf, u"-pubkey"_s, u"-noout"_s});
        const CliResult digest = openssl(
            {u"dgst"_s, u"-sha384"_s, u"-verify"_s, writeFile(m_folder.filePath(u"key.pem"_s), key.output),
             u"-signature"_s, writeFile(m_folder.filePath(u"signature"_s), derSignature(parts->signature)),
             writeFile(m_folder.filePath(u"signed"_s), signedBytes(*parts))});
        QVERIFY2(digest.good && digest.output.contains("Verified OK"), digest.output);
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8()); // the user's root must not be this test's
        // One boot for all that follows, stopped on its way by a break.
        m_capture = m_folder.filePath(u"run.pcapng"_s);
        const auto breakAtKernel = [this] {
            m_guest.command(u"enclave-break-add"_s,
                            {{u"source"_s, u"boot-stage"_s}, {u"stage"_s, u"kernel"_s}, {u"count"_s, 1}});
        };
        QVERIFY2(m_guest.start({u"-M"_s, u"nitro-enclave,capture=cap"_s, u"-kernel"_s, Guest::demoEif(),
                                u"-chardev"_s, u"file,id=cap,path="_s + m_capture},
                               breakAtKernel),
                 m_guest.errorOutput());
    }

    void bootBreak_stopsAtTheStageAndGoesOn() {
        const QJsonObject hit = m_guest.waitForEvent(u"ENCLAVE_BREAK"_s, bootSeconds);
        QCOMPARE(hit[u"stage"_s].toString(), u"kernel"_s);
        QVERIFY(!m_guest.waitForEvent(u"STOP"_s, 30).contains(u"error"_s));
        QCOMPARE(m_guest.command(u"query-status"_s).toObject()[u"status"_s].toString(), u"paused"_s);
        m_guest.command(u"cont"_s);
        QVERIFY2(m_guest.waitForConsole("nitroscope-demo: ready", bootSeconds),
                 m_guest.console().right(2000) + m_guest.errorOutput());
    }

    void document_ofTheGuest_isVerifiedByOpensslAlone() {
        const QByteArray document =
            QByteArray::fromHex(ask(m_guest, "attest the-data the-nonce the-key", "document "));
        QVERIFY2(document.size() > 2000, m_guest.console().right(500));
        const auto parts = takeApart(document);
        QVERIFY(parts);
        QCOMPARE(parts->userData.value_or(""), QByteArray("the-data"));
        QCOMPARE(parts->nonce.value_or(""), QByteArray("the-nonce"));
        QCOMPARE(parts->publicKey.value_or(""), QByteArray("the-key"));
        QCOMPARE(parts->pcrs.size(), 16);
        const RawEif eif = RawEif::read(Guest::demoEif());
        for (int index : {0, 1, 2})
            QCOMPARE(parts->pcrs[index], eif.pcr(index));
        verifyWithOpensslCli(document);
        QVERIFY(verifies(document, root()));
    }

    void document_withAnyByteChanged_failsVerification() {
        const QByteArray document = QByteArray::fromHex(ask(m_guest, "attest", "document "));
        const QByteArray trusted = root();
        QVERIFY(verifies(document, trusted));
        for (qsizetype at = 0; at < document.size(); ++at) {
            QByteArray changed = document;
            changed[at] = static_cast<char>(changed[at] ^ (1 << (at % 8)));
            QVERIFY2(!verifies(changed, trusted), QByteArray::number(at));
        }
    }

    void fault_isSeenByTheGuest() {
        m_guest.command(u"nsm-fault-add"_s, {{u"action"_s, u"error"_s},
                                             {u"error"_s, u"InternalError"_s},
                                             {u"request"_s, u"Attestation"_s},
                                             {u"count"_s, 1}});
        QCOMPARE(ask(m_guest, "attest", "document failed: "), QByteArray("InternalError"));
        m_guest.command(u"nsm-fault-add"_s, {{u"action"_s, u"delay"_s},
                                             {u"milliseconds"_s, 1500},
                                             {u"request"_s, u"DescribePCR"_s},
                                             {u"count"_s, 1}});
        // How long that took is for the device tests: the guest's clock loses ticks on a busy host.
        QVERIFY(!ask(m_guest, "bench 1", "bench 1 requests ").isEmpty());
    }

    void break_onARequest_holdsTheGuestUntilContinued() {
        m_guest.command(
            u"enclave-break-add"_s,
            {{u"source"_s, u"nsm"_s}, {u"request"_s, u"ExtendPCR"_s}, {u"pcr"_s, 16}, {u"count"_s, 1}});
        const QByteArray old = pcr(m_guest, 16);
        const qsizetype before = m_guest.console().size();
        m_guest.type("extend 16 words\n");
        QTRY_VERIFY_WITH_TIMEOUT(
            m_guest.command(u"query-status"_s).toObject()[u"status"_s].toString() == u"paused"_s, 60000);
        QCOMPARE(pcr(m_guest, 16), old);
        m_guest.command(u"cont"_s);
        const QByteArray value =
            QCryptographicHash::hash(QByteArray::fromHex(old) + "words", QCryptographicHash::Sha384).toHex();
        QCOMPARE(line(m_guest, "extend 16 ", before), "\"words\" " + value);
        QCOMPARE(pcr(m_guest, 16), value);
    }

    // Last of those that use the NSM: it locks everything.
    void nsmCheck_passesInTheGuest() {
        const QByteArray sum = ask(m_guest, "check", "checked, ", 120);
        QVERIFY2(sum == "0 of 10 failed", m_guest.console().right(2000));
        const QByteArray document = QByteArray::fromHex(ask(m_guest, "attest", "document "));
        QCOMPARE(takeApart(document)->pcrs.size(), 32);
        verifyWithOpensslCli(document);
    }

    void capture_ofTheRun_isReadByWireshark() {
        m_guest.command(u"quit"_s);
        QVERIFY(m_guest.waitForExit(30));
        const QString tshark = QStandardPaths::findExecutable(u"tshark"_s);
        if (tshark.isEmpty())
            QSKIP("tshark is not installed: the capture is not checked with Wireshark");
        QProcess process;
        process.start(tshark, {u"-n"_s, u"-r"_s, m_capture, u"-X"_s,
                               u"lua_script:"_s + QStringLiteral(NITROSCOPE_SOURCE_DIR) +
                                   u"/app/resources/wireshark/nitroscope.lua"_s,
                               u"-Y"_s, u"nitro_nsm.direction == 1"_s, u"-T"_s, u"fields"_s, u"-e"_s,
                               u"nitro_nsm.kind"_s, u"-e"_s, u"nitro_nsm.result"_s, u"-e"_s,
                               u"nitro_nsm.transaction"_s});
        QVERIFY(process.waitForFinished(60000));
        QCOMPARE(process.exitCode(), 0);
        const QList<QByteArray> lines = process.readAllStandardOutput().trimmed().split('\n');
        // Every transaction is there, in order, the faulty one with its error.
        QVERIFY(lines.size() > 100);
        for (qsizetype i = 0; i < lines.size(); ++i)
            QCOMPARE(lines[i].split('\t').value(2).toLongLong(), i + 1);
        QVERIFY(std::any_of(lines.begin(), lines.end(),
                            [](const QByteArray &fields) { return fields.startsWith("5\t8\t"); }));
    }

private:
    QTemporaryDir m_folder;
    QString m_capture;
    Guest m_guest;
};

QTEST_GUILESS_MAIN(NsmGuest)
#include "tst_nsm_guest.moc"
