// SPDX-License-Identifier: GPL-2.0-or-later
//
// recording.json: what is written comes back, and whatever else may stand in the file is refused in words.
#include "app/session/launch/launch_options.hpp"
#include "app/session/record/recording_facts.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QtTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

RecordingFacts demoFacts() {
    RecordingFacts facts;
    facts.eifName = u"demo.eif"_s;
    facts.eifBytes = 12'345'678;
    facts.eifSha384 = QByteArray(48, '\x5a');
    facts.measurements = {{u"HashAlgorithm"_s, u"Sha384 { ... }"_s}, {u"PCR0"_s, u"00"_s}};
    LaunchSpec spec;
    spec.memoryMiB = 256;
    spec.vsock.cid = 17;
    spec.vsock.routes = QStringList{u"8000=echo"_s, u"8001=refuse"_s};
    facts.options = recordedOptions(spec);
    facts.hasRamdisk = true;
    facts.program = u"1.0"_s;
    facts.qemuVersion = u"10.0.2"_s;
    facts.build = {QByteArray(32, '\1'), QByteArray(32, '\2')};
    facts.created = QDateTime::fromSecsSinceEpoch(1'800'000'000, Qt::UTC);
    facts.end = u"The enclave ended."_s;
    return facts;
}

// The file with one member, of the object at `path` in it, changed.
QByteArray changed(const QString &path, const QString &member, const QJsonValue &value) {
    QJsonObject all = QJsonDocument::fromJson(writeFacts(demoFacts())).object();
    if (path.isEmpty()) {
        all.insert(member, value);
    } else {
        QJsonObject inner = all.value(path).toObject();
        inner.insert(member, value);
        all.insert(path, inner);
    }
    return QJsonDocument(all).toJson();
}

} // namespace

class TestRecordingFacts : public QObject {
    Q_OBJECT
private slots:
    void facts_written_comeBack() {
        const auto read = readFacts(writeFacts(demoFacts()));
        QVERIFY2(read, read ? "" : qPrintable(read.error().message));
        QVERIFY(*read == demoFacts());
        RecordingFacts running = demoFacts();
        running.end.clear();
        running.qemuVersion.clear();
        running.measurements = {};
        running.hasRamdisk = false;
        const auto again = readFacts(writeFacts(running));
        QVERIFY(again && *again == running);
    }

    void options_ofASpec_areThoseOfItsReplay() {
        LaunchSpec spec;
        spec.memoryMiB = 300;
        spec.debugMode = true;
        spec.append = u"quiet"_s;
        spec.vsock.routes = QStringList{u"1=echo"_s};
        spec.vsock.heartbeat = u"delay"_s;
        spec.vsock.heartbeatDelay = 20;
        const auto replay = replayOptions(recordedOptions(spec));
        QVERIFY(replay);
        for (const LaunchOption &option : launchOptions())
            QVERIFY2(valueOf(option, *replay) == valueOf(option, spec), option.name);
    }

    void options_thatAreLocal_stayHere() {
        LaunchSpec spec;
        spec.eifPath = u"/home/somebody/secret-project.eif"_s;
        spec.qemuPath = u"/opt/qemu"_s;
        spec.recordingPath = u"/r"_s;
        spec.capturePath = u"/c"_s;
        spec.vsock.path = u"/v"_s;
        QVERIFY(recordedOptions(spec).isEmpty());
    }

    void facts_thatAreWrong_areRefusedInWords_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QString>("word");
        const auto row = [](const char *name, const QByteArray &json, const QString &word) {
            QTest::newRow(name) << json << word;
        };
        row("nothing", {}, u"not a JSON object"_s);
        row("a list", "[]", u"not a JSON object"_s);
        row("another object", "{}", u"which version"_s);
        row("version of no number", changed({}, u"nitroscope-recording"_s, u"1"_s), u"which version"_s);
        row("created", changed({}, u"created"_s, u"yesterday"_s), u"created"_s);
        row("end", changed({}, u"end"_s, 7), u"end"_s);
        row("long end", changed({}, u"end"_s, QString(5000, u'x')), u"longer"_s);
        row("no EIF", changed({}, u"eif"_s, QJsonArray()), u"eif"_s);
        row("name", changed(u"eif"_s, u"name"_s, true), u"name"_s);
        row("bytes", changed(u"eif"_s, u"bytes"_s, -1), u"bytes"_s);
        row("short digest", changed(u"eif"_s, u"sha384"_s, u"00"_s), u"sha384"_s);
        row("digest of letters", changed(u"eif"_s, u"sha384"_s, QString(96, u'g')), u"sha384"_s);
        row("measurements", changed(u"eif"_s, u"measurements"_s, 1), u"measurements"_s);
        row("build", changed(u"build"_s, u"qemu"_s, u""_s), u"qemu"_s);
        row("unknown option", changed(u"options"_s, u"colour"_s, u"red"_s), u"colour"_s);
        row("local option", changed(u"options"_s, u"qemu"_s, u"/tmp/evil"_s), u"qemu"_s);
        row("option out of range", changed(u"options"_s, u"cpu-count"_s, 100'000), u"cpu-count"_s);
        row("option of another type", changed(u"options"_s, u"debug-mode"_s, u"on"_s), u"debug-mode"_s);
        row("too large", QByteArray(RecordingFacts::maxBytes + 1, ' '), u"more than"_s);
    }
    void facts_thatAreWrong_areRefusedInWords() {
        QFETCH(QByteArray, json);
        QFETCH(QString, word);
        const auto read = readFacts(json);
        QVERIFY(!read);
        QCOMPARE(read.error().code, u"recording-invalid"_s);
        QVERIFY2(read.error().message.contains(word), qPrintable(read.error().message));
    }

    void facts_ofANewerFormat_nameIt() {
        const auto read = readFacts(changed({}, u"nitroscope-recording"_s, 2));
        QVERIFY(!read);
        QCOMPARE(read.error().code, u"recording-newer"_s);
    }

    void facts_cutAnywhere_areRefused() {
        const QByteArray whole = writeFacts(demoFacts()).trimmed();
        for (qsizetype size = 0; size < whole.size(); ++size)
            QVERIFY2(!readFacts(whole.left(size)), qPrintable(QString::number(size)));
    }
};

QTEST_GUILESS_MAIN(TestRecordingFacts)
#include "tst_recording_facts.moc"
