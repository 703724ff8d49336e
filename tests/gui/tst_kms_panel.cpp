// SPDX-License-Identifier: GPL-2.0-or-later
//
// The KMS panel over a capture that a fake session plays, the ways from a call, and the KMS that runs beside a session.
#include "app/features/kms/kms_panel.hpp"
#include "app/proto/pcapng/write/packet_block.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/unit/capture/nsm_stream.hpp"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QClipboard>
#include <QDir>
#include <QJsonDocument>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace pcapng = nitroscope::pcapng;

namespace {

const QByteArray document("\x84\x40\xa0\x40\x40", 5); // that nsmStream() answers with
constexpr qint64 now = 1'790'000'001'000'000'000;

pcapng::KmsCall allowed() {
    pcapng::KmsCall call;
    call.id = u"a"_s;
    call.operation = u"Encrypt"_s;
    call.principal = u"arn:aws:sts::111122223333:assumed-role/enclave/nitroscope"_s;
    call.keyArn = u"arn:aws:kms:us-east-1:111122223333:key/1"_s;
    call.explanation = u"Allowed by statement 1 of key policy."_s;
    return call;
}

pcapng::KmsCall denied() {
    pcapng::KmsCall call = allowed();
    call.operation = u"Decrypt"_s;
    call.errorType = u"AccessDeniedException"_s;
    call.message = u"User: … is not authorized"_s;
    call.explanation = u"Denied: no statement that allows it applies.\n"
                       "  key policy\n"
                       "    statement 1, line 2: Allow, does not apply: a condition does not hold\n"
                       "      ✗ StringEquals kms:RecipientAttestation:PCR0 (line 3)\n"
                       "          wanted  aa\n"
                       "          found   00  (document, PCR0)"_s;
    call.policy =
        "{\"Statement\": [\n"
        " {\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"kms:Decrypt\", \"Resource\": \"*\", \"Condition\":\n"
        "  {\"StringEquals\": {\"kms:RecipientAttestation:PCR0\": \"aa\"}}}]}";
    call.document = document;
    return call;
}

QByteArray blockOf(const pcapng::KmsCall &call) {
    return pcapng::packetBlock(NITRO_CAPTURE_MACHINE, now, 7, pcapng::encodeKmsCall(call));
}

// The window with an NSM story and two calls.
struct PanelFixture : WindowFixture {
    PanelFixture() {
        session.playState(EnclaveSession::State::starting);
        session.playState(EnclaveSession::State::running);
        session.capture()->play(nsmStream(document) + blockOf(allowed()) + blockOf(denied()));
        panel().model().flush();
    }
    KmsPanel &panel() const { return *window->findChild<KmsPanel *>(); }
    quint64 offset(int source) const { return *panel().model().call(source).offset; }
    // The panel with this id is in front.
    bool isInFront(const QString &id) const {
        for (PanelDock *dock : window->docks())
            if (dock->panel().id() == id)
                return !dock->visibleRegion().isEmpty();
        return false;
    }
};

} // namespace

class TestKmsPanel : public QObject {
    Q_OBJECT
    QTemporaryDir m_data;

private slots:
    void initTestCase() { qputenv("XDG_DATA_HOME", m_data.path().toLocal8Bit()); }

    void model_underTheTester_listsAndFilters() {
        KmsListModel model;
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::Fatal);
        for (int i = 0; i < 10; ++i)
            model.add({i % 2 ? denied() : allowed(), now + i, {}, quint64(i)});
        model.flush();
        QCOMPARE(model.rowCount(), 10);
        QCOMPARE(model.index(1, KmsListModel::result).data().toString(), u"AccessDeniedException"_s);
        QCOMPARE(model.index(1, KmsListModel::result).data(toneRole).toInt(), int(Tone::bad));
        QCOMPARE(model.index(0, KmsListModel::key).data().toString(), u"key/1"_s);
        model.setFilter({true, {}});
        model.flush();
        QCOMPARE(model.rowCount(), 5);
        model.setFilter({false, u"encrypt"_s});
        model.flush();
        QCOMPARE(model.rowCount(), 5);
        QCOMPARE(model.asJsonLines().count('\n'), 5);
        QCOMPARE(model.findRecord(3), 3);
        QCOMPARE(model.findRecord(99), -1);
        model.restart();
        QCOMPARE(model.rowCount(), 0);
    }

    void model_moreThanItKeeps_areCounted() {
        KmsListModel model;
        for (size_t i = 0; i < KmsListModel::maxCalls + 3; ++i)
            model.add({});
        QCOMPARE(model.notKept(), quint64(3));
        QCOMPARE(model.sourceCount(), int(KmsListModel::maxCalls));
    }

    void panel_deniedCall_showsDecisionAndMarksThePolicy() {
        PanelFixture fixture;
        KmsPanel &panel = fixture.panel();
        QCOMPARE(panel.model().rowCount(), 2);
        QVERIFY(panel.showRecord(fixture.offset(1)));
        QVERIFY2(panel.decisionText().contains(u"found   00  (document, PCR0)"_s),
                 qPrintable(panel.decisionText()));
        QVERIFY(panel.policyText().startsWith(u"{\"Statement\": ["_s));
        QCOMPARE(panel.markedLines(), std::vector<int>{3});
        QVERIFY2(panel.findingsText().contains(u"line 3"_s), qPrintable(panel.findingsText()));
        QVERIFY(panel.showRecord(fixture.offset(0)));
        QVERIFY(panel.markedLines().empty());
        QVERIFY(panel.policyText().isEmpty() && panel.findingsText().isEmpty());
    }

    void panel_hiddenCall_isShownByTakingTheFilterOff() {
        PanelFixture fixture;
        auto *refused = fixture.panel().findChild<QCheckBox *>();
        refused->setChecked(true);
        fixture.panel().model().flush();
        QCOMPARE(fixture.panel().model().rowCount(), 1);
        QVERIFY(fixture.panel().showRecord(fixture.offset(0)));
        QVERIFY(!refused->isChecked());
        QCOMPARE(fixture.panel().current()->call.operation, u"Encrypt"_s);
        QVERIFY(!fixture.panel().showRecord(1));
    }

    void ways_fromACall_leadToItsPlaces() {
        PanelFixture fixture;
        fixture.window->resize(1400, 900);
        fixture.show();
        QVERIFY(fixture.panel().showRecord(fixture.offset(1)));
        fixture.action("kms.request")->trigger();
        QVERIFY(fixture.isInFront(u"nsm"_s));
        fixture.action("kms.document")->trigger();
        QVERIFY(fixture.isInFront(u"attestation"_s));
        fixture.action("kms.pcr")->trigger();
        QVERIFY(fixture.isInFront(u"pcrs"_s));
        fixture.action("kms.copyDecision")->trigger();
        QVERIFY(QGuiApplication::clipboard()->text().startsWith(u"Decrypt by "_s));
        // A call without them leaves everything where it is.
        QVERIFY(fixture.panel().showRecord(fixture.offset(0)));
        for (const char *way : {"kms.request", "kms.document", "kms.pcr", "kms.flow"})
            fixture.action(way)->trigger();
    }

    void choice_isRememberedWithTheLayout() {
        PanelFixture fixture;
        fixture.action("kms.run")->trigger();
        QVERIFY(fixture.panel().choice().isOn);
        fixture.panel().setChoice({true, u"/p.json"_s});
        const QJsonObject state = fixture.panel().viewState();
        PanelFixture other;
        other.panel().restoreViewState(state);
        QVERIFY(other.action("kms.run")->isChecked());
        QCOMPARE(other.panel().choice(), (KmsChoice{true, u"/p.json"_s}));
        other.panel().restoreViewState({{u"runs"_s, 3}, {u"policy"_s, QJsonObject()}});
        QCOMPARE(other.panel().choice(), KmsChoice());
    }

    void run_withAKms_getsItsRoute() {
        WindowFixture fixture;
        fixture.action("kms.run")->setChecked(true);
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playState(EnclaveSession::State::running);
        const auto routeIsThere = [&] {
            fixture.session.vsock().refresh();
            const auto &routes = fixture.session.vsock().routes();
            return std::any_of(routes.begin(), routes.end(), [](const auto &route) {
                return route.port == 8000 && route.route.startsWith(u"tcp:127.0.0.1:"_s);
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(routeIsThere(), 60'000);
    }

    void run_withABadPolicy_saysWhy() {
        WindowFixture fixture;
        auto *panel = fixture.window->findChild<KmsPanel *>();
        panel->setChoice({true, u"/nowhere.json"_s});
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playState(EnclaveSession::State::running);
        const auto logHas = [&](const QString &text) {
            for (const QAbstractItemView *view : fixture.window->findChildren<QAbstractItemView *>())
                if (const QAbstractItemModel *model = view->model())
                    for (int row = 0; row < model->rowCount(); ++row)
                        for (int column = 0; column < model->columnCount(); ++column)
                            if (model->index(row, column).data().toString().contains(text))
                                return true;
            return false;
        };
        QTRY_VERIFY_WITH_TIMEOUT(logHas(u"/nowhere.json"_s), 60'000);
    }

    void picture_isDrawnInBothAppearances() {
        for (const Appearance appearance : {Appearance::light, Appearance::dark}) {
            theme::apply(*qApp, appearance);
            PanelFixture fixture;
            fixture.window->resize(1400, 900);
            fixture.show();
            for (PanelDock *dock : fixture.window->docks())
                if (&dock->panel() == &fixture.panel()) {
                    dock->show();
                    dock->raise();
                }
            QVERIFY(fixture.panel().showRecord(fixture.offset(1)));
            QDir().mkpath(u"../screenshots"_s);
            QVERIFY(fixture.window->grab().save(
                u"../screenshots/kms-%1.png"_s.arg(appearance == Appearance::dark ? u"dark"_s : u"light"_s)));
        }
    }
};

QTEST_MAIN(TestKmsPanel)
#include "tst_kms_panel.moc"
