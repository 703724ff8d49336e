// SPDX-License-Identifier: GPL-2.0-or-later
//
// Captures live and saved: what arrives, that nobody is run over, cancelling, recording, damage.
#include "app/proto/pcapng/kms_call.hpp"
#include "app/session/account/run_records.hpp"
#include "app/session/capture/live_capture.hpp"
#include "app/session/capture/recorded_capture.hpp"
#include "app/session/capture/saved_capture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"

#include <QLocalSocket>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace pcapng = nitroscope::pcapng;

namespace {

QByteArray fileContent(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QString made(const QTemporaryDir &dir, const QByteArray &content) {
    QFile file(dir.filePath(u"x.pcapng"_s));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write");
    return file.fileName();
}

const QByteArray smallDocument("\x84\x40\xa0\x40\x40", 5);

} // namespace

class TestCaptureSource : public QObject {
    Q_OBJECT

private slots:
    // QEMU writes it itself, and goes on when the disk is full.
    void recordedByQemu_cutInsideABlock_isRenamedAndTold() {
        const QTemporaryDir dir;
        const QByteArray stream = nsmStream(smallDocument, 3);
        const QString path = made(dir, stream);
        QVERIFY(checkRecordedCapture(path));
        QCOMPARE(fileContent(path), stream);
        QVERIFY(checkRecordedCapture(dir.filePath(u"none"_s)));
        QVERIFY(checkRecordedCapture(u"/dev/null"_s));
        for (const qsizetype cut : {1, 4, 17}) {
            QCOMPARE(made(dir, stream.chopped(cut)), path);
            const auto checked = checkRecordedCapture(path);
            QVERIFY(!checked);
            QVERIFY2(checked.error().message.contains(path + u".cut"_s), qPrintable(checked.error().message));
            QVERIFY(!QFile::exists(path));
            QCOMPARE(fileContent(path + u".cut"_s), stream.chopped(cut));
        }
        made(dir, {});
        QVERIFY(!checkRecordedCapture(path));
    }

    void saved_wholeFile_arrivesInOrder() {
        const QTemporaryDir dir;
        const QByteArray stream = nsmStream(smallDocument, 200);
        SavedCapture capture;
        std::vector<quint64> transactions;
        quint64 records = 0;
        connect(&capture, &CaptureSource::recordsArrived, this, [&](const CaptureBatchPointer &batch) {
            records += batch->records.size();
            for (const pcapng::Record &record : batch->records)
                if (const auto *nsm = std::get_if<pcapng::NsmRecord>(&record.content);
                    nsm && !nsm->isResponse) {
                    transactions.push_back(nsm->transaction);
                    // The bytes can be had again.
                    const QByteArray again = capture.bytes()->read(record.dataOffset, record.captured);
                    QCOMPARE(again.right(nsm->cbor.size()), nsm->cbor);
                }
        });
        capture.open(made(dir, stream));
        QCOMPARE(capture.state(), CaptureSource::State::reading);
        QTRY_COMPARE(capture.state(), CaptureSource::State::complete);
        QCOMPARE(transactions.size(), size_t(2600));
        QVERIFY(std::is_sorted(transactions.begin(), transactions.end()));
        QCOMPARE(capture.totals().records, records);
        QCOMPARE(capture.totals().bytes, quint64(stream.size()));
        QVERIFY(capture.totals().findings.isEmpty());
    }

    void saved_slowWatcher_isNeverMoreThanFourBatchesBehind() {
        const QTemporaryDir dir;
        // Comments make records large: several portions.
        SavedCapture capture;
        const QByteArray stream = nsmStream(QByteArray(12'000, '\x40'), 400);
        QVERIFY(stream.size() > 8 * CaptureIntake::portion);
        int batches = 0;
        connect(&capture, &CaptureSource::recordsArrived, this, [&](const CaptureBatchPointer &batch) {
            ++batches;
            QVERIFY(batch->bytesRead <= quint64(batches) * quint64(CaptureIntake::portion));
        });
        capture.open(made(dir, stream));
        QTRY_COMPARE(capture.state(), CaptureSource::State::complete);
        QVERIFY(batches > 8);
    }

    void saved_cancelled_keepsWhatWasRead() {
        const QTemporaryDir dir;
        const QByteArray stream = nsmStream(QByteArray(12'000, '\x40'), 1500);
        SavedCapture capture;
        connect(&capture, &CaptureSource::recordsArrived, this, [&] { capture.cancel(); });
        capture.open(made(dir, stream));
        QTRY_COMPARE(capture.state(), CaptureSource::State::cancelled);
        QVERIFY(capture.totals().records > 0);
        QVERIFY(capture.totals().bytes < quint64(stream.size()));
    }

    void saved_another_dropsTheFirst() {
        const QTemporaryDir dir;
        SavedCapture capture;
        capture.open(made(dir, nsmStream(QByteArray(12'000, '\x40'), 400)));
        QSignalSpy restarted(&capture, &CaptureSource::restarted);
        capture.open(made(dir, nsmStream()));
        QCOMPARE(restarted.count(), 1);
        QTRY_COMPARE(capture.state(), CaptureSource::State::complete);
        QVERIFY(capture.totals().records < 60);
    }

    void saved_openFailsWhileAnotherIsRead_endsThatToo() {
        const QTemporaryDir dir;
        SavedCapture capture;
        QSignalSpy batches(&capture, &CaptureSource::recordsArrived);
        capture.open(made(dir, nsmStream(QByteArray(12'000, '\x40'), 1500)));
        QTRY_VERIFY(!batches.isEmpty());
        QCOMPARE(capture.state(), CaptureSource::State::reading);
        capture.open(dir.filePath(u"no-such-file"_s));
        QCOMPARE(capture.state(), CaptureSource::State::failed);
        QSignalSpy states(&capture, &CaptureSource::stateChanged);
        const qsizetype before = batches.count();
        QTest::qWait(300);
        QCOMPARE(batches.count(), before);
        QVERIFY(states.isEmpty());
    }

    void saved_notACapture_fails_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("text") << QByteArray("hello, this is no capture at all");
        QTest::newRow("magic only") << QByteArray("\x0a\x0d\x0d\x0a", 4);
    }
    void saved_notACapture_fails() {
        QFETCH(QByteArray, content);
        const QTemporaryDir dir;
        SavedCapture capture;
        QSignalSpy failed(&capture, &CaptureSource::failed);
        capture.open(made(dir, content));
        QTRY_COMPARE(capture.state(), CaptureSource::State::failed);
        QCOMPARE(failed.count(), 1);
        capture.open(dir.path()); // a folder
        QCOMPARE(failed.count(), 2);
    }

    void saved_cutAnywhere_readsWhatThereIs() {
        const QTemporaryDir dir;
        const QByteArray stream = nsmStream();
        SavedCapture capture;
        for (qsizetype cut = 200; cut < stream.size(); cut += 397) {
            capture.open(made(dir, stream.left(cut)));
            QTRY_COMPARE(capture.state(), CaptureSource::State::complete);
        }
    }

    void live_stream_arrivesIsKeptAndRecorded() {
        const QTemporaryDir dir;
        const QByteArray stream = nsmStream(smallDocument, 50);
        LiveCapture capture;
        quint64 records = 0;
        connect(&capture, &CaptureSource::recordsArrived, this,
                [&](const CaptureBatchPointer &batch) { records += batch->records.size(); });
        QVERIFY(capture.listen(dir.filePath(u"capture"_s)));
        QCOMPARE(capture.state(), CaptureSource::State::live);
        QLocalSocket qemu;
        qemu.connectToServer(dir.filePath(u"capture"_s));
        QTRY_COMPARE(qemu.state(), QLocalSocket::ConnectedState);
        const qsizetype half = stream.size() / 2 + 3;
        qemu.write(stream.left(half));
        QTRY_COMPARE(capture.totals().bytes, quint64(half));
        // From the middle on, and still from the beginning.
        const QString file = dir.filePath(u"record.pcapng"_s);
        QSignalSpy recording(&capture, &CaptureSource::recordingChanged);
        capture.record(file);
        QTRY_VERIFY(capture.isRecording());
        qemu.write(stream.mid(half));
        QTRY_COMPARE(capture.totals().bytes, quint64(stream.size()));
        qemu.disconnectFromServer();
        QTRY_COMPARE(capture.state(), CaptureSource::State::complete);
        QTRY_VERIFY(!capture.isRecording());
        QCOMPARE(fileContent(file), stream);
        QCOMPARE(capture.bytes()->read(0, capture.bytes()->size()), stream);
        QVERIFY(records > 1000);
        QVERIFY(capture.totals().findings.isEmpty());
    }

    void live_addedRecord_standsBehindOlderOnesAndIsKept() {
        const QTemporaryDir dir;
        const QByteArray stream = nsmStream(smallDocument, 20);
        pcapng::KmsCall early, late;
        early.id = u"early"_s;
        late.id = u"late"_s;
        LiveCapture capture;
        std::vector<pcapng::Record> records;
        connect(&capture, &CaptureSource::recordsArrived, this, [&](const CaptureBatchPointer &batch) {
            records.insert(records.end(), batch->records.begin(), batch->records.end());
        });
        QVERIFY(capture.listen(dir.filePath(u"capture"_s)));
        capture.record(dir.filePath(u"record.pcapng"_s));
        capture.add(1, pcapng::encodeKmsCall(early)); // waits for a stream to stand in
        QLocalSocket qemu;
        qemu.connectToServer(dir.filePath(u"capture"_s));
        QTRY_COMPARE(qemu.state(), QLocalSocket::ConnectedState);
        const qsizetype cut = stream.size() - 7; // inside of a block
        qemu.write(stream.left(cut));
        QTRY_VERIFY(capture.totals().bytes >= quint64(cut));
        capture.add(std::numeric_limits<qint64>::max(), pcapng::encodeKmsCall(late));
        qemu.write(stream.mid(cut));
        qemu.flush();
        const auto callAt = [&](size_t i) {
            const auto call = i < records.size() ? pcapng::kmsCallOf(records[i]) : std::nullopt;
            return call ? call->id : QString();
        };
        QTRY_COMPARE(callAt(records.size() - 1), late.id);
        qemu.disconnectFromServer();
        QTRY_COMPARE(capture.state(), CaptureSource::State::complete);
        QVERIFY(capture.totals().findings.isEmpty());
        QCOMPARE(std::count_if(records.begin(), records.end(),
                               [](const auto &record) { return pcapng::kmsCallOf(record).has_value(); }),
                 2);
        const QByteArray whole = fileContent(dir.filePath(u"record.pcapng"_s));
        QCOMPARE(capture.bytes()->read(0, capture.bytes()->size()), whole);
        // What QEMU sent is all there.
        QCOMPARE(whole.size(),
                 stream.size() + qsizetype(records.back().blockLength) +
                     qsizetype(std::find_if(records.begin(), records.end(), [](const auto &record) {
                                   return pcapng::kmsCallOf(record).has_value();
                               })->blockLength));
    }

    void live_qemuNeverConnects_endsAnyway() {
        const QTemporaryDir dir;
        LiveCapture capture;
        QVERIFY(capture.listen(dir.filePath(u"capture"_s)));
        capture.close();
        QTRY_COMPARE(capture.state(), CaptureSource::State::complete);
        QVERIFY(capture.listen(dir.filePath(u"again"_s)));
        QCOMPARE(capture.state(), CaptureSource::State::live);
    }

    void spool_full_keepsItsBeginningAndSaysSo() {
        auto spool = CaptureBytes::makeSpool(10);
        QVERIFY(spool);
        QVERIFY((*spool)->append("12345678"));
        QVERIFY(!(*spool)->append("9abc"));
        QVERIFY((*spool)->isFull());
        QCOMPARE((*spool)->read(6, 100), QByteArray("78"));
        QCOMPARE((*spool)->read(100, 1), QByteArray());
    }

    void replay_records_becomeReports() {
        int stages = 0, changes = 0, lines = 0;
        QByteArray console;
        pcapng::CaptureReader reader([&](const pcapng::Record &record) {
            stages += bootStageOf(record).has_value();
            changes += pcrChangeOf(record).has_value();
            lines += logEntryOf(record).has_value();
            console += consoleOutputOf(record);
            if (const auto failure = bootFailureOf(record)) {
                QCOMPARE(failure->eCode, u"E26"_s);
                QCOMPARE(failure->offset, quint64(0x123456789));
            }
        });
        reader.feed(sampleStream());
        QCOMPARE(stages, 1);
        QCOMPARE(changes, 1);
        QVERIFY(lines >= 5);
        QCOMPARE(console, QByteArray("Linux version 6.12\r\n"));
    }
};

QTEST_GUILESS_MAIN(TestCaptureSource)
#include "tst_capture_source.moc"
