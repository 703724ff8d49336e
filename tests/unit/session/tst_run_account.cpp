// SPDX-License-Identifier: GPL-2.0-or-later
//
// The account of a run: what a stream's records become, whether it is live or saved, and which stream counts.
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/session/account/capture_feed.hpp"
#include "app/session/capture/saved_capture.hpp"
#include "tests/support/session/fake_capture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"
#include "tests/unit/capture/vsock_stream.hpp"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace pcapng = nitroscope::pcapng;

namespace {

// An account with the news of each batch, put together.
struct Heard {
    RunAccount account;
    std::vector<RunNews> news;
    QByteArray console;
    int begins = 0, ends = 0;

    Heard() {
        QObject::connect(&account, &RunAccount::began, [this] {
            ++begins;
            news.clear();
            console.clear();
        });
        QObject::connect(&account, &RunAccount::taken, [this](const RunNews &batch) {
            news.push_back(batch);
            console += batch.console;
        });
        QObject::connect(&account, &RunAccount::ended, [this] { ++ends; });
    }
    // A part of a stream, or a stream of its own.
    void take(const QByteArray &stream) {
        m_reader.feed(stream);
        account.take(std::exchange(m_records, {}));
    }
    // What there is to compare.
    QStringList summary() const {
        QStringList lines;
        for (const BootStage &stage : account.stages())
            lines << stage.stage + u" at %1"_s.arg(stage.virtualNs);
        for (int i = 0; i < PcrAccount::pcrCount; ++i)
            if (const auto &pcr = account.pcrs().value(i))
                lines << u"PCR %1 %2 after %3"_s.arg(i)
                             .arg(QString::fromLatin1(pcr->value.toHex()))
                             .arg(account.pcrs().history(i).size());
        for (const NsmTransaction &t : account.nsm().transactions())
            lines << u"%1 %2 → %3"_s.arg(t.id).arg(argumentsText(t), resultText(t));
        for (const VsockFlow &flow : account.vsock().flows())
            lines << u"flow %1 %2"_s.arg(flow.id).arg(flowStateText(flow.state));
        lines << u"%1 packets"_s.arg(account.vsock().packets().size());
        lines << QString::fromLatin1(console);
        return lines;
    }

private:
    std::vector<pcapng::Record> m_records;
    pcapng::CaptureReader m_reader{[this](const pcapng::Record &record) { m_records.push_back(record); }};
};

QString written(const QTemporaryDir &dir, const char *name, const QByteArray &content) {
    QFile file(dir.filePath(QLatin1String(name)));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("cannot write %s", name);
    return file.fileName();
}

} // namespace

class TestRunAccount : public QObject {
    Q_OBJECT

private slots:
    void stream_ofAShortLife_isAccountedFor() {
        Heard heard;
        heard.account.begin({});
        heard.take(nsmStream());
        QCOMPARE(heard.account.stages().size(), 5);
        QCOMPARE(heard.account.stages().last().stage, u"handoff"_s);
        QCOMPARE(heard.account.nsm().transactions().size(), size_t(13));
        QCOMPARE(heard.account.pcrs().history(16).size(), size_t(2));
        QCOMPARE(heard.account.pcrs().history(16).back().transaction, quint64(4));
        QVERIFY(heard.console.startsWith("[    0.000000] Linux version"));
        QVERIFY(heard.console.endsWith("ready\r\n> "));
        heard.account.end();
        heard.account.end();
        QCOMPARE(heard.ends, 1);
        QVERIFY(heard.account.isOver());
    }

    void stream_liveAndSaved_giveTheSameAccount() {
        const QByteArray stream = nsmStream() + trafficStream();
        const QTemporaryDir dir;
        Heard live, saved;
        CaptureFeed liveFeed(live.account), savedFeed(saved.account);
        FakeCapture machine;
        liveFeed.add(machine);
        machine.play({});
        for (const QByteArray &part : {nsmStream(), trafficStream()})
            machine.playMore(part);
        machine.playState(CaptureSource::State::complete);
        SavedCapture file;
        savedFeed.add(file);
        file.open(written(dir, "run.pcapng", stream));
        QTRY_COMPARE(file.state(), CaptureSource::State::complete);
        QCOMPARE(saved.summary(), live.summary());
        QVERIFY(live.account.isOver() && saved.account.isOver());
    }

    void pcrs_afterAReset_firstAllThenChanges() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        Heard heard;
        heard.account.begin({});
        nitro_capture_reset(capture.get(), "power-on");
        heard.take(pullAll(capture.get()));
        QCOMPARE(heard.news[0].pcrs.size(), 32);
        QCOMPARE(heard.news[0].pcrs[1].value, QByteArray(48, '\0'));
        const std::vector<uint8_t> value(48, 0xaa), final(48, 0xbb);
        nitro_capture_pcr(capture.get(), 16, value.data(), 0, "extend", 1);
        nitro_capture_pcr(capture.get(), 16, final.data(), 0, "extend", 2);
        heard.take(pullAll(capture.get()));
        QCOMPARE(heard.news[1].pcrs.size(), 1); // the last value
        QCOMPARE(heard.news[1].pcrs[0], (PcrValue{16, QByteArray(48, '\xbb'), false}));
        QCOMPARE(heard.news[1].pcrChanges.size(), 2);
        nitro_capture_pcr(capture.get(), 16, final.data(), 0, "load", 0);
        heard.take(pullAll(capture.get()));
        QVERIFY(heard.news[2].pcrs.isEmpty()); // nothing new about it
        QCOMPARE(heard.account.pcrs().history(16).size(), size_t(3));
    }

    void boot_again_startsOver() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        Heard heard;
        heard.account.begin({});
        for (const char *stage : {"reset", "header", "reset", "header", "crc"})
            nitro_capture_boot_stage(capture.get(), stage, -1, "");
        const NitroCaptureBootFailure failure{"crc", 20, -1, 1, 544, "E36", "The checksum is wrong."};
        nitro_capture_boot_failure(capture.get(), &failure);
        heard.take(pullAll(capture.get()));
        QCOMPARE(heard.account.stages().size(), 3);
        QCOMPARE(heard.news[0].stages.size(), 5);
        QCOMPARE(heard.account.failure()->offset, std::optional<quint64>(544));
    }

    void news_ofALaterBatch_nameWhatHasChanged() {
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        Heard heard;
        heard.account.begin({});
        addNsm(capture.get(), false, extendRequest, 41);
        addNsm(capture.get(), false, extendRequest, 42);
        heard.take(pullAll(capture.get()));
        QVERIFY(heard.news[0].hasNewTransactions && heard.news[0].changedTransactions.empty());
        addNsm(capture.get(), true, readOnlyResponse, 42, 4);
        heard.take(pullAll(capture.get()));
        QVERIFY(!heard.news[1].hasNewTransactions);
        QCOMPARE(heard.news[1].changedTransactions, std::vector<int>{1});

        VsockStream traffic;
        const VsockStream::Flow flow{7, 1024, 8000, true};
        traffic.open(flow);
        heard.take(traffic.take());
        QVERIFY(heard.news[2].hasNewFlows && heard.news[2].hasNewPackets);
        QVERIFY(heard.news[2].changedFlows.empty());
        for (int i = 0; i < 3; ++i)
            traffic.packet(flow, true, VsockStream::data, "x");
        heard.take(traffic.take());
        QVERIFY(!heard.news[3].hasNewFlows);
        QCOMPARE(heard.news[3].changedFlows, std::vector<int>{0}); // once
    }

    void run_begunWhileACaptureIsRead_isNotDisturbedByIt() {
        const QTemporaryDir dir;
        SavedCapture saved;
        FakeCapture live;
        Heard heard;
        CaptureFeed feed(heard.account);
        feed.add(live);
        feed.add(saved);
        // Among the first records, of which the account has heard already; the end of the file is never there yet.
        bool hasBegun = false;
        connect(&saved, &CaptureSource::recordsArrived, this, [&] {
            if (std::exchange(hasBegun, true))
                return;
            QVERIFY(!heard.news.empty());
            QCOMPARE(saved.state(), CaptureSource::State::reading);
            feed.beginRun(&live);
            QCOMPARE(feed.source(), nullptr);
            QVERIFY(heard.account.nsm().transactions().empty() && heard.account.stages().isEmpty());
        });
        saved.open(written(dir, "long.pcapng", nsmStream(QByteArray(12'000, '\x40'), 400)));
        QTRY_VERIFY(hasBegun);
        QTRY_VERIFY(saved.state() != CaptureSource::State::reading);
        QVERIFY(heard.news.empty());
        QVERIFY(!heard.account.isOver());
        live.play(nsmStream());
        QCOMPARE(heard.account.nsm().transactions().size(), size_t(13));
        QVERIFY(heard.account.startNs() > 0);
    }

    void openedCapture_afterARun_hasNoStartOfARun() {
        const QTemporaryDir dir;
        SavedCapture saved;
        FakeCapture live;
        Heard heard;
        CaptureFeed feed(heard.account);
        feed.add(live);
        feed.add(saved);
        feed.beginRun(&live); // QEMU could not be started: no stream
        saved.open(written(dir, "run.pcapng", nsmStream()));
        QTRY_COMPARE(saved.state(), CaptureSource::State::complete);
        QCOMPARE(heard.account.startNs(), 0);
        QCOMPARE(heard.ends, 1);
    }

    void refusal_withoutAStream_isTold() {
        Heard heard;
        heard.account.begin({});
        heard.account.refuse({{}, {}, u"E35"_s, u"The magic is wrong."_s, 0, {}});
        QCOMPARE(heard.news.size(), size_t(1));
        QCOMPARE(heard.account.failure()->eCode, u"E35"_s);
    }
};

QTEST_GUILESS_MAIN(TestRunAccount)
#include "tst_run_account.moc"
