// SPDX-License-Identifier: GPL-2.0-or-later
//
// Wireshark's command-line program as an independent reader: it takes our files without complaint, shows
// vsock packets as they are, and NSM, console and machine records with the dissector that we ship.
#include "tests/unit/capture/sample_stream.hpp"

#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class CaptureTsharkTest : public QObject {
    Q_OBJECT

    struct Run {
        int exitCode = -1;
        QString out, errors;
    };

    Run tshark(const QStringList &arguments) const {
        QProcess process;
        process.start(m_tshark, QStringList{"-n", "-r", m_file} + arguments);
        process.waitForFinished(60000);
        Run run{process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()), {}};
        // Said to every root user, about the program and not the file.
        for (const QString &line :
             QString::fromUtf8(process.readAllStandardError()).split('\n', Qt::SkipEmptyParts))
            if (!line.startsWith("Running as user"))
                run.errors += line + '\n';
        return run;
    }
    // One line per packet, fields separated by tabs.
    QStringList fields(const QStringList &names, const QStringList &more = {}) const {
        QStringList arguments = more + QStringList{"-T", "fields"};
        for (const QString &name : names)
            arguments << "-e" << name;
        const Run run = tshark(arguments);
        [&] { QCOMPARE(run.errors, QString()); }();
        return run.out.split('\n', Qt::SkipEmptyParts);
    }
    QStringList withLua(const QStringList &arguments) const {
        return QStringList{"-X", "lua_script:" + m_lua} + arguments;
    }

private slots:
    void initTestCase() {
        m_tshark = QStandardPaths::findExecutable("tshark");
        if (m_tshark.isEmpty())
            QSKIP("tshark is not installed: the file is not checked with Wireshark");
        m_file = m_folder.filePath("sample.pcapng");
        m_lua = QStringLiteral(NITROSCOPE_SOURCE_DIR "/app/resources/wireshark/nitroscope.lua");
        QFile file(m_file);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(sampleStream());
    }

    void file_isReadWithoutComplaint() {
        const Run run = tshark({});
        QCOMPARE(run.exitCode, 0);
        QCOMPARE(run.errors, QString());
        QCOMPARE(run.out.count('\n'), 14);
    }

    void times_areNanoseconds() {
        const QStringList lines = fields({"frame.time_epoch"});
        QCOMPARE(lines.value(0), u"1790000000.123456789"_s);
        QCOMPARE(lines.value(13), u"1790000000.136456789"_s);
    }

    void interfacesAndDirections_areShown() {
        const QStringList lines =
            fields({"frame.interface_name", "frame.packet_flags_direction", "frame.comment"});
        QCOMPARE(lines.value(0), u"machine\t0x00000000\t"_s);
        QCOMPARE(lines.value(3), u"console\t0x00000002\t"_s);
        QCOMPARE(lines.value(5), u"nsm\t0x00000001\tfault: ReadOnlyIndex"_s);
        QCOMPARE(lines.value(9).section('\t', 0, 0), u"vsock"_s);
        QCOMPARE(lines.value(10).section('\t', 0, 0), u"guest"_s);
    }

    void vsock_isDissected() {
        const QStringList lines =
            fields({"vsock.src_cid", "vsock.dst_cid", "vsock.src_port", "vsock.dst_port", "vsock.op",
                    "vsock.virtio.op", "vsock.virtio.buf_alloc", "vsock.payload"});
        QCOMPARE(lines.value(9), u"16\t3\t1024\t9000\t1\t1\t262144\t68656c6c6f"_s);
    }

    void nsm_isDecoded() {
        const QStringList lines =
            fields({"nitro_nsm.direction", "nitro_nsm.kind", "nitro_nsm.result", "nitro_nsm.transaction",
                    "nitro_nsm.duration", "nitro_nsm.request_in", "cbor.type.textstring"},
                   withLua({"-2", "-Y", "nitro_nsm"}));
        QCOMPARE(lines.value(0), u"0\t1\t\t41\t\t\tExtendPCR,index,data"_s);
        QCOMPARE(lines.value(1), u"1\t1\t4\t41\t2345678\t5\tError,ReadOnlyIndex"_s);
    }

    void nsm_whatTheRequestIsAbout_isDecoded() {
        const QStringList lines = fields({"nitro_nsm.version", "nitro_nsm.pcr", "nitro_nsm.data_length",
                                          "nitro_nsm.nonce_length", "nitro_nsm.cbor_length"},
                                         withLua({"-Y", "nitro_nsm"}));
        QCOMPARE(lines.value(0), u"2\t16\t4\t\t%1"_s.arg(extendRequest.size()));
        QCOMPARE(lines.value(1), u"2\t16\t4\t\t%1"_s.arg(readOnlyResponse.size()));
    }

    void nsm_summaryNamesRequestAndResult() {
        const Run run = tshark(withLua({"-Y", "nitro_nsm"}));
        QCOMPARE(run.errors, QString());
        QVERIFY2(run.out.contains("Request 41 ExtendPCR"), qPrintable(run.out));
        QVERIFY(run.out.contains("Response 41 ExtendPCR: ReadOnlyIndex"));
    }

    void consoleMachineAndGuest_areShown() {
        const Run run = tshark(withLua({}));
        QCOMPARE(run.errors, QString());
        QVERIFY2(run.out.contains("Linux version 6.12"), qPrintable(run.out));
        for (const char *kind : {"boot-stage", "boot-warning", "boot-failure", "pcr-change", "break", "fault",
                                 "snapshot", "run-state", "reset", "map"})
            QVERIFY2(run.out.contains(kind), kind);
        const Run detail = tshark(withLua({"-V", "-Y", "nitro_machine.kind == \"pcr-change\""}));
        QVERIFY2(detail.out.contains("locked") && detail.out.contains("transaction"), qPrintable(detail.out));
    }

    void rewrittenFile_keepsOurOption() {
        const QString editcap = QStandardPaths::findExecutable("editcap");
        if (editcap.isEmpty())
            QSKIP("editcap is not installed");
        const QString copy = m_folder.filePath("copy.pcapng");
        QCOMPARE(QProcess::execute(editcap, {m_file, copy}), 0);
        QFile file(copy);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().contains("NSCO"));
    }

private:
    QTemporaryDir m_folder;
    QString m_tshark, m_file, m_lua;
};

QTEST_GUILESS_MAIN(CaptureTsharkTest)
#include "tst_capture_tshark.moc"
