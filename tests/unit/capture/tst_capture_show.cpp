// SPDX-License-Identifier: GPL-2.0-or-later
//
// `capture show` as a function, and the filter language behind it.
#include "app/cli/capture/capture_command.hpp"
#include "app/proto/pcapng/capture_reader.hpp"
#include "app/proto/pcapng/record_filter.hpp"
#include "app/proto/pcapng/record_text.hpp"
#include "tests/unit/capture/sample_stream.hpp"

#include <QJsonDocument>
#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope::cli;
using namespace nitroscope::pcapng;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

class CaptureShowTest : public QObject {
    Q_OBJECT

    struct Shown {
        int code = -1;
        QStringList lines;
        QString errors;
    };

    QString save(const QString &name, const QByteArray &bytes) const {
        QFile file(m_folder.filePath(name));
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() ? file.fileName()
                                                                                    : QString();
    }
    static Shown show(const ShowCaptureOptions &options) {
        QByteArray out;
        Shown shown;
        const auto print = [&out](const QByteArray &line) {
            out += line;
            return 0;
        };
        shown.code = showCapture(
            options, {print, [&shown](const QString &problem) { shown.errors += problem + u'\n'; }});
        shown.lines = QString::fromUtf8(out).split('\n', Qt::SkipEmptyParts);
        return shown;
    }
    // Numbers of the sample's records that a filter lets through.
    QList<int> matching(const QString &filter) const {
        const auto parsed = RecordFilter::parse(filter);
        if (!parsed)
            return {-1};
        QList<int> numbers;
        for (qsizetype i = 0; i < m_records.size(); ++i)
            if (parsed->matches(m_records[i], m_records[0].hostNs))
                numbers << int(i);
        return numbers;
    }

private slots:
    void initTestCase() {
        CaptureReader reader([this](const Record &record) { m_records.append(record); });
        reader.feed(sampleStream());
        QCOMPARE(m_records.size(), 14);
    }

    void filter_ofRecords_keepsWhatMatches_data() {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<QList<int>>("expected");
        const QList<int> all{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
        QTest::newRow("empty") << QString("  ") << all;
        QTest::newRow("interface") << QString("interface==nsm") << QList<int>{4, 5};
        QTest::newRow("words ignore case") << QString("KIND==extendpcr") << QList<int>{4, 5};
        QTest::newRow("result only of responses") << QString("result!=Success") << QList<int>{5};
        QTest::newRow("and") << QString("interface == nsm and direction == out") << QList<int>{4};
        QTest::newRow("or binds less")
            << QString("kind==reset or interface==nsm and direction==out") << QList<int>{4, 13};
        QTest::newRow("parentheses") << QString("(kind==reset or interface==nsm) and not direction==out")
                                     << QList<int>{5, 13};
        QTest::newRow("not") << QString("not interface==machine") << QList<int>{3, 4, 5, 9, 10};
        QTest::newRow("time range") << QString("time>=3ms and time < 0.005s") << QList<int>{3, 4};
        QTest::newRow("clock") << QString("clock>=5013000us") << QList<int>{13};
        QTest::newRow("duration") << QString("duration>2ms") << QList<int>{5};
        QTest::newRow("pcr") << QString("pcr==16") << QList<int>{4, 6};
        QTest::newRow("transaction") << QString("transaction==41") << QList<int>{4, 5, 6};
        QTest::newRow("flow") << QString("flow==41") << QList<int>{4, 5, 7, 8};
        QTest::newRow("rule") << QString("rule==12") << QList<int>{5, 8};
        QTest::newRow("verdict") << QString("verdict!=passed") << QList<int>{5};
        QTest::newRow("port") << QString("port==9000") << QList<int>{9};
        QTest::newRow("console text")
            << QString("interface==console and text contains \"version 6\"") << QList<int>{3};
        QTest::newRow("length") << QString("length>80 and length<84") << QList<int>{9};
    }
    void filter_ofRecords_keepsWhatMatches() {
        QFETCH(QString, filter);
        QFETCH(QList<int>, expected);
        QCOMPARE(matching(filter), expected);
    }

    void wrongFilter_pointsAtTheFault_data() {
        QTest::addColumn<QString>("filter");
        QTest::addColumn<quint64>("offset");
        QTest::newRow("unknown field") << QString("colour==red") << quint64(0);
        QTest::newRow("no operator") << QString("kind reset") << quint64(5);
        QTest::newRow("no value") << QString("kind==") << quint64(6);
        QTest::newRow("no number") << QString("pcr==abc") << quint64(5);
        QTest::newRow("no such unit") << QString("time>3h") << quint64(5);
        QTest::newRow("open parenthesis") << QString("(pcr==1") << quint64(7);
        QTest::newRow("rubbish behind") << QString("pcr==1 pcr==2") << quint64(7);
        QTest::newRow("no closing quote") << QString("text==\"a") << quint64(7);
        QTest::newRow("contains for a number") << QString("pcr contains 1") << quint64(12);
        QTest::newRow("too deep") << QString(100, '(') << quint64(64);
        QTest::newRow("too long") << QString("pcr==1 or ").repeated(1001) << quint64(10'000);
        QTest::newRow("infinite") << QString("time>inf") << quint64(5);
    }
    void wrongFilter_pointsAtTheFault() {
        QFETCH(QString, filter);
        QFETCH(quint64, offset);
        const auto parsed = RecordFilter::parse(filter);
        QVERIFY(!parsed);
        QCOMPARE(parsed.error().offset, std::optional<quint64>(offset));
        QVERIFY(!parsed.error().message.isEmpty());
    }

    void text_hasOneLinePerRecord() {
        ShowCaptureOptions options;
        options.path = save("a.pcapng", sampleStream());
        const Shown shown = show(options);
        QCOMPARE(shown.code, 0);
        QCOMPARE(shown.errors, QString());
        QCOMPARE(shown.lines.size(), 14);
        QVERIFY2(shown.lines[3].contains("5.003000 console out  Linux version 6.12\\r\\n"),
                 qPrintable(shown.lines[3]));
        QVERIFY2(
            shown.lines[4].contains("41 ExtendPCR {\"ExtendPCR\": {\"index\": 16, \"data\": h'01020304'}}"),
            qPrintable(shown.lines[4]));
        QVERIFY2(shown.lines[5].contains("41 ExtendPCR \u2192 ReadOnlyIndex in 2.346 ms"),
                 qPrintable(shown.lines[5]));
        QVERIFY(shown.lines[5].endsWith("[fault: ReadOnlyIndex]"));
        QVERIFY2(shown.lines[9].contains("16:1024 \u2192 3:9000 REQUEST"), qPrintable(shown.lines[9]));
    }

    void json_isOneObjectPerLine() {
        ShowCaptureOptions options;
        options.path = save("a.pcapng", sampleStream());
        options.format = ShowCaptureOptions::Format::json;
        const Shown shown = show(options);
        QCOMPARE(shown.code, 0);
        QCOMPARE(shown.lines.size(), 14);
        QList<QJsonObject> objects;
        for (const QString &line : shown.lines) {
            objects << QJsonDocument::fromJson(line.toUtf8()).object();
            for (const char *key :
                 {"number", "offset", "interface", "host-ns", "virtual-ns", "direction", "verdict"})
                QVERIFY2(objects.last().contains(QLatin1String(key)), key);
        }
        QCOMPARE(objects[0]["host-ns"].toInteger(), FakeClock().host); // exact, not rounded to a double
        QCOMPARE(objects[5]["result"].toString(), u"ReadOnlyIndex"_s);
        QCOMPARE(objects[5]["type"].toString(), u"response"_s);
        QCOMPARE(
            objects[4].value("content").toObject().value("ExtendPCR").toObject().value("data").toString(),
            u"01020304"_s);
        QCOMPARE(objects[6].value("content").toObject().value("value").toString(),
                 QString("a5").repeated(48));
        QCOMPARE(objects[13]["kind"].toString(), u"reset"_s);
    }

    void filtered_keepsTheNumbers() {
        ShowCaptureOptions options;
        options.path = save("a.pcapng", sampleStream());
        options.filter = "kind==reset";
        const Shown shown = show(options);
        QCOMPARE(shown.lines.size(), 1);
        QVERIFY(shown.lines[0].trimmed().startsWith("14 "));
    }

    void command_onBadInput_saysWhyAndFails_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("filter");
        QTest::newRow("missing") << m_folder.filePath("missing") << QString();
        QTest::newRow("folder") << m_folder.path() << QString();
        QTest::newRow("empty") << save("empty", {}) << QString();
        QTest::newRow("no pcapng") << save("text", "This is no capture at all.") << QString();
        QTest::newRow("filter") << save("a.pcapng", sampleStream()) << QString("pcr=1");
    }
    void command_onBadInput_saysWhyAndFails() {
        QFETCH(QString, path);
        QFETCH(QString, filter);
        ShowCaptureOptions options;
        options.path = path;
        options.filter = filter;
        const Shown shown = show(options);
        QCOMPARE(shown.code, 1);
        QVERIFY(shown.lines.isEmpty());
        QVERIFY(!shown.errors.isEmpty());
    }

    void truncatedFile_isShownAndSaid() {
        ShowCaptureOptions options;
        options.path = save("cut.pcapng", sampleStream().left(1200));
        const Shown shown = show(options);
        QCOMPARE(shown.code, 0);
        QVERIFY(shown.lines.size() > 3);
        QVERIFY2(shown.errors.contains("ends inside a block"), qPrintable(shown.errors));
    }

    void help_namesEveryField() {
        for (const char *field : {"interface", "kind", "result", "time", "clock", "pcr", "port"})
            QVERIFY(RecordFilter::help().contains(QLatin1String(field)));
    }

private:
    QTemporaryDir m_folder;
    QVector<Record> m_records;
};

QTEST_GUILESS_MAIN(CaptureShowTest)
#include "tst_capture_show.moc"
