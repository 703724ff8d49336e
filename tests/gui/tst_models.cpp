// SPDX-License-Identifier: GPL-2.0-or-later
//
// The item models under QAbstractItemModelTester, and the plain parts beside them.
#include "app/features/boot/boot_stage_model.hpp"
#include "app/features/eif/finding_model.hpp"
#include "app/features/log/log_model.hpp"
#include "app/features/pcr/pcr_table_model.hpp"
#include "app/frame/eif_loader.hpp"
#include "app/ui/bytes/byte_search.hpp"
#include "app/ui/bytes/hex_geometry.hpp"
#include "app/ui/lists/filtered_list_model.hpp"
#include "app/ui/lists/node_tree_model.hpp"
#include "app/ui/settings/layout_store.hpp"
#include "app/ui/settings/preferences.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;
using nitroscope::formats::Node;
using nitroscope::formats::Severity;
using Fatal = QAbstractItemModelTester::FailureReportingMode;

namespace {

std::shared_ptr<const Node> sampleTree() {
    auto root = std::make_shared<Node>(Node{u"eif"_s, {}, {0, 1000}});
    Node &header = root->add({u"header"_s, {}, {0, 100}});
    header.add({u"magic"_s, u".eif"_s, {0, 4}});
    header.add({u"crc"_s, u"0x1"_s, {96, 4}, Severity::error, u"wrong checksum"_s});
    Node &section = root->add({u"section 0: kernel"_s, {}, {100, 900}});
    section.add({u"data"_s, {}, {112, 888}, Severity::note, u"small"_s});
    return root;
}

QVector<PcrValue> zeros() {
    QVector<PcrValue> pcrs;
    for (int i = 0; i < 32; ++i)
        pcrs.append({i, QByteArray(48, '\0'), i < 16});
    return pcrs;
}

// Numbers, of which a filter shows those from a limit on.
class NumberList : public FilteredListModel {
public:
    std::vector<int> numbers;

    int columnCount(const QModelIndex & = {}) const override { return 1; }
    QVariant data(const QModelIndex &cell, int role) const override {
        return role == Qt::DisplayRole ? QVariant(numbers[size_t(sourceOf(cell.row()))]) : QVariant();
    }
    int sourceCount() const override { return int(numbers.size()); }
    void append(int count) {
        numbers.resize(numbers.size() + size_t(count));
        sourceAppended();
    }
    void change(int source, int number) {
        numbers[size_t(source)] = number;
        sourceChanged(source);
    }
    void showFrom(int limit) {
        m_limit = limit;
        refilter();
    }

protected:
    // Takes its time, so that a look at a slice's records is longer than the slice may be.
    bool accepts(int source) const override {
        for (QElapsedTimer spent = started(); spent.nsecsElapsed() < 50'000;) {
        }
        return numbers[size_t(source)] >= m_limit;
    }

private:
    static QElapsedTimer started() {
        QElapsedTimer timer;
        timer.start();
        return timer;
    }
    int m_limit = 0;
};

class VectorSource : public ByteSource {
public:
    explicit VectorSource(QByteArray bytes) : m_bytes(std::move(bytes)) {}
    quint64 size() const override { return static_cast<quint64>(m_bytes.size()); }
    qsizetype read(quint64 offset, std::span<char> out) const override {
        const QByteArray part =
            m_bytes.mid(static_cast<qsizetype>(offset), static_cast<qsizetype>(out.size()));
        std::copy(part.cbegin(), part.cend(), out.begin());
        return part.size();
    }

private:
    QByteArray m_bytes;
};

} // namespace

class TestModels : public QObject {
    Q_OBJECT
private slots:
    void filteredList_changeWhileAFilterIsApplied_isNotLost() {
        NumberList list;
        const QAbstractItemModelTester tester(&list, Fatal::QtTest);
        list.append(3 * FilteredListModel::sliceRecords); // no row is shown of them yet
        list.showFrom(1);
        QVERIFY(list.isFiltering());
        list.change(5, 7); // the filter has been there already
        list.flush();
        QCOMPARE(list.rowOf(5), 0);
        QCOMPARE(list.rowCount(), 1);
        list.change(5, 0);
        QCOMPARE(list.rowCount(), 0);
    }

    void filteredList_slowFilter_leavesTurnsToEvents() {
        NumberList list;
        list.append(20 * FilteredListModel::sliceRecords);
        list.flush();
        list.showFrom(1);
        int turns = 0;
        QTimer heart;
        connect(&heart, &QTimer::timeout, this, [&turns] { ++turns; });
        heart.start(0);
        QTRY_VERIFY(!list.isFiltering());
        QVERIFY2(turns >= 5, qPrintable(QString::number(turns)));
    }

    void nodeTree_anyTree_satisfiesTheTester() {
        NodeTreeModel model;
        QAbstractItemModelTester tester(&model, Fatal::QtTest);
        model.setRoot(sampleTree());
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.rowCount(model.index(0, 0)), 2);
        model.setRoot(nullptr);
        QCOMPARE(model.rowCount(), 0);
    }

    void nodeTree_byte_findsDeepestNode_data() {
        QTest::addColumn<quint64>("offset");
        QTest::addColumn<QString>("name");
        QTest::newRow("first byte") << quint64{0} << u"magic"_s;
        QTest::newRow("between fields") << quint64{50} << u"header"_s;
        QTest::newRow("last of header") << quint64{99} << u"crc"_s;
        QTest::newRow("in data") << quint64{112} << u"data"_s;
        QTest::newRow("outside") << quint64{5000} << QString();
    }
    void nodeTree_byte_findsDeepestNode() {
        QFETCH(quint64, offset);
        QFETCH(QString, name);
        NodeTreeModel model;
        model.setRoot(sampleTree());
        QCOMPARE(model.indexOfByte(offset).data().toString(), name);
    }

    void nodeTree_finding_showsOnEveryAncestor() {
        NodeTreeModel model;
        model.setRoot(sampleTree());
        QCOMPARE(model.index(0, 0).data(severityRole).toInt(), static_cast<int>(Severity::error));
        QCOMPARE(model.index(1, 0).data(severityRole).toInt(), static_cast<int>(Severity::note));
    }

    void findings_listWorstFirst() {
        FindingModel model;
        QAbstractItemModelTester tester(&model, Fatal::QtTest);
        model.setRoot(sampleTree());
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(model.index(0).data().toString().contains(u"wrong checksum"_s));
        QCOMPARE(model.summary(), u"1 error, 1 note"_s);
        model.setExtra({{u"PCR0"_s, {}, {}, Severity::warning, u"odd"_s}});
        QCOMPARE(model.summary(), u"1 error, 1 warning, 1 note"_s);
    }

    void pcrs_states_followLiveAndExpected() {
        PcrTableModel model;
        QAbstractItemModelTester tester(&model, Fatal::QtTest);
        const QByteArray digest(48, 'x');
        QCOMPARE(model.stateOf(0), PcrState::unknown);
        model.setExpected(0, digest);
        QVector<PcrValue> pcrs = zeros();
        model.setLive(pcrs);
        QCOMPARE(model.stateOf(0), PcrState::differs);
        model.setDebugMode(true);
        QCOMPARE(model.stateOf(0), PcrState::debugZero);
        QCOMPARE(model.stateOf(5), PcrState::zero);
        pcrs[0].value = digest;
        pcrs[16].value = QByteArray(48, 'y');
        model.setLive(pcrs);
        QCOMPARE(model.stateOf(0), PcrState::match);
        QCOMPARE(model.stateOf(16), PcrState::set);
    }

    void pcrs_change_isMarkedUntilCleared() {
        PcrTableModel model;
        model.setLive(zeros());
        const QModelIndex cell = model.index(16, PcrTableModel::live);
        QVERIFY(!cell.data(changedRole).toBool()); // the first report changes nothing
        model.setLive({{16, QByteArray(48, 'z'), false}});
        QVERIFY(cell.data(changedRole).toBool());
        model.clearChangedMarks();
        QVERIFY(!cell.data(changedRole).toBool());
    }

    void pcrs_indexOutOfRange_isIgnored() {
        PcrTableModel model;
        model.setLive({{-1, QByteArray(48, 'z'), false}, {32, QByteArray(48, 'z'), false}});
        QVERIFY(!model.hasLiveValues());
    }

    void stages_appendAndFail_showTimesAndReason() {
        BootStageModel model;
        QAbstractItemModelTester tester(&model, Fatal::QtTest);
        model.append({u"reset"_s, -1, 0, 100, {}});
        model.append({u"ramdisk"_s, 1, 1'234'567'890, 100'100, {}});
        QCOMPARE(model.index(1, BootStageModel::stage).data().toString(), u"ramdisk 1"_s);
        QCOMPARE(model.index(1, BootStageModel::guestTime).data().toString(), u"1\u202f234.567"_s);
        model.setFailure({u"kernel"_s, {}, u"E35"_s, u"No kernel."_s, 16, {}});
        QCOMPARE(model.rowCount(), 3);
        QVERIFY(model.index(2, BootStageModel::details).data().toString().contains(u"E35"_s));
        model.append({u"reset"_s, -1, 0, 300, {}});
        QCOMPARE(model.rowCount(), 1); // a new boot starts over
    }

    void log_flood_keepsTheLimitAndTheFilter() {
        LogModel model(1000);
        QAbstractItemModelTester tester(&model, Fatal::QtTest);
        model.setMinimumLevel(LogLevel::warning);
        for (int i = 0; i < 5000; ++i) {
            model.append(
                {QDateTime(), i % 10 == 0 ? LogLevel::error : LogLevel::info, u"qemu"_s, QString::number(i)});
            if (i % 250 == 0)
                model.flush();
        }
        model.flush();
        QVERIFY(model.totalCount() <= 1000);
        QCOMPARE(model.index(model.rowCount() - 1, LogModel::message).data().toString(), u"4990"_s);
        model.setMinimumLevel(LogLevel::debug);
        model.setListFilter(*ListFilter::parse(u"499"_s, LogModel::fields()));
        QVERIFY(model.rowCount() >= 10);
    }

    void log_foreignText_isSpelledOut() {
        LogModel model;
        model.append({QDateTime(), LogLevel::error, u"qemu"_s, u"no file \u202egnp.\x1b[2Jx"_s});
        model.flush();
        const QModelIndex cell = model.index(0, LogModel::message);
        QCOMPARE(cell.data().toString(), u"no file \\u202egnp.\\x1b[2Jx"_s);
        QVERIFY(model.asText().contains(cell.data().toString()));
        QVERIFY(cell.data(Qt::ToolTipRole).toString().contains(u"\\u202e"_s));
    }

    void geometry_hugeSizes_reachBothEnds_data() {
        QTest::addColumn<quint64>("size");
        QTest::newRow("empty") << quint64{0};
        QTest::newRow("one byte") << quint64{1};
        QTest::newRow("10 GiB") << (quint64{10} << 30);
        QTest::newRow("8 EiB") << (quint64{1} << 63);
        QTest::newRow("all") << ~quint64{0};
    }
    void geometry_hugeSizes_reachBothEnds() {
        QFETCH(quint64, size);
        const HexGeometry geometry{size, 16, 20};
        QCOMPARE(geometry.topRowOfScroll(0), quint64{0});
        QCOMPARE(geometry.topRowOfScroll(geometry.scrollMaximum()), geometry.lastTopRow());
        QCOMPARE(geometry.scrollOfTopRow(geometry.lastTopRow()), geometry.scrollMaximum());
        quint64 before = 0;
        for (int i = 0; i <= 1000; ++i) {
            const quint64 row =
                geometry.topRowOfScroll(static_cast<int>(qint64{geometry.scrollMaximum()} * i / 1000));
            QVERIFY(row >= before);
            before = row;
        }
    }

    void offsets_spellings_areRead_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<bool>("good");
        QTest::addColumn<quint64>("offset");
        QTest::newRow("hex") << "0x1f8" << true << quint64{0x1f8};
        QTest::newRow("suffix") << "1f8h" << true << quint64{0x1f8};
        QTest::newRow("decimal") << "504" << true << quint64{504};
        QTest::newRow("forward") << "+0x10" << true << quint64{116};
        QTest::newRow("back past start") << "-200" << true << quint64{0};
        QTest::newRow("too large") << "0x1ffffffffffffffff" << false << quint64{0};
        QTest::newRow("word") << "kernel" << false << quint64{0};
        QTest::newRow("empty") << "" << false << quint64{0};
    }
    void offsets_spellings_areRead() {
        QFETCH(QString, text);
        QFETCH(bool, good);
        QFETCH(quint64, offset);
        const auto read = offsetFromText(text, 100);
        QCOMPARE(read.has_value(), good);
        if (good)
            QCOMPARE(*read, offset);
    }

    void hexInput_groupings_areRead() {
        QCOMPARE(bytesFromHex(u"1f 8B:08, 0x00"_s).value(), QByteArray::fromHex("1f8b0800"));
        QVERIFY(!bytesFromHex(u"1f8"_s));
        QVERIFY(!bytesFromHex(u"hello"_s));
    }

    void search_acrossBlockBorder_findsAndWraps() {
        QByteArray bytes((1 << 20) + 100, '\0');
        bytes.replace((1 << 20) - 2, 4, "EIF!");
        const VectorSource source(bytes);
        const std::atomic<bool> go{false};
        const auto forward = findBytes(source, "EIF!", 0, SearchDirection::forward, go);
        QVERIFY(forward);
        QCOMPARE(forward->offset, quint64{(1 << 20) - 2});
        QVERIFY(!forward->wrapped);
        const auto wrapped = findBytes(source, "EIF!", forward->offset + 1, SearchDirection::forward, go);
        QVERIFY(wrapped && wrapped->wrapped);
        const auto backward = findBytes(source, "EIF!", source.size(), SearchDirection::backward, go);
        QVERIFY(backward && !backward->wrapped);
        QVERIFY(!findBytes(source, "nothing", 0, SearchDirection::forward, go));
        const std::atomic<bool> stop{true};
        QVERIFY(!findBytes(source, "EIF!", 0, SearchDirection::forward, stop));
    }

    void layouts_roundTrip_isExact() {
        LayoutStore store;
        store.put({u"wide"_s, "geo\0metry", QByteArray("\0\xff state", 8), {{u"eif"_s, 1}}});
        store.put({u"tall"_s, {}, "docks", {}});
        const auto read = LayoutStore::fromJson(store.toJson());
        QVERIFY(read);
        QCOMPARE(read->layouts(), store.layouts());
    }

    void layouts_badFile_isRefused_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::newRow("junk") << QByteArray("\x00\xff\xfejunk", 7);
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("other format") << QByteArray(R"({"format":"x","version":1})");
        QTest::newRow("newer") << QByteArray(R"({"format":"nitroscope-layouts","version":2,"layouts":[]})");
        QTest::newRow("no name") << QByteArray(
            R"({"format":"nitroscope-layouts","version":1,"layouts":[{"docks":"eA=="}]})");
        QTest::newRow("not an object")
            << QByteArray(R"({"format":"nitroscope-layouts","version":1,"layouts":[7]})");
    }
    void layouts_badFile_isRefused() {
        QFETCH(QByteArray, json);
        QVERIFY(!LayoutStore::fromJson(json));
    }

    void loader_newFile_dropsTheResultOfTheEarlierOne() {
        QTemporaryDir dir;
        QStringList paths;
        for (const char *name : {"first.eif", "second.eif"}) {
            paths << dir.filePath(QLatin1String(name));
            QFile file(paths.last());
            QVERIFY(file.open(QIODevice::WriteOnly));
            file.write(QByteArray(4096, 'e'));
        }
        EifLoader loader;
        QStringList opened;
        connect(&loader, &EifLoader::opened, this,
                [&](const nitroscope::formats::EifDocument &document) { opened << document.path(); });
        QSignalSpy measured(&loader, &EifLoader::measured);
        QSignalSpy refused(&loader, &EifLoader::measuringFailed);
        loader.load(paths[0]);
        loader.load(paths[1]);
        QTRY_COMPARE(measured.count() + refused.count(), 1);
        QCOMPARE(opened, QStringList(paths[1]));
        loader.load(paths[0]);
        loader.cancel();
        QVERIFY(!loader.isBusy());
    }

    void tips_foreignText_isNotMarkup() { QVERIFY(!foreignTip(u"<img src='x'>"_s).contains(u"<img"_s)); }

    void preferences_editedFile_isCheckedWhenRead() {
        QTemporaryDir dir;
        {
            Preferences preferences(dir.path());
            LaunchSpec spec;
            spec.memoryMiB = 512;
            spec.cpuCount = 4;
            preferences.setLaunchOptions(spec);
            for (int i = 0; i < 15; ++i)
                preferences.addRecentFile(u"/images/%1.eif"_s.arg(i));
        }
        Preferences preferences(dir.path());
        QCOMPARE(preferences.launchOptions().memoryMiB, quint64{512});
        QCOMPARE(preferences.recentFiles().size(), Preferences::recentFileLimit);
        QCOMPARE(preferences.recentFiles().first(), u"/images/14.eif"_s);
        LaunchSpec silly;
        silly.cpuCount = 100000;
        preferences.setLaunchOptions(silly);
        QCOMPARE(preferences.launchOptions().cpuCount, 128u);
    }
};

QTEST_GUILESS_MAIN(TestModels)
#include "tst_models.moc"
