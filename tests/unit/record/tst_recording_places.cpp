// SPDX-License-Identifier: GPL-2.0-or-later
//
// Places in a recording: as people name them, as the capture's records have them, and those that are kept.
#include "app/session/record/recording_place.hpp"

#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

pcapng::Record record(pcapng::Source source, quint64 instruction, qint64 virtualNs = 0) {
    pcapng::Record record;
    record.source = source;
    record.icount = instruction;
    record.virtualNs = virtualNs;
    return record;
}

pcapng::Record console(const QByteArray &bytes, quint64 instruction) {
    pcapng::Record made = record(pcapng::Source::console, instruction, 40);
    made.direction = pcapng::Direction::outbound;
    made.content = pcapng::ConsoleRecord{bytes};
    return made;
}

pcapng::Record machine(const char *kind, const QVariantMap &fields, quint64 instruction, qint64 virtualNs) {
    pcapng::Record made = record(pcapng::Source::machine, instruction, virtualNs);
    made.content = pcapng::MachineRecord{QLatin1String(kind), fields};
    return made;
}

pcapng::Record stage(const QString &name, int index, quint64 instruction, qint64 virtualNs) {
    QVariantMap fields{{u"stage"_s, name}};
    if (index >= 0)
        fields.insert(u"index"_s, index);
    return machine(NITRO_CAPTURE_KIND_BOOT_STAGE, fields, instruction, virtualNs);
}

pcapng::Record pcr(int index, quint64 instruction) {
    return machine(NITRO_CAPTURE_KIND_PCR, {{u"index"_s, index}, {u"value"_s, QByteArray(48, '\1')}},
                   instruction, 30);
}

std::vector<pcapng::Record> demoRecords() {
    return {stage(u"reset"_s, -1, 0, 0),
            stage(u"ramdisk"_s, 0, 100, 10),
            stage(u"ramdisk"_s, 1, 200, 20),
            record(pcapng::Source::nsm, 300, 30),
            pcr(16, 310),
            record(pcapng::Source::nsm, 320, 30),
            pcr(16, 330),
            console("Linux ver", 400),
            console("sion 6.12\r\nready", 410),
            record(pcapng::Source::vsock, 500, 50)};
}

Result<quint64> find(const QString &text, const std::vector<pcapng::Record> &records = demoRecords()) {
    RecordingPlaces places;
    (void)places.keep({777, u"the bug"_s, u"here it is"_s});
    const auto place = readPlace(text, places);
    if (!place)
        return tl::unexpected(place.error());
    PlaceFinder finder(*place);
    for (const pcapng::Record &each : records)
        if (finder.take(each))
            break;
    return finder.result();
}

} // namespace

class TestRecordingPlaces : public QObject {
    Q_OBJECT
private slots:
    void place_named_isItsInstruction_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<quint64>("instruction");
        const auto row = [](const char *text, quint64 instruction) {
            QTest::newRow(text) << QString::fromUtf8(text) << instruction;
        };
        row("start", 0);
        row("30000000", 30'000'000);
        row("instruction:5", 5);
        row("time:15ns", 200);
        row("20ns", 200);
        row("0.05us", 500);
        row("stage:reset", 0);
        row("stage:ramdisk", 100);
        row("stage:ramdisk:1", 200);
        row("record:1", 0);
        row("record:10", 500);
        row("nsm:2", 320);
        row("vsock:1", 500);
        row("console-record:2", 410);
        row("console:version 6", 410);
        row("console:ver", 400);
        row("console:ready", 410);
        row("pcr:16", 310);
        row("pcr:16:2", 330);
        row("bookmark:the bug", 777);
        row("the bug", 777);
    }
    void place_named_isItsInstruction() {
        QFETCH(QString, text);
        QFETCH(quint64, instruction);
        const auto found = find(text);
        QVERIFY2(found, found ? "" : qPrintable(found.error().message));
        QCOMPARE(*found, instruction);
    }

    void place_thatIsNotThere_isMissing_data() {
        QTest::addColumn<QString>("text");
        for (const char *text : {"time:51ns", "stage:handoff", "stage:ramdisk:2", "record:11", "nsm:3",
                                 "guest:1", "console:version 6.12\r\nready", "pcr:17", "pcr:16:3"})
            QTest::newRow(text) << QString::fromUtf8(text);
    }
    void place_thatIsNotThere_isMissing() {
        QFETCH(QString, text);
        const auto found = find(text);
        QVERIFY(!found);
        QCOMPARE(found.error().code, u"place-missing"_s);
    }

    void words_thatAreNoPlace_areRefused_data() {
        QTest::addColumn<QString>("text");
        for (const char *text : {"",
                                 "nowhere",
                                 "-1",
                                 "1.5",
                                 "99999999999999999999",
                                 "time:",
                                 "time:5",
                                 "time:1 h",
                                 "stage:",
                                 "stage:ramdisk:x",
                                 "record:0",
                                 "record:x",
                                 "nsm:",
                                 "pcr:32",
                                 "pcr:16:0",
                                 "pcr:",
                                 "console:",
                                 "bookmark:other",
                                 "foreign:1",
                                 ":",
                                 "instruction:x"})
            QTest::newRow(text) << QString::fromUtf8(text);
    }
    void words_thatAreNoPlace_areRefused() {
        QFETCH(QString, text);
        const auto found = find(text);
        QVERIFY(!found);
        QCOMPARE(found.error().code, u"place-invalid"_s);
    }

    void record_withoutInstruction_saysSo() {
        pcapng::Record uncounted = stage(u"reset"_s, -1, 0, 0);
        uncounted.icount.reset();
        const auto found = find(u"stage:reset"_s, {uncounted});
        QVERIFY(!found);
        QCOMPARE(found.error().code, u"place-uncounted"_s);
    }

    void consoleLine_withoutEnd_isLookedAtUpToItsLimit() {
        std::vector<pcapng::Record> records;
        for (int i = 0; i < 100; ++i)
            records.push_back(console(QByteArray(1000, 'x'), 1));
        records.push_back(console("needle\nneedle", 2));
        const auto found = find(u"console:needle"_s, records);
        QVERIFY(found);
        QCOMPARE(*found, 2U);
    }

    void history_goesBackAndForward_andForgetsWhatWasAhead() {
        PlaceHistory history;
        QVERIFY(!history.back() && !history.forward());
        for (const quint64 place : {10, 10, 20, 30})
            history.visit(place);
        QCOMPARE(history.places(), (QVector<quint64>{10, 20, 30}));
        QCOMPARE(history.back(), 20U);
        QCOMPARE(history.back(), 10U);
        QVERIFY(!history.canGoBack());
        QCOMPARE(history.forward(), 20U);
        history.visit(25);
        QCOMPARE(history.places(), (QVector<quint64>{10, 20, 25}));
        QVERIFY(!history.canGoForward());
        for (quint64 i = 0; i < 1000; ++i)
            history.visit(1000 + i);
        QCOMPARE(history.places().size(), PlaceHistory::maxPlaces);
        QCOMPARE(history.places().last(), 1999U);
    }

    void bookmarks_areKeptByInstruction_andByName() {
        RecordingPlaces places;
        QVERIFY(places.keep({30, u"c"_s, {}}));
        QVERIFY(places.keep({10, u"a"_s, u"first"_s}));
        QVERIFY(places.keep({40, u"a"_s, u"moved"_s}));
        QCOMPARE(places.bookmarks.size(), 2);
        QCOMPARE(places.bookmarks.last().note, u"moved"_s);
        QCOMPARE(places.at(30)->name, u"c"_s);
        places.forget(u"c"_s);
        QVERIFY(!places.find(u"c"_s));
        QVERIFY(!places.keep({1, u" "_s, {}}));
        QVERIFY(!places.keep({1, QString(201, u'x'), {}}));
        QVERIFY(!places.keep({1, u"n"_s, QString(10'001, u'x')}));
    }

    void places_written_comeBack_andCutAreRefused() {
        RecordingPlaces places;
        QVERIFY(places.keep({7, u"a “name”"_s, u"two\nlines"_s}));
        for (const quint64 place : {1, 2, 3})
            places.history.visit(place);
        places.history.back();
        const QByteArray json = writePlaces(places).trimmed();
        const auto read = readPlaces(json);
        QVERIFY(read && *read == places);
        for (qsizetype size = 0; size < json.size(); ++size)
            QVERIFY(!readPlaces(json.left(size)));
    }

    void placesFile_thatIsWrong_isRefused_data() {
        QTest::addColumn<QByteArray>("json");
        const auto row = [](const char *name, const QByteArray &members) {
            QTest::newRow(name) << "{\"nitroscope-places\": 1, " + members + "}";
        };
        QTest::newRow("no version") << QByteArray("{}");
        QTest::newRow("list") << QByteArray("[1]");
        row("no place", R"("bookmarks": [{"name": "a"}])");
        row("negative place", R"("bookmarks": [{"name": "a", "instruction": -5}])");
        row("no name", R"("bookmarks": [{"instruction": 5}])");
        row("history of words", R"("history": ["a"])");
    }
    void placesFile_thatIsWrong_isRefused() {
        QFETCH(QByteArray, json);
        const auto read = readPlaces(json);
        QVERIFY(!read);
        QCOMPARE(read.error().code, u"places-invalid"_s);
    }

    void placesFile_withAWrongPosition_standsAtItsEnd() {
        const auto read = readPlaces(R"({"nitroscope-places": 1, "history": [1, 2], "at": 77})");
        QVERIFY(read);
        QCOMPARE(read->history.at(), 1);
        QVERIFY(!read->history.canGoForward());
    }
};

QTEST_GUILESS_MAIN(TestRecordingPlaces)
#include "tst_recording_places.moc"
