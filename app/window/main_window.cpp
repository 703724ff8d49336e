// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/main_window.hpp"

#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/boot/boot_panel.hpp"
#include "app/features/console/console_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/eif/measurement_strip.hpp"
#include "app/features/log/log_panel.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/features/timeline/timeline_panel.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/session/run/end_reason.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/bars/state_indicator.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/theme/icons.hpp"

#include <QApplication>
#include <QCloseEvent>
#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace nitroscope::app {

using formats::EifDocument;
using formats::EifMeasurements;
using formats::Severity;
using State = EnclaveSession::State;

MainWindow::MainWindow(EnclaveSession &session, Preferences &preferences)
    : m_session(session), m_preferences(preferences), m_options(preferences.launchOptions()) {
    setObjectName(QStringLiteral("nitroscope"));
    setWindowIcon(icons::named(QStringLiteral("nitroscope")));
    setAcceptDrops(true);
    resize(1400, 900);
    registerActions();
    m_actions.restoreShortcuts(m_preferences.shortcuts());
    buildPanels();
    buildMenus();
    buildBars();
    connectSession();
    connectLoader();
    connectCaptures();
    connectNsm();
    connectEifPages();
    connectDebugger();
    connectVsock();
    connectTimeline();
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *, QWidget *now) { trackFocus(now); });
    sessionStateChanged(m_session.state());
    updateTitle();
    loadStoredLayouts();
}

// The panels go first: their signals must not reach members of this class that are gone already.
MainWindow::~MainWindow() {
    disconnect(qApp, nullptr, this, nullptr);
    m_debug->disconnect(this);
    m_debug->setTarget(nullptr);
    m_session.disconnect(this);
    if (CaptureSource *live = m_session.capture())
        live->disconnect(this);
    m_saved.disconnect(this);
    for (PanelDock *each : m_docks)
        each->disconnect(this);
    hide();
    delete takeCentralWidget();
}

void MainWindow::buildPanels() {
    m_area = new QMainWindow;
    m_area->setWindowFlags(Qt::Widget);
    m_area->setDockOptions(QMainWindow::AnimatedDocks | QMainWindow::AllowNestedDocks |
                           QMainWindow::AllowTabbedDocks);
    m_area->setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
    m_area->setDocumentMode(true);
    m_area->setContextMenuPolicy(Qt::NoContextMenu);
    m_banner = new Banner;
    auto *central = new QWidget;
    auto *layout = new QVBoxLayout(central);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_banner);
    layout->addWidget(m_area, 1);
    setCentralWidget(central);

    m_eif = new EifPanel(m_actions.find(QStringLiteral("file.open")),
                         m_actions.find(QStringLiteral("eif.compareWith")));
    m_console = new ConsolePanel;
    m_boot = new BootPanel;
    m_pcrs = new PcrPanel;
    m_log = new LogPanel;
    m_nsm = new NsmPanel(m_account);
    m_attestation = new AttestationPanel(m_actions.find(QStringLiteral("file.openDocument")));
    m_vsock = new VsockPanel(m_account, vsockMenuActions());
    m_timeline = new TimelinePanel(timelineMenuActions());
    m_console->follow(m_account);
    m_boot->follow(m_account);
    m_pcrs->follow(m_account);
    m_log->follow(m_account);
    m_timeline->follow(m_account);
    for (Panel *panel : std::initializer_list<Panel *>{m_eif, m_console, m_boot, m_pcrs, m_log, m_nsm,
                                                       m_attestation, m_vsock, m_timeline})
        addDock(panel);
    buildDebugDocks();
    m_activePanel = m_console;
    arrangeDefault();
    m_defaultDocks = m_area->saveState(LayoutStore::version);
}

void MainWindow::buildBars() {
    auto *bar = addToolBar(QStringLiteral("Main"));
    bar->setObjectName(QStringLiteral("toolbar.main"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    const int side = fontMetrics().height();
    bar->setIconSize({side, side});
    const auto add = [&](std::initializer_list<const char *> ids) {
        for (const char *id : ids)
            bar->addAction(m_actions.find(QLatin1String(id)));
    };
    add({"file.open"});
    bar->addSeparator();
    add({"enclave.run", "enclave.pause", "enclave.resume", "enclave.reset", "enclave.stop"});
    bar->addSeparator();
    add({"enclave.options"});
    buildDebugBar(*bar);
    auto *spacer = new QWidget;
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(spacer);
    m_toolbarState = new StateIndicator;
    bar->addWidget(m_toolbarState);

    m_stateLabel = new QLabel;
    m_fileLabel = new QLabel;
    m_timeLabel = new QLabel;
    m_fileLabel->setAccessibleName(QStringLiteral("Open EIF"));
    m_stateLabel->setAccessibleName(QStringLiteral("Enclave state"));
    m_timeLabel->setAccessibleName(QStringLiteral("Guest time"));
    m_captureLabel = new QLabel;
    m_captureLabel->setAccessibleName(QStringLiteral("Capture"));
    m_captureProgress = new QProgressBar;
    m_captureProgress->setMaximumWidth(fontMetrics().averageCharWidth() * 24);
    m_captureProgress->setMaximumHeight(fontMetrics().height());
    m_captureProgress->setAccessibleName(QStringLiteral("Loading the capture"));
    m_captureCancel = new QToolButton;
    m_captureCancel->setDefaultAction(m_actions.find(QStringLiteral("file.cancelCapture")));
    m_captureCancel->setAutoRaise(true);
    statusBar()->addPermanentWidget(m_captureProgress);
    statusBar()->addPermanentWidget(m_captureCancel);
    m_captureProgress->hide();
    m_captureCancel->hide();
    for (QLabel *label : {m_captureLabel, m_stateLabel, m_timeLabel, m_fileLabel}) {
        label->setContentsMargins(8, 1, 8, 1);
        label->setTextFormat(Qt::PlainText);
        statusBar()->addPermanentWidget(label);
    }
}

void MainWindow::connectSession() {
    connect(&m_session, &EnclaveSession::stateChanged, this, &MainWindow::sessionStateChanged);
    connect(&m_session, &EnclaveSession::ended, this, &MainWindow::sessionEnded);
    connect(m_console, &ConsolePanel::input, &m_session, &EnclaveSession::sendConsoleInput);
    connect(&m_session, &EnclaveSession::logLine, this, [this](const LogEntry &entry) {
        if (!entry.isInStream)
            m_log->append(entry);
    });
    // What fails later is in the stream.
    connect(&m_session, &EnclaveSession::bootFailed, this, [this](const BootFailure &failure) {
        if (failure.stage.isEmpty())
            m_account.refuse(failure);
    });
}

void MainWindow::connectLoader() {
    connect(&m_loader, &EifLoader::opened, this, [this](const EifDocument &document) {
        m_document = document;
        m_eif->setDocument(document);
        m_pcrs->model().clearExpected();
        m_preferences.addRecentFile(document.path());
        fillRecentMenu();
        updateTitle();
        updateActions();
        if (std::exchange(m_afterOpening, AfterOpening::showOnly) == AfterOpening::run) {
            m_runsDebugger = m_options.debugger;
            run();
        }
        emit openingFinished(true);
    });
    connect(&m_loader, &EifLoader::failed, this, [this](const Error &error) {
        m_document.reset();
        m_afterOpening = AfterOpening::showOnly;
        m_eif->showProblem(error);
        m_pcrs->model().clearExpected();
        m_banner->display(
            Severity::error,
            QStringLiteral("“%1” could not be opened.").arg(QFileInfo(m_loadingPath).fileName()),
            error.text(),
            {m_actions.find(QStringLiteral("file.open")),
             m_actions.find(QStringLiteral("edit.copyDetails"))});
        say(LogLevel::error, error.text());
        updateTitle();
        updateActions();
        emit openingFinished(false);
    });
    connect(&m_loader, &EifLoader::measuring, &m_eif->measurements(), &MeasurementStrip::showProgress);
    connect(&m_loader, &EifLoader::measured, this, &MainWindow::showMeasurements);
    connect(&m_loader, &EifLoader::measuringFailed, this, [this](const Error &error) {
        m_eif->measurements().showProblem(error.message);
        m_eif->setNotMeasured();
    });
    connect(&m_eif->measurements(), &MeasurementStrip::cancelRequested, this, [this] {
        m_loader.cancel();
        m_eif->measurements().showProblem(QStringLiteral("Not measured"));
        m_eif->setNotMeasured();
    });
    connect(&m_eif->measurements(), &MeasurementStrip::retryRequested, this, [this] {
        if (!m_document)
            return;
        m_eif->measurements().showProgress(0, 1);
        m_loader.measure(*m_document);
    });
}

void MainWindow::showMeasurements(const EifMeasurements &measurements) {
    m_eif->setMeasurements(measurements);
    m_pcrs->model().setExpected(0, measurements.pcr0);
    m_pcrs->model().setExpected(1, measurements.pcr1);
    m_pcrs->model().setExpected(2, measurements.pcr2);
    m_pcrs->model().setExpected(8, measurements.pcr8);
}

void MainWindow::run() {
    if (!m_document)
        return;
    m_afterOpening = AfterOpening::showOnly; // one run was asked for, and this is it
    LaunchSpec spec = m_options;
    spec.eifPath = m_document->path();
    spec.debugger = m_runsDebugger;
    m_pcrs->model().setDebugMode(spec.debugMode);
    m_session.start(spec);
    m_console->setFocus();
}

// "Start again": also while an enclave runs, which is then stopped first.
void MainWindow::restart() {
    const State state = m_session.state();
    if (state == State::idle || state == State::ended || state == State::failed) {
        run();
        return;
    }
    m_restartAfterStop = true;
    m_session.stop();
}

void MainWindow::sessionStateChanged(State state) {
    m_toolbarState->setState(state);
    m_stateLabel->setText(runStateText(state));
    m_stateLabel->setToolTip({});
    if (state == State::running && std::exchange(m_showsBreak, false))
        m_banner->dismiss();
    if (state == State::paused && !m_pauseReason.isEmpty())
        m_stateLabel->setText(QStringLiteral("Paused: ") + m_pauseReason);
    else
        m_pauseReason.clear();
    if (state == State::starting) {
        m_showsBreak = false;
        m_banner->dismiss();
        m_feed.beginRun(m_session.capture());
    }
    m_console->setLive(state == State::running || state == State::paused);
    updateActions();
}

void MainWindow::sessionEnded(const EndReason &reason) {
    if (!m_openAfterStop.isEmpty()) {
        startLoading(std::exchange(m_openAfterStop, {}), m_afterStop);
        return;
    }
    if (std::exchange(m_restartAfterStop, false)) {
        // The session accepts a start only after it has told everybody about the end.
        QMetaObject::invokeMethod(this, &MainWindow::run, Qt::QueuedConnection);
        return;
    }
    if (reason.kind == EndKind::stoppedByUser)
        return;
    m_banner->display(
        isFailure(reason.kind) ? Severity::error : Severity::note, reason.message, reason.advice,
        {m_actions.find(QStringLiteral("enclave.restart")), m_actions.find(QStringLiteral("file.open")),
         m_actions.find(QStringLiteral("edit.copyDetails"))});
}

void MainWindow::updateActions() {
    const State state = m_session.state();
    const bool active = state == State::starting || state == State::running || state == State::paused;
    const auto enable = [this](const char *id, bool on) {
        m_actions.find(QLatin1String(id))->setEnabled(on);
    };
    enable("enclave.run", m_document && !active);
    enable("enclave.runDebug", m_document && !active);
    enable("enclave.restart", m_document.has_value());
    enable("enclave.pause", state == State::running);
    enable("enclave.resume", state == State::paused);
    enable("enclave.reset", state == State::running || state == State::paused);
    enable("enclave.stop", active);
    enable("edit.goTo", m_document.has_value());
    enable("edit.paste", state == State::running || state == State::paused);
    enable("file.exportBytes", m_document.has_value());
    // One place in the toolbar for pausing and resuming.
    m_actions.find(QStringLiteral("enclave.resume"))->setVisible(state == State::paused);
    m_actions.find(QStringLiteral("enclave.pause"))->setVisible(state != State::paused);
    updateCaptureActions();
    updateEifActions();
}

void MainWindow::updateTitle() {
    const QString name = m_document ? QFileInfo(m_document->path()).fileName() : QString();
    setWindowTitle(name.isEmpty() ? QStringLiteral("Nitroscope") : name + QStringLiteral(" – Nitroscope"));
    m_fileLabel->setText(name.isEmpty() ? QStringLiteral("No EIF open") : name);
    m_fileLabel->setToolTip(m_document ? foreignTip(m_document->path()) : QString());
}

void MainWindow::say(LogLevel level, const QString &text) {
    m_log->append({QDateTime::currentDateTimeUtc(), level, QStringLiteral("window"), text});
}

QPixmap MainWindow::picture() {
    return grab();
}

void MainWindow::closeEvent(QCloseEvent *event) {
    putLayout(QStringLiteral("(last)"));
    m_loader.cancel();
    m_session.stop();
    event->accept();
}

void MainWindow::changeEvent(QEvent *event) {
    QMainWindow::changeEvent(event);
    // Icons are tinted when painted; buttons keep cached pictures until asked anew.
    if (event->type() == QEvent::PaletteChange)
        for (QAction *action : m_actions.actions())
            if (!action->icon().isNull())
                action->setIcon(QIcon(action->icon()));
}

} // namespace nitroscope::app
