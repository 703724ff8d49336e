// SPDX-License-Identifier: GPL-2.0-or-later
//
// NSM, attestation and PCR panels over captures: live through a fake session, and from files.
#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/boot/boot_panel.hpp"
#include "app/features/console/console_panel.hpp"
#include "app/features/nsm/nsm_list_model.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/formats/cbor/cbor_tree.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/bytes/cbor_view.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"
#include "tests/unit/support/samples.hpp"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QJsonDocument>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QTableView>
#include <QTreeView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace formats = nitroscope::formats;
namespace qmp = nitroscope::qmp;

namespace {

QByteArray readAll(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

// A real document where the samples are, else something that only looks like one.
QByteArray sampleDocument() {
    const auto samples = samplesDir();
    if (!samples)
        return QByteArray("\x84\x40\xa0\x40\x40", 5);
    const QDir dir(samples->filePath(u"attestation"_s));
    const QStringList names = dir.entryList({u"valid*.bin"_s});
    return names.isEmpty() ? QByteArray("\x84\x40\xa0\x40\x40", 5) : readAll(dir.filePath(names.first()));
}

QString cell(const NsmListModel &model, int row, int column) {
    return model.index(row, column).data().toString();
}

} // namespace

class TestCaptureWindow : public QObject {
    Q_OBJECT

private slots:
    void cborTree_request_hasRangesOfKeysAndValues() {
        const auto root = formats::cborTree(extendRequest, 100);
        QCOMPARE(root.children.size(), size_t(1));
        const formats::Node &map = root.children[0];
        QCOMPARE(map.name, u"map"_s);
        const formats::Node &request = map.children[0];
        QCOMPARE(request.name, u"ExtendPCR"_s);
        QCOMPARE(request.range, (formats::ByteRange{101, quint64(extendRequest.size()) - 1}));
        QCOMPARE(request.children[1].value, u"h'01020304'"_s);
        QCOMPARE(formats::nodeAt(root, 100 + quint64(extendRequest.size()) - 1)->name, u"data"_s);
    }
    void cborTree_truncatedAtEveryByte_saysWhere() {
        for (qsizetype size = 1; size < extendRequest.size(); ++size) {
            const auto root = formats::cborTree(QByteArrayView(extendRequest).first(size));
            QCOMPARE(formats::worstSeverity(root), formats::Severity::error);
        }
    }
    void cborTree_bytesThatAreCbor_areOpened() {
        const QByteArray inner = make::map({{"a", make::number(1)}});
        const QByteArray outer = make::array({make::bytes(inner)});
        const auto root = formats::cborTree(outer);
        const formats::Node &map = root.children[0].children[0].children[0];
        QCOMPARE(map.children[0].name, u"a"_s);
        QCOMPARE(map.range.offset, quint64(2));
    }
    void cborSpelling_diagnosticAndJson() {
        QCOMPARE(formats::cborDiagnostic(extendRequest),
                 u"{\n  \"ExtendPCR\": {\n    \"index\": 16,\n    \"data\": h'01020304'\n  }\n}"_s);
        QCOMPARE(QJsonDocument(formats::cborJson(extendRequest).toObject()).toJson(QJsonDocument::Compact),
                 QByteArray("{\"ExtendPCR\":{\"data\":\"AQIDBA\",\"index\":16}}"));
        QVERIFY(formats::cborJson(QByteArrayView("\xa1", 1)).isUndefined());
        QVERIFY(formats::cborDiagnostic(QByteArrayView("\xa1\x01", 2)).contains(u"/ byte"_s));
    }

    void nsmModel_stream_listsTransactions() {
        FakeCapture capture;
        NsmAccount account;
        NsmListModel model(account);
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        connect(&capture, &CaptureSource::restarted, &model, [&] { model.restart(capture.bytes()); });
        connect(&capture, &CaptureSource::recordsArrived, &model, [&](const CaptureBatchPointer &batch) {
            for (const auto &record : batch->records)
                if (const auto change = account.add(record); change.transaction >= 0)
                    model.changed(change.transaction, change.isNew);
        });
        capture.play(nsmStream());
        model.flush();
        QCOMPARE(model.rowCount(), 13);
        QCOMPARE(cell(model, 2, NsmListModel::kind), u"ExtendPCR"_s);
        QCOMPARE(cell(model, 2, NsmListModel::arguments), u"PCR 16, 32 bytes"_s);
        QCOMPARE(cell(model, 4, NsmListModel::result), u"ReadOnlyIndex"_s);
        QCOMPARE(cell(model, 6, NsmListModel::arguments), u"nonce 32 bytes, user data 13 bytes"_s);
        QCOMPARE(cell(model, 6, NsmListModel::duration), u"4.31 ms"_s);
        QCOMPARE(cell(model, 9, NsmListModel::arguments), u"PCR 0–16"_s);
        QCOMPARE(cell(model, 11, NsmListModel::result), u"answer dropped"_s);
        QCOMPARE(model.requestBytes(model.at(3)), nsmSteps({})[3].request);
        QCOMPARE(model.comment(9), u"fault 3: answered with InternalError"_s);
    }

    void nsmFilter_byText_keepsWhatMatches_data() {
        QTest::addColumn<int>("kind");
        QTest::addColumn<int>("result");
        QTest::addColumn<int>("pcr");
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("rows");
        QTest::newRow("nothing") << 0 << 0 << 0 << QString() << 13;
        QTest::newRow("kind") << 2 << 0 << 0 << QString() << 4;
        QTest::newRow("succeeded") << 0 << 1 << 0 << QString() << 7;
        QTest::newRow("failed") << 0 << 2 << 0 << QString() << 6;
        QTest::newRow("one error") << 0 << 6 << 0 << QString() << 2;
        QTest::newRow("pcr") << 0 << 0 << 17 << QString() << 4;
        QTest::newRow("pcr and kind") << 2 << 0 << 17 << QString() << 3;
        QTest::newRow("text") << 0 << 0 << 0 << u"NONCE"_s << 2;
        QTest::newRow("what a fault says") << 0 << 0 << 0 << u"fault"_s << 2;
    }
    void nsmFilter_byText_keepsWhatMatches() {
        QFETCH(int, kind);
        QFETCH(int, result);
        QFETCH(int, pcr);
        QFETCH(QString, text);
        QFETCH(int, rows);
        WindowFixture fixture;
        fixture.session.capture()->play(nsmStream());
        NsmPanel &panel = fixture.window->nsmPanel();
        panel.model().flush();
        const QAbstractItemModelTester tester(&panel.model(),
                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        named<QComboBox>(panel, "Kind of request shown")->setCurrentIndex(kind);
        named<QComboBox>(panel, "Result shown")->setCurrentIndex(result);
        named<QComboBox>(panel, "PCR shown")->setCurrentIndex(pcr);
        named<QLineEdit>(panel, "Text shown")->setText(text);
        panel.model().flush();
        QCOMPARE(panel.model().rowCount(), rows);
        QVERIFY(panel.showTransaction(1)); // takes the filter off when need be
    }

    void nsmFilter_manyTransactions_inSlicesWithTheCurrentOneKept() {
        WindowFixture fixture;
        fixture.session.capture()->play(nsmStream(QByteArray("\x84\x40\xa0\x40\x40", 5), 2000));
        NsmPanel &panel = fixture.window->nsmPanel();
        panel.model().flush();
        QCOMPARE(panel.model().rowCount(), 26'000);
        QVERIFY(panel.showTransaction(13'003)); // an ExtendPCR
        named<QComboBox>(panel, "Kind of request shown")->setCurrentIndex(2);
        QTRY_VERIFY(!panel.model().isFiltering());
        QCOMPARE(panel.model().rowCount(), 8000);
        QCOMPARE(panel.model().at(panel.table().currentIndex().row()).id, quint64(13'003));
    }

    void nsmDetail_treeAndBytes_followEachOther() {
        WindowFixture fixture;
        fixture.session.capture()->play(nsmStream());
        NsmPanel &panel = fixture.window->nsmPanel();
        QVERIFY(panel.showTransaction(3));
        CborView &detail = panel.detail();
        QCOMPARE(detail.pieceBytes(), nsmSteps({})[2].request);
        emit detail.hexView().cursorMoved(quint64(detail.pieceBytes().size()) - 1);
        QCOMPARE(detail.tree().currentIndex().siblingAtColumn(0).data().toString(), u"data"_s);
        detail.setCurrentPiece(1);
        QCOMPARE(detail.pieceBytes(), nsmSteps({})[2].response);
    }

    void nsmCopy_everyForm() {
        WindowFixture fixture;
        fixture.session.capture()->play(nsmStream());
        NsmPanel &panel = fixture.window->nsmPanel();
        QVERIFY(panel.showTransaction(2));
        const auto copied = [&](const char *id) {
            fixture.action(id)->trigger();
            return QGuiApplication::clipboard()->text();
        };
        QVERIFY(copied("edit.copyDiagnostic").contains(u"\"DescribePCR\": {"_s));
        QVERIFY(copied("edit.copyNsmJson").contains(u"\"index\": 0"_s));
        QCOMPARE(copied("edit.copyNsmHex"), QString::fromLatin1(nsmSteps({})[1].request.toHex()));
        QVERIFY(copied("edit.copyNsmRust").startsWith(u"const BYTES: [u8; 21] = [\n    0xa1,"_s));
        QVERIFY(copied("edit.copyNsmArray").startsWith(u"const unsigned char bytes[21] = {"_s));
    }

    void answer_thatComesLater_completesTheRow() {
        WindowFixture fixture;
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        addNsm(capture.get(), false, extendRequest, 41);
        fixture.session.capture()->play(pullAll(capture.get()));
        NsmPanel &panel = fixture.window->nsmPanel();
        panel.model().flush();
        QCOMPARE(cell(panel.model(), 0, NsmListModel::result), u"no answer yet"_s);
        addNsm(capture.get(), true, readOnlyResponse, 41, 4, 1000);
        fixture.session.capture()->playMore(pullAll(capture.get()));
        QCOMPARE(cell(panel.model(), 0, NsmListModel::result), u"ReadOnlyIndex"_s);
    }

    void rules_fromTheContextMenu_reachTheSession() {
        WindowFixture fixture;
        fixture.session.capture()->play(nsmStream());
        NsmPanel &panel = fixture.window->nsmPanel();
        emit panel.breakWanted(nsmBreak(u"ExtendPCR"_s, 16));
        emit panel.faultWanted({u"drop"_s, u"Attestation"_s, {}, {}, {}, 1, 0, 0});
        QCOMPARE(fixture.session.calls(), (QStringList{u"break"_s, u"fault"_s}));
        emit panel.ruleRemovalWanted(qmp::MachineRule::Kind::breakpoint, 1);
        QCOMPARE(fixture.session.calls().last(), u"remove"_s);
    }

    void break_hit_saysWhyAndContinues() {
        WindowFixture fixture;
        fixture.show();
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.capture()->play(nsmStream());
        fixture.session.playBreak({1, u"nsm"_s, u"ExtendPCR of PCR 16"_s, 5, 3});
        QVERIFY(fixture.window->banner().message().contains(u"ExtendPCR of PCR 16"_s));
        auto *state = named<QLabel>(*fixture.window, "Enclave state");
        QCOMPARE(state->text(), u"Paused: break 1, ExtendPCR of PCR 16"_s);
        QCOMPARE(
            fixture.window->nsmPanel().model().at(fixture.window->nsmPanel().table().currentIndex().row()).id,
            quint64(3));
        fixture.action("enclave.resume")->trigger();
        QCOMPARE(state->text(), u"Running"_s);
        QVERIFY(!fixture.window->banner().isVisible());
    }

    void savedCapture_opened_fillsEveryPanel() {
        WindowFixture fixture;
        fixture.show();
        const QString path = writeFile(fixture.dir.filePath(u"run.pcapng"_s), nsmStream());
        fixture.window->openFile(path);
        QTRY_COMPARE(fixture.window->savedCapture().state(), CaptureSource::State::complete);
        fixture.window->nsmPanel().model().flush();
        QCOMPARE(fixture.window->nsmPanel().model().rowCount(), 13);
        QCOMPARE(fixture.window->bootPanel().model().rowCount(), 5);
        QTRY_VERIFY(fixture.window->consolePanel().logText().contains("NSM ready"));
        PcrPanel &pcrs = fixture.window->pcrPanel();
        QCOMPARE(pcrs.model().liveValue(1).left(2), QByteArray("\x02\x33", 2));
        const QAbstractItemModelTester tester(&pcrs.history(),
                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        pcrs.showPcr(16);
        QCOMPARE(pcrs.history().rowCount(), 2);
        QCOMPARE(pcrs.history().changeAt(1).transaction, quint64(4));
        emit pcrs.transactionChosen(4);
        QCOMPARE(fixture.window->nsmPanel().table().currentIndex().row(), 3);
    }

    void run_whileASavedCaptureLoads_startsFromEmptyPanels() {
        WindowFixture fixture;
        fixture.open(makeEif(fixture.dir).path);
        const QByteArray stream = nsmStream(QByteArray(12'000, '\x40'), 400);
        SavedCapture &saved = fixture.window->savedCapture();
        // Among the first records, which the panels have; the end of the file is never there yet.
        bool hasBegun = false;
        connect(&saved, &CaptureSource::recordsArrived, this, [&] {
            if (std::exchange(hasBegun, true))
                return;
            QCOMPARE(saved.state(), CaptureSource::State::reading);
            fixture.action("enclave.run")->trigger();
        });
        fixture.window->openFile(writeFile(fixture.dir.filePath(u"run.pcapng"_s), stream));
        QTRY_VERIFY(hasBegun);
        QTRY_VERIFY(saved.state() != CaptureSource::State::reading);
        QTest::qWait(100);
        fixture.window->nsmPanel().model().flush();
        QCOMPARE(fixture.window->nsmPanel().model().rowCount(), 0);
        QCOMPARE(fixture.window->bootPanel().model().rowCount(), 0);
        QVERIFY(!fixture.window->pcrPanel().model().hasLiveValues());
        QVERIFY(fixture.window->consolePanel().logText().isEmpty());
    }

    void runAfterOpening_whenSomethingElseIsOpened_isForgotten() {
        WindowFixture fixture;
        const TestEif eif = makeEif(fixture.dir);
        const QString capture = writeFile(fixture.dir.filePath(u"run.pcapng"_s), nsmStream());
        QSignalSpy opened(fixture.window.get(), &MainWindow::openingFinished);
        fixture.window->openEif(eif.path, MainWindow::AfterOpening::run);
        fixture.window->openFile(capture); // somebody has thought better of it
        QTRY_COMPARE(opened.count(), 1);
        QTRY_COMPARE(fixture.window->savedCapture().state(), CaptureSource::State::complete);
        QVERIFY(fixture.session.calls().isEmpty());
        fixture.window->nsmPanel().model().flush();
        QCOMPARE(fixture.window->nsmPanel().model().rowCount(), 13);
    }

    void savedCapture_broken_isSaid_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<bool>("opens");
        const QByteArray stream = nsmStream();
        QTest::newRow("cut") << stream.left(stream.size() - 7) << true;
        QTest::newRow("garbage behind") << stream + QByteArray(40, '\xff') << true;
        QTest::newRow("only a magic") << QByteArray("\x0a\x0d\x0d\x0a", 4) << false;
    }
    void savedCapture_broken_isSaid() {
        QFETCH(QByteArray, content);
        QFETCH(bool, opens);
        WindowFixture fixture;
        fixture.show();
        fixture.window->openFile(writeFile(fixture.dir.filePath(u"x.pcapng"_s), content));
        const auto wanted = opens ? CaptureSource::State::complete : CaptureSource::State::failed;
        QTRY_COMPARE(fixture.window->savedCapture().state(), wanted);
        QVERIFY(fixture.window->banner().isVisible());
    }

    // A full disk is no "Saved".
    void saveCapture_whereItCannotBeWritten_isSaid() {
        WindowFixture fixture;
        fixture.show();
        fixture.window->openFile(writeFile(fixture.dir.filePath(u"run.pcapng"_s), nsmStream()));
        QTRY_COMPARE(fixture.window->savedCapture().state(), CaptureSource::State::complete);
        QVERIFY(!fixture.window->banner().isVisible());
        QTRY_VERIFY(fixture.action("file.saveCapture")->isEnabled());
        fixture.action("file.saveCapture")->trigger();
        auto *dialog = fixture.window->findChild<QFileDialog *>();
        QVERIFY(dialog);
        emit dialog->fileSelected(u"/dev/full"_s);
        QTRY_VERIFY(fixture.window->banner().isVisible());
        QVERIFY2(fixture.window->banner().message().contains(u"was not saved"_s),
                 qPrintable(fixture.window->banner().message()));
        dialog->close();
    }

    void capture_droppedRecords_areShown() {
        WindowFixture fixture;
        FakeClock clock;
        const CapturePointer capture = makeCapture(clock);
        addNsm(capture.get(), false, extendRequest, 1);
        QByteArray stream = pullAll(capture.get());
        const QByteArray big(1 << 20, 'x');
        for (int i = 0; i < 20; ++i) // nobody reads: 16 MiB fit
            addNsm(capture.get(), false, big, 2);
        stream += pullAll(capture.get());
        addNsm(capture.get(), true, readOnlyResponse, 1, 4);
        stream += pullAll(capture.get());
        fixture.session.capture()->play(stream);
        QVERIFY(fixture.session.capture()->totals().lostInAll() > 0);
        auto *label = named<QLabel>(*fixture.window, "Capture");
        QVERIFY2(label->text().contains(u"lost"_s), qPrintable(label->text()));
    }

    void attestation_fromTheNsmPanel_opensAndIsVerified() {
        const QByteArray document = sampleDocument();
        if (document.size() < 100)
            QSKIP("no attestation samples at ../shared/samples");
        WindowFixture fixture;
        fixture.show();
        fixture.session.capture()->play(nsmStream(document));
        AttestationPanel &panel = fixture.window->attestationPanel();
        QSignalSpy verified(&panel, &AttestationPanel::verified);
        QVERIFY(fixture.window->nsmPanel().showTransaction(7));
        const QModelIndex row = fixture.window->nsmPanel().table().currentIndex();
        emit fixture.window->nsmPanel().table().doubleClicked(row);
        QTRY_VERIFY(verified.count() > 0);
        QCOMPARE(panel.document()->bytes, document);
        QVERIFY(panel.verification()->isValid());
        QVERIFY(panel.checks().rowCount() > 5);
        const QAbstractItemModelTester tester(&panel.checks(),
                                              QAbstractItemModelTester::FailureReportingMode::QtTest);
        // A check leads to its bytes, a byte to its value.
        emit panel.hexView().cursorMoved(quint64(document.size()) - 1);
        QVERIFY(panel.tree().currentIndex().siblingAtColumn(0).data().toString().contains(u"signature"_s));
        // It outlives its run, and says so.
        auto *name = named<QLabel>(panel, "Document");
        QVERIFY(!name->text().contains(u"earlier run"_s));
        fixture.session.capture()->play(nsmStream(document));
        QVERIFY(name->text().contains(u"earlier run"_s));
    }

    void attestation_textOrJunk_isUnderstoodOrRefused() {
        WindowFixture fixture;
        fixture.window->openDocument("certainly no document", u"note.txt"_s);
        QVERIFY(!fixture.window->attestationPanel().document());
        const QByteArray document = sampleDocument();
        if (document.size() < 100)
            QSKIP("no attestation samples at ../shared/samples");
        const QString path = writeFile(fixture.dir.filePath(u"doc.b64"_s), document.toBase64());
        fixture.window->openFile(path);
        QVERIFY(fixture.window->attestationPanel().document());
        QCOMPARE(fixture.window->attestationPanel().document()->bytes, document);
    }

    void window_aroundACapture_isDrawn_data() {
        QTest::addColumn<int>("appearance");
        QTest::newRow("light") << static_cast<int>(Appearance::light);
        QTest::newRow("dark") << static_cast<int>(Appearance::dark);
    }
    // For people to look at: build/screenshots.
    void window_aroundACapture_isDrawn() {
        QFETCH(int, appearance);
        const QString name = QString::fromLatin1(QTest::currentDataTag());
        theme::apply(*qApp, static_cast<Appearance>(appearance));
        WindowFixture fixture;
        fixture.window->resize(1400, 900);
        fixture.show();
        fixture.window->resetLayout();
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playState(EnclaveSession::State::running);
        fixture.session.capture()->play(nsmStream(sampleDocument()));
        QVector<PcrValue> pcrs;
        for (int i = 0; i < 32; ++i)
            pcrs.append({i, i < 5 || i == 16 ? pattern(48, quint32(i + 1)) : QByteArray(48, '\0'), i < 17});
        fixture.session.playPcrs(pcrs);
        const auto save = [&](const QString &what) {
            QCoreApplication::processEvents();
            QCoreApplication::processEvents();
            QDir().mkpath(QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots"));
            QVERIFY(fixture.window->picture().save(
                QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots/%1-%2.png").arg(name, what)));
        };
        NsmPanel &panel = fixture.window->nsmPanel();
        for (PanelDock *dock : fixture.window->docks())
            if (&dock->panel() == &panel)
                dock->raise();
        QVERIFY(panel.showTransaction(3));
        save(u"nsm"_s);
        QVERIFY(panel.showTransaction(7));
        panel.detail().setCurrentPiece(1);
        AttestationPanel &attestation = fixture.window->attestationPanel();
        emit panel.table().doubleClicked(panel.table().currentIndex());
        QTRY_VERIFY(attestation.verification());
        save(u"attestation"_s);
        fixture.window->pcrPanel().showPcr(16);
        for (PanelDock *dock : fixture.window->docks())
            if (&dock->panel() == &fixture.window->pcrPanel())
                dock->raise();
        fixture.session.playBreak({1, u"nsm"_s, u"ExtendPCR of PCR 16"_s, 5, 4});
        save(u"break"_s);
    }
};

QTEST_MAIN(TestCaptureWindow)
#include "tst_capture_window.moc"
