// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window: panels around one enclave session and one open EIF. It wires signals to panels and holds no
// state of the enclave itself. Split by subject: main_window.cpp (building, session), main_window_actions.cpp
// (commands and menus), main_window_files.cpp (opening, exporting, dropping), main_window_layout.cpp (docks
// and named layouts).
#pragma once

#include "app/formats/eif_document.hpp"
#include "app/models/eif_loader.hpp"
#include "app/models/layout_store.hpp"
#include "app/models/preferences.hpp"
#include "app/session/enclave_session.hpp"
#include "app/widgets/action_registry.hpp"

#include <optional>
#include <QMainWindow>

class QLabel;
class QMenu;

namespace nitroscope::app {

class Banner;
class BootPanel;
class ConsolePanel;
class EifPanel;
class LogPanel;
class Panel;
class PanelDock;
class PcrPanel;
class StateIndicator;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    // Both outlive the window.
    MainWindow(EnclaveSession &session, Preferences &preferences);
    ~MainWindow() override;

    enum class AfterOpening { showOnly, run };
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
    const std::vector<PanelDock *> &docks() const { return m_docks; }
    QMainWindow &dockArea() { return *m_area; }

    WindowLayout currentLayout(const QString &name) const;
    bool applyLayout(const WindowLayout &layout);
    void resetLayout();
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
    void setStale(bool stale);
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
    void buildMenus();
    void fillRecentMenu();
    void editLaunchOptions();
    void showShortcuts();
    void showAbout();
    void trackFocus(QWidget *now);

    // main_window_files.cpp
    void chooseEif();
    void confirmThenOpen(const QString &path);
    void startLoading(const QString &path);
    void exportText(const QString &title, const QString &suggestion, const QByteArray &content);
    void exportBytes();
    void exportPicture();
    void writeFile(const QString &path, const QByteArray &content);

    // main_window_layout.cpp
    void arrangeDefault();
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
    QString m_openAfterStop; // path chosen while an enclave was running
    AfterOpening m_afterOpening = AfterOpening::showOnly;
    bool m_restartAfterStop = false;

    QMainWindow *m_area = nullptr; // holds the docks, so that the banner can stand above all of them
    Banner *m_banner = nullptr;
    EifPanel *m_eif = nullptr;
    ConsolePanel *m_console = nullptr;
    BootPanel *m_boot = nullptr;
    PcrPanel *m_pcrs = nullptr;
    LogPanel *m_log = nullptr;
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
