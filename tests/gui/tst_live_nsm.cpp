// SPDX-License-Identifier: GPL-2.0-or-later
//
// NSM, PCR and attestation panels around the real demo enclave: what its programs ask the NSM, its documents
// with their verdict, breaks and faults set from the context menu, and the same again from the saved capture.
// Leaves pictures in build/screenshots.
#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/console/console_panel.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/session/run/live_session.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/bytes/cbor_view.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/live_machine.hpp"
#include "tests/gui/support/test_window.hpp"

#include <QContextMenuEvent>
#include <QMenu>
#include <QSignalSpy>
#include <QTableView>
#include <QTemporaryDir>
#include <QTest>
#include <QTreeView>

using namespace nitroscope::app;
using namespace Qt::StringLiterals;
namespace attestation = nitroscope::formats::attestation;
using State = EnclaveSession::State;

namespace {

constexpr int patience = 120'000; // milliseconds, for a machine that has much else to do

// The action with that text in a menu or below, without mnemonics.
QAction *actionIn(const QMenu &menu, const QStringList &path) {
    for (QAction *action : menu.actions()) {
        if (action->text().remove(u'&') != path.first())
            continue;
        return path.size() == 1 ? action : action->menu() ? actionIn(*action->menu(), path.mid(1)) : nullptr;
    }
    return nullptr;
}

} // namespace

class LiveNsm : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::unique_ptr<Preferences> m_preferences;
    std::unique_ptr<LiveSession> m_session;
    std::unique_ptr<TestWindow> m_window;

    NsmPanel &nsm() { return m_window->nsmPanel(); }
    NsmListModel &model() { return nsm().model(); }
    const NsmTransaction &last() {
        model().flush();
        return model().transaction(model().sourceCount() - 1);
    }
    void raise(const Panel &panel) {
        for (PanelDock *dock : m_window->docks())
            if (&dock->panel() == &panel)
                dock->raise();
    }
    void save(const QString &what) {
        QTest::qWait(50);
        savePicture(*m_window, u"live-"_s + what);
    }
    void type(const char *command) { m_session->sendConsoleInput(QByteArray(command) + '\n'); }
    bool waitFor(const std::function<bool()> &condition) { return QTest::qWaitFor(condition, patience); }
    // Waits until a transaction of that kind that comes after `number` others is answered; its number.
    quint64 waitForAnswer(quint8 kind, int number) {
        quint64 id = 0;
        waitFor([&] {
            model().flush();
            for (int i = number; i < model().sourceCount() && id == 0; ++i)
                if (model().transaction(i).kind == kind && model().transaction(i).hasResponse)
                    id = model().transaction(i).id;
            return id != 0;
        });
        return id;
    }
    // As with the right mouse button on the current row.
    void choose(const QStringList &path) {
        const QPoint at = nsm().rect().center();
        QContextMenuEvent event(QContextMenuEvent::Mouse, at, nsm().mapToGlobal(at));
        QCoreApplication::sendEvent(&nsm(), &event);
        auto *menu = nsm().findChild<QMenu *>({}, Qt::FindDirectChildrenOnly);
        QVERIFY(menu);
        QAction *action = actionIn(*menu, path);
        QVERIFY2(action && action->isEnabled(), qPrintable(path.join(u" > "_s)));
        action->trigger();
        menu->close();
        QTRY_VERIFY(!nsm().findChild<QMenu *>({}, Qt::FindDirectChildrenOnly));
    }
    attestation::Verdict verdictOf(quint64 id) {
        AttestationPanel &panel = m_window->attestationPanel();
        QSignalSpy verified(&panel, &AttestationPanel::verified);
        if (!nsm().showTransaction(id))
            return attestation::Verdict::invalid;
        m_window->actions().find(u"nsm.openDocument"_s)->trigger();
        waitFor([&] { return panel.verification() && panel.document() && verified.count() > 0; });
        return panel.verification()->verdict;
    }

private slots:
    void initTestCase() {
        NITROSCOPE_NEEDS_DEMO_MACHINE(m_folder);
        theme::apply(*qApp, Appearance::light);
        m_preferences = std::make_unique<Preferences>(m_folder.path());
        m_session = std::make_unique<LiveSession>();
        m_window = std::make_unique<TestWindow>(*m_session, *m_preferences);
        m_window->resize(1600, 1000);
        m_window->show();
        m_window->openEif(demoEif, MainWindow::AfterOpening::run);
        QVERIFY(
            waitFor([&] { return m_window->consolePanel().logText().contains("nitroscope-demo: ready"); }));
        raise(nsm());
    }

    void requestsOfTheBoot_areListedWithTheirChanges() {
        QVERIFY(waitForAnswer(NSM_REQUEST_EXTEND_PCR, 0) != 0);
        QVERIFY(waitForAnswer(NSM_REQUEST_DESCRIBE_NSM, 0) != 0);
        QVERIFY(waitForAnswer(NSM_REQUEST_GET_RANDOM, 0) != 0);
        PcrPanel &pcrs = m_window->pcrPanel();
        pcrs.showPcr(16);
        QTRY_COMPARE_WITH_TIMEOUT(pcrs.history().extensions(16), 1, patience);
        const PcrChange &change = pcrs.history().changeAt(pcrs.history().rowCount() - 1);
        QCOMPARE(change.cause, u"extend"_s);
        emit pcrs.transactionChosen(change.transaction);
        const NsmTransaction &made = model().at(nsm().table().currentIndex().row());
        QCOMPARE(made.id, change.transaction);
        QCOMPARE(made.kind, NSM_REQUEST_EXTEND_PCR);
        QCOMPARE(made.pcr, 16);
        QVERIFY(model().responseBytes(made).contains(change.pcr.value));
        save(u"nsm"_s);
        raise(pcrs);
        save(u"pcrs"_s);
        raise(nsm());
    }

    void document_opensWithItsVerdict() {
        const int before = model().sourceCount();
        type("attest hello");
        const quint64 id = waitForAnswer(NSM_REQUEST_ATTESTATION, before);
        QVERIFY(id != 0);
        QCOMPARE(verdictOf(id), attestation::Verdict::valid);
        AttestationPanel &panel = m_window->attestationPanel();
        QVERIFY2(panel.verdictText().contains(u"this computer's own root"_s),
                 qPrintable(panel.verdictText()));
        nsm().detail().setCurrentPiece(1);
        save(u"attestation"_s);
    }

    void break_fromTheContextMenu_stopsTheEnclaveAtItsRequest() {
        const int before = model().sourceCount();
        QVERIFY(nsm().showTransaction(waitForAnswer(NSM_REQUEST_EXTEND_PCR, 0)));
        choose({u"Break On"_s, u"Every Request for PCR 16"_s});
        QTRY_VERIFY_WITH_TIMEOUT(nsm().hasRules(), patience);
        type("extend 16 again");
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), State::paused, patience);
        QTRY_VERIFY(m_window->banner().message().contains(u"Stopped by break"_s));
        QCOMPARE(m_window->pcrPanel().history().extensions(16), 1); // it has had no effect yet
        // The request that waits is shown at once.
        QTRY_VERIFY_WITH_TIMEOUT(last().kind == NSM_REQUEST_EXTEND_PCR && !last().hasResponse, patience);
        QTRY_COMPARE(model().at(nsm().table().currentIndex().row()).id, last().id);
        save(u"break"_s);
        m_window->actions().find(u"enclave.resume"_s)->trigger();
        const quint64 id = waitForAnswer(NSM_REQUEST_EXTEND_PCR, before);
        QVERIFY(id != 0);
        QTRY_COMPARE_WITH_TIMEOUT(m_window->pcrPanel().history().extensions(16), 2, patience);
        QTRY_COMPARE(model().at(nsm().table().currentIndex().row()).id, id);
        m_window->actions().find(u"nsm.removeRules"_s)->trigger();
        QTRY_VERIFY_WITH_TIMEOUT(!nsm().hasRules(), patience);
    }

    void fault_fromTheContextMenu_spoilsTheNextDocumentOnly() {
        const quint64 good = waitForAnswer(NSM_REQUEST_ATTESTATION, 0);
        QVERIFY(nsm().showTransaction(good));
        choose({u"Fault"_s, u"Next Attestation"_s, u"Corrupt the Signature"_s});
        QTRY_VERIFY_WITH_TIMEOUT(nsm().hasRules(), patience);
        int before = model().sourceCount();
        type("attest spoilt");
        const quint64 bad = waitForAnswer(NSM_REQUEST_ATTESTATION, before);
        QVERIFY(bad != 0);
        QCOMPARE(verdictOf(bad), attestation::Verdict::invalid);
        QVERIFY(model().comment(bad).contains(u"corrupt-signature"_s));
        save(u"fault"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!nsm().hasRules(), patience); // used up
        before = model().sourceCount();
        type("attest sound");
        const quint64 next = waitForAnswer(NSM_REQUEST_ATTESTATION, before);
        QCOMPARE(verdictOf(next), attestation::Verdict::valid);
    }

    void savedCapture_showsTheSameInAnotherWindow() {
        const QString path = m_folder.filePath(u"run.pcapng"_s);
        const auto bytes = m_session->capture()->bytes();
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(file.write(bytes->read(0, bytes->size())) > 0);
        file.close();
        Preferences preferences(m_folder.filePath(u"other"_s));
        LiveSession idle;
        TestWindow other(idle, preferences);
        other.show();
        other.openFile(path);
        QTRY_COMPARE_WITH_TIMEOUT(other.savedCapture().state(), CaptureSource::State::complete, patience);
        NsmListModel &saved = other.nsmPanel().model();
        saved.flush();
        QVERIFY(saved.sourceCount() > 10 && saved.sourceCount() <= model().sourceCount());
        for (int i = 0; i < saved.sourceCount(); ++i) {
            const NsmTransaction &a = saved.transaction(i), &b = model().transaction(i);
            QCOMPARE(a.id, b.id);
            QCOMPARE(saved.requestBytes(a), model().requestBytes(b));
            QCOMPARE(saved.responseBytes(a), model().responseBytes(b));
        }
        QCOMPARE(other.pcrPanel().history().extensions(16), 2);
        QVERIFY(other.consolePanel().logText().contains("nitroscope-demo: ready"));
    }

    void cleanupTestCase() {
        if (!m_session)
            return;
        m_session->stop();
        QTRY_COMPARE_WITH_TIMEOUT(m_session->state(), State::ended, patience);
        m_window.reset();
        m_session.reset();
    }
};

QTEST_MAIN(LiveNsm)
#include "tst_live_nsm.moc"
