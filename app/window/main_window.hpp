// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window: panels around one enclave session and one open EIF. It wires signals to panels and holds no
// state of the enclave itself. Split by subject: main_window.cpp (building, session), main_window_actions.cpp
// (commands and menus), main_window_files.cpp (opening, exporting, dropping), main_window_eif.cpp (the EIF
// panel's pages), main_window_capture.cpp (the capture stream), main_window_vsock.cpp (vsock),
// main_window_layout.cpp (docks and named layouts), main_window_debug.cpp (the debugger),
// main_window_timeline.cpp (the timeline, and what ties the panels together).
#pragma once

#include "app/features/eif/eif_loader.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/session/account/capture_feed.hpp"
#include "app/session/capture/saved_capture.hpp"
#include "app/session/run/enclave_session.hpp"
#include "app/ui/actions/action_registry.hpp"
#include "app/ui/settings/layout_store.hpp"
#include "app/ui/settings/preferences.hpp"

#include <optional>
#include <QMainWindow>

class QAction;
class QLabel;
class QMenu;
class QProgressBar;
class QToolBar;
class QToolButton;

namespace nitroscope::app {

class AttestationPanel;
class Banner;
class BootPanel;
class ConsolePanel;
class DebugWorkspace;
class EifPanel;
class LogPanel;
class NsmPanel;
class Panel;
class PanelDock;
class PcrPanel;
class StateIndicator;
class StreamSource;
class TimelinePanel;
class VsockPanel;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    // Both outlive the window.
    MainWindow(EnclaveSession &session, Preferences &preferences);
    ~MainWindow() override;

    enum class AfterOpening { showOnly, run };
    // By its content: a capture goes to the panels as a run does, everything else is opened as an EIF.
    void openFile(const QString &path, AfterOpening then = AfterOpening::showOnly);
    void openCapture(const QString &path);
    // Any form of an attestation document; `name` says where it came from.
    void openDocument(const QByteArray &foreign, const QString &name);
    AttestationPanel &attestationPanel() { return *m_attestation; }
    void openEif(const QString &path, AfterOpening then = AfterOpening::showOnly);
    // For this run of the program only, from the command line.
    void setLaunchOptions(const LaunchSpec &spec) { m_options = spec; }
    // Closes everything that would stand in the way of a picture, e.g. menus, and renders the window.
    QPixmap picture();

    ActionRegistry &actions() { return m_actions; }
    Banner &banner() { return *m_banner; }
    EifPanel &eifPanel() { return *m_eif; }
    ConsolePanel &consolePanel() { return *m_console; }
    BootPanel &bootPanel() { return *m_boot; }
    PcrPanel &pcrPanel() { return *m_pcrs; }
    LogPanel &logPanel() { return *m_log; }
    NsmPanel &nsmPanel() { return *m_nsm; }
    VsockPanel &vsockPanel() { return *m_vsock; }
    TimelinePanel &timelinePanel() { return *m_timeline; }
    SavedCapture &savedCapture() { return m_saved; }
    DebugWorkspace &debug() { return *m_debug; }
    const std::vector<PanelDock *> &docks() const { return m_docks; }
    QMainWindow &dockArea() { return *m_area; }

    WindowLayout currentLayout(const QString &name) const;
    bool applyLayout(const WindowLayout &layout);
    void resetLayout();
    // Two arrangements, each of which remembers what the user has made of it.
    enum class Perspective { workbench, debug };
    Perspective perspective() const;
    void usePerspective(Perspective wanted);
    QString layoutFile() const;

signals:
    // The EIF is shown and being measured, or could not be opened.
    void openingFinished(bool opened);

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    // main_window.cpp
    void buildPanels();
    void buildBars();
    void connectSession();
    void connectLoader();
    void run();
    void restart();
    void sessionStateChanged(EnclaveSession::State state);
    void sessionEnded(const EndReason &reason);
    void showMeasurements(const formats::EifMeasurements &measurements);
    void updateActions();
    void updateTitle();
    void say(LogLevel level, const QString &text);

    // main_window_actions.cpp
    void registerActions();
    void registerFileActions();
    void registerEditActions();
    void registerEnclaveActions();
    void registerViewActions();
    void registerHelpActions();
    void registerEifActions();
    void registerNsmActions();
    void buildMenus();
    void fillRecentMenu();
    void editLaunchOptions();
    void showShortcuts();
    void showAbout();
    void trackFocus(QWidget *now);

    // main_window_files.cpp
    void chooseEif();
    void confirmThenOpen(const QString &path, AfterOpening then);
    void startLoading(const QString &path, AfterOpening then);
    void exportText(const QString &title, const QString &suggestion, const QByteArray &content);
    void exportBytes();
    void exportPicture();
    void writeFile(const QString &path, const QByteArray &content);

    // main_window_eif.cpp
    void connectEifPages();
    void updateEifActions();
    void buildEifMenu();
    void chooseComparison();
    void chooseFileTarget();
    void chooseExtractFolder();

    // main_window_capture.cpp
    void connectCaptures();
    void connectNsm();
    void fillNsmMenu(QMenu &enclave);
    void updateNsmActions();
    void openNsmDocument(const QByteArray &document, const QString &name);
    void watch(CaptureSource &source);
    void runBegan();
    void runTaken(const RunNews &news);
    bool followsLive() const;
    void captureStateChanged(CaptureSource::State state);
    void refreshCaptureStatus();
    void chooseCapture();
    void chooseDocument();
    void saveCapture();
    void saveCaptureTo(const QString &path);
    void recordCapture();
    void showBreak(const qmp::BreakHit &hit);
    void showTransaction(quint64 id);
    void raisePanel(const Panel &panel);
    void updateCaptureActions();

    // main_window_debug.cpp
    void registerDebugActions();
    void buildDebugDocks();
    void buildDebugMenu();
    void buildDebugBar(QToolBar &bar);
    void connectDebugger();
    void pauseGuest();
    void resumeGuest();
    void resetTo(Perspective wanted);
    void placeDebugDocks();
    void arrangeDebug();

    // main_window_vsock.cpp
    void registerVsockActions();
    QList<QAction *> vsockMenuActions() const; // nullptr: a separator
    void buildVsockMenu();
    void connectVsock();
    void updateVsockActions();
    void editVsockRule(VsockRule::Kind kind);
    void editVsockRoutes(bool outOfTheEnclave);
    void saveTcpView();
    void saveTcpViewTo(const QString &path);
    void saveVsockStream(const StreamSource &source, const QString &suggestion);
    void sayNotSaved(const QString &path, const Error &error);

    // main_window_timeline.cpp
    void registerTimelineActions();
    QList<QAction *> timelineMenuActions() const; // nullptr: a separator
    void buildTimelineMenu(QMenu &view);
    void connectTimeline();
    enum class Follow { quietly, raise };
    void followEvent(int number, Follow how);

    // main_window_layout.cpp
    PanelDock *addDock(Panel *panel);
    PanelDock *dock(const char *id) const;
    void placeNewDocks();
    void arrangeDefault();
    void setDefaultProportions();
    void scheduleTitleBars();
    void fillLayoutMenu();
    void saveLayoutAs();
    void putLayout(const QString &name);
    void loadStoredLayouts();
    void storeLayouts();

    EnclaveSession &m_session;
    Preferences &m_preferences;
    ActionRegistry m_actions;
    EifLoader m_loader;
    LayoutStore m_layouts;
    LaunchSpec m_options;
    std::optional<formats::EifDocument> m_document;
    QString m_loadingPath;
    QString m_openAfterStop;                              // path chosen while an enclave was running
    AfterOpening m_afterStop = AfterOpening::showOnly;    // what to do with it
    AfterOpening m_afterOpening = AfterOpening::showOnly; // of the EIF that is being opened
    bool m_restartAfterStop = false;

    RunAccount m_account; // what the panels show
    CaptureFeed m_feed{m_account};
    SavedCapture m_saved;
    CaptureSource *m_capture = nullptr; // the one that the account follows: the session's or m_saved
    bool m_showsBreak = false;          // the banner tells of a break
    QString m_pauseReason;

    QMainWindow *m_area = nullptr; // holds the docks, so that the banner can stand above all of them
    Banner *m_banner = nullptr;
    EifPanel *m_eif = nullptr;
    ConsolePanel *m_console = nullptr;
    BootPanel *m_boot = nullptr;
    PcrPanel *m_pcrs = nullptr;
    LogPanel *m_log = nullptr;
    NsmPanel *m_nsm = nullptr;
    AttestationPanel *m_attestation = nullptr;
    DebugWorkspace *m_debug = nullptr;
    QAction *m_debugBar = nullptr; // the debugger's part of the toolbar
    bool m_runsDebugger = false;   // the run going on, and what Start Again repeats
    VsockPanel *m_vsock = nullptr;
    TimelinePanel *m_timeline = nullptr;
    bool m_linking = false; // a choice is being passed on
    QProgressBar *m_captureProgress = nullptr;
    QToolButton *m_captureCancel = nullptr;
    QLabel *m_captureLabel = nullptr;
    std::vector<PanelDock *> m_docks;
    Panel *m_activePanel = nullptr;
    StateIndicator *m_toolbarState = nullptr;
    QLabel *m_fileLabel = nullptr;
    QLabel *m_stateLabel = nullptr;
    QLabel *m_timeLabel = nullptr;
    QMenu *m_recentMenu = nullptr;
    QMenu *m_layoutMenu = nullptr;
    QByteArray m_defaultDocks;
    bool m_titleBarsScheduled = false;
};

} // namespace nitroscope::app
