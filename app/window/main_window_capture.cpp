// SPDX-License-Identifier: GPL-2.0-or-later
//
// The capture stream in the window: live from the session or from a file, into the same panels; saving and
// recording it; breaks and faults.
#include "app/window/main_window.hpp"

#include "app/core/worker.hpp"
#include "app/features/boot/boot_panel.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/log/log_panel.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/features/timeline/timeline_panel.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/session/capture/live_capture.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QSaveFile>
#include <QStatusBar>
#include <QToolButton>

namespace nitroscope::app {

using formats::Severity;
using State = CaptureSource::State;

void MainWindow::connectCaptures() {
    connect(&m_account, &RunAccount::began, this, &MainWindow::runBegan);
    connect(&m_account, &RunAccount::taken, this, &MainWindow::runTaken);
    if (CaptureSource *live = m_session.capture())
        watch(*live);
    watch(m_saved);
    connect(&m_saved, &CaptureSource::failed, this, [this](const Error &error) {
        m_banner->display(Severity::error, QStringLiteral("The capture could not be opened."), error.text(),
                          {m_actions.find(QStringLiteral("file.openCapture")),
                           m_actions.find(QStringLiteral("edit.copyDetails"))});
        say(LogLevel::error, error.text());
    });
}

void MainWindow::watch(CaptureSource &source) {
    m_feed.add(source);
    connect(&source, &CaptureSource::progressed, this, [this, &source] {
        if (&source == m_capture)
            refreshCaptureStatus();
    });
    connect(&source, &CaptureSource::stateChanged, this, [this, &source](State state) {
        if (&source == m_capture)
            captureStateChanged(state);
    });
    connect(&source, &CaptureSource::recordingChanged, this, [this](bool on, const QString &problem) {
        m_actions.find(QStringLiteral("file.recordCapture"))->setChecked(on);
        if (!problem.isEmpty())
            m_banner->display(Severity::error, QStringLiteral("The recording has stopped."), problem,
                              {m_actions.find(QStringLiteral("file.recordCapture"))});
        say(problem.isEmpty() ? LogLevel::info : LogLevel::error,
            problem.isEmpty() ? (on ? QStringLiteral("The capture is being recorded.")
                                    : QStringLiteral("The recording has ended."))
                              : QStringLiteral("The recording has stopped: ") + problem);
        refreshCaptureStatus();
    });
}

void MainWindow::connectNsm() {
    connect(m_nsm, &NsmPanel::breakWanted, &m_session, &EnclaveSession::addNsmBreak);
    connect(m_nsm, &NsmPanel::faultWanted, &m_session, &EnclaveSession::addNsmFault);
    connect(m_nsm, &NsmPanel::ruleRemovalWanted, &m_session, &EnclaveSession::removeNsmRule);
    connect(&m_session, &EnclaveSession::nsmRulesChanged, this, [this](const QVector<NsmRule> &rules) {
        m_nsm->setRules(rules);
        updateNsmActions();
    });
    connect(&m_session, &EnclaveSession::breakHit, this, &MainWindow::showBreak);
    connect(m_nsm, &NsmPanel::documentOpened, this, &MainWindow::openNsmDocument);
    connect(m_nsm, &NsmPanel::pcrChosen, this, [this](int index) {
        m_pcrs->showPcr(index);
        raisePanel(*m_pcrs);
    });
    connect(m_pcrs, &PcrPanel::transactionChosen, this, &MainWindow::showTransaction);
}

bool MainWindow::followsLive() const {
    return m_capture && m_capture == m_session.capture();
}

void MainWindow::runBegan() {
    m_capture = m_feed.source();
    m_timeLabel->clear();
    refreshCaptureStatus();
    if (m_capture != &m_saved)
        return;
    m_banner->dismiss();
    m_stateLabel->setText(QStringLiteral("Capture: ") + QFileInfo(m_saved.path()).fileName());
    m_stateLabel->setToolTip(foreignTip(m_saved.path()));
}

void MainWindow::runTaken(const RunNews &news) {
    if (!news.stages.isEmpty()) {
        const BootStage &latest = news.stages.last();
        m_timeLabel->setText(QStringLiteral("%1 at %2 ms").arg(latest.stage, milliseconds(latest.virtualNs)));
    }
    // The byte that the machine complains about, in the EIF that it was started from.
    if (news.failure && news.failure->offset && m_eif->document() && m_capture != &m_saved)
        m_eif->hexView().goTo(*news.failure->offset);
    if (news.hasRuleActed && followsLive()) {
        m_session.refreshNsmRules(); // one may be used up
        m_session.vsock().refresh();
    }
}

void MainWindow::captureStateChanged(State state) {
    const bool isSaved = m_capture == &m_saved;
    const bool ended = state == State::complete || state == State::cancelled || state == State::failed;
    if (ended)
        for (const QString &finding : m_capture->totals().findings)
            say(LogLevel::warning, QStringLiteral("Capture: ") + finding);
    if (isSaved && state == State::complete) {
        if (const auto &findings = m_saved.totals().findings; !findings.isEmpty())
            m_banner->display(Severity::warning, QStringLiteral("The capture is damaged or cut short."),
                              findings.first() + QStringLiteral(" Everything before it is shown."),
                              {m_actions.find(QStringLiteral("edit.copyDetails"))});
    }
    refreshCaptureStatus();
    updateCaptureActions();
}

void MainWindow::refreshCaptureStatus() {
    if (!m_capture) {
        m_captureLabel->clear();
        m_captureProgress->hide();
        m_captureCancel->hide();
        updateVsockActions();
        updateCaptureActions();
        return;
    }
    const CaptureTotals &totals = m_capture->totals();
    const bool reading = m_capture->state() == State::reading;
    m_captureProgress->setVisible(reading);
    m_captureCancel->setVisible(reading);
    if (reading && totals.ofBytes > 0) {
        m_captureProgress->setRange(0, 1000);
        m_captureProgress->setValue(static_cast<int>(totals.bytes * 1000 / totals.ofBytes));
    }
    QStringList parts{QStringLiteral("%1 records, %2").arg(totals.records).arg(shortSizeText(totals.bytes))};
    QString note;
    if (const quint64 lost = totals.lostInAll(); lost > 0)
        note = QStringLiteral("%1 lost").arg(lost);
    if (m_capture->state() == State::cancelled)
        parts << QStringLiteral("loaded in part");
    if (totals.isSpoolFull)
        parts << QStringLiteral("store full, later details not kept");
    if (m_actions.find(QStringLiteral("file.recordCapture"))->isChecked())
        parts << QStringLiteral("recording");
    if (!note.isEmpty())
        parts << note;
    m_captureLabel->setText(parts.join(QStringLiteral(" · ")));
    QStringList losses;
    for (size_t i = 0; i < totals.lost.size(); ++i)
        if (totals.lost[i] > 0)
            losses << QStringLiteral("%1 of %2")
                          .arg(totals.lost[i])
                          .arg(pcapng::nameOf(static_cast<pcapng::Source>(i)));
    m_captureLabel->setToolTip(losses.isEmpty()
                                   ? QString()
                                   : QStringLiteral("Lost because the stream was read too slowly: ") +
                                         losses.join(QStringLiteral(", ")));
    const quint64 lostNsm = totals.lost[static_cast<size_t>(pcapng::Source::nsm)];
    m_nsm->refreshStatus(lostNsm > 0 ? QStringLiteral("%1 lost").arg(lostNsm) : QString());
    const quint64 lostVsock = totals.lost[static_cast<size_t>(pcapng::Source::vsock)];
    m_vsock->refreshStatus(lostVsock > 0 ? QStringLiteral("%1 lost").arg(lostVsock) : QString());
    updateVsockActions();
    updateCaptureActions();
}

void MainWindow::updateCaptureActions() {
    updateNsmActions();
    m_actions.find(QStringLiteral("file.cancelCapture"))->setEnabled(m_saved.state() == State::reading);
    m_actions.find(QStringLiteral("file.saveCapture"))
        ->setEnabled(m_capture && m_capture->bytes() && m_capture->totals().bytes > 0);
    m_actions.find(QStringLiteral("file.recordCapture"))
        ->setEnabled(m_capture && m_capture == m_session.capture() && m_capture->state() == State::live);
}

void MainWindow::chooseCapture() {
    auto *dialog = new QFileDialog(this, QStringLiteral("Open Capture"), {},
                                   QStringLiteral("Captures (*.pcapng);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        // What somebody chose here is meant as a capture, whatever is in it.
        const auto state = m_session.state();
        if (state == EnclaveSession::State::starting || state == EnclaveSession::State::running ||
            state == EnclaveSession::State::paused) {
            confirmThenOpen(path, AfterOpening::showOnly);
        } else {
            m_afterOpening = AfterOpening::showOnly; // of an EIF that is still being opened
            m_saved.open(path);
        }
    });
    dialog->open();
}

void MainWindow::saveCapture() {
    if (!m_capture || !m_capture->bytes())
        return;
    auto *dialog = new QFileDialog(this, QStringLiteral("Save Capture"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("pcapng"));
    dialog->setNameFilter(QStringLiteral("Captures (*.pcapng)"));
    dialog->selectFile(QStringLiteral("enclave.pcapng"));
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) { saveCaptureTo(path); });
    dialog->open();
}

void MainWindow::saveCaptureTo(const QString &path) {
    runInWorker(
        this,
        [path, bytes = m_capture->bytes(), size = m_capture->totals().bytes]() -> QString {
            constexpr quint64 step = 4 << 20;
            QSaveFile file(path);
            if (!file.open(QIODevice::WriteOnly))
                return file.errorString();
            for (quint64 at = 0; at < size;) {
                const QByteArray part = bytes->read(at, std::min(step, size - at));
                if (part.isEmpty())
                    break; // a full store: what there is, is saved
                if (file.write(part) < 0)
                    return file.errorString();
                at += static_cast<quint64>(part.size());
            }
            return file.commit() ? QString() : file.errorString();
        },
        [this, path](const QString &problem) {
            if (problem.isEmpty()) {
                statusBar()->showMessage(QStringLiteral("Saved %1").arg(path), 5000);
                return;
            }
            m_banner->display(Severity::error,
                              QStringLiteral("“%1” was not saved.").arg(QFileInfo(path).fileName()), problem,
                              {});
            say(LogLevel::error, path + QStringLiteral(": ") + problem);
        });
}

void MainWindow::recordCapture() {
    auto *live = qobject_cast<LiveCapture *>(m_session.capture());
    QAction *action = m_actions.find(QStringLiteral("file.recordCapture"));
    if (!live) {
        action->setChecked(false);
        return;
    }
    if (live->isRecording()) {
        live->record({});
        return;
    }
    action->setChecked(false); // until it really records
    auto *dialog = new QFileDialog(this, QStringLiteral("Record Capture"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("pcapng"));
    dialog->setNameFilter(QStringLiteral("Captures (*.pcapng)"));
    dialog->selectFile(QStringLiteral("enclave.pcapng"));
    connect(dialog, &QFileDialog::fileSelected, live, [live](const QString &path) { live->record(path); });
    dialog->open();
}

void MainWindow::showBreak(const qmp::BreakHit &hit) {
    m_pauseReason = QStringLiteral("break %1, %2").arg(hit.id).arg(hit.detail);
    m_showsBreak = true;
    m_banner->display(
        Severity::note, QStringLiteral("Stopped by break %1: %2.").arg(hit.id).arg(hit.detail),
        QStringLiteral("The guest's clock stands still. Look around, then let it continue; the break "
                       "stays until it is removed in the %1 panel.")
            .arg(hit.source == QLatin1String("vsock") ? QStringLiteral("vsock") : QStringLiteral("NSM")),
        {m_actions.find(QStringLiteral("enclave.resume"))});
    if (m_session.state() == EnclaveSession::State::paused)
        sessionStateChanged(EnclaveSession::State::paused);
    // Its request may still be on its way through the stream.
    if (hit.source == QLatin1String("vsock")) {
        m_session.vsock().refresh();
        if (hit.flow != 0)
            m_vsock->selectWhenThere(hit.flow);
    }
    if (hit.transaction != 0)
        m_nsm->selectWhenThere(hit.transaction);
}

void MainWindow::showTransaction(quint64 id) {
    if (m_nsm->showTransaction(id))
        raisePanel(*m_nsm);
    else
        statusBar()->showMessage(QStringLiteral("The capture does not have NSM transaction %1.").arg(id),
                                 5000);
}

void MainWindow::raisePanel(const Panel &panel) {
    for (PanelDock *each : m_docks)
        if (&each->panel() == &panel) {
            each->show();
            each->raise();
        }
}

} // namespace nitroscope::app
