// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window: a frame around the panels of features (app/frame), one enclave session and one open EIF. It
// knows no feature; who makes the window says which ones it has. Its parts by subject: dock_area (where panels
// stand), window_layouts (named arrangements), menu_bar, status_line, file_opening, and the commands of
// edit_commands, capture_commands and view_commands.
#pragma once

#include "app/frame/feature.hpp"
#include "app/session/launch/launch_spec.hpp"
#include "app/window/file_opening.hpp"

#include <QMainWindow>

namespace nitroscope::app {

class ActionRegistry;
class Banner;
class CaptureCommands;
class DockArea;
class EditCommands;
class EnclaveSession;
class PanelDock;
class Preferences;
class SavedCapture;
class StatusLine;
class ViewCommands;
class WindowFrame;
class WindowLayouts;
struct WindowLayout;

class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    // Session and preferences outlive the window.
    MainWindow(EnclaveSession &session, Preferences &preferences, const FeatureList &features);
    ~MainWindow() override;

    using AfterOpening = app::AfterOpening;
    // By its content: a capture goes to the panels as a run does, everything else is opened as an EIF.
    void openFile(const QString &path, AfterOpening then = AfterOpening::showOnly);
    void openEif(const QString &path, AfterOpening then = AfterOpening::showOnly);
    void openCapture(const QString &path);
    // Any form of an attestation document; `name` says where it came from.
    void openDocument(const QByteArray &foreign, const QString &name);
    // For this run of the program only, from the command line.
    void setLaunchOptions(const LaunchSpec &spec);
    // Also when the layout of the last run was maximised.
    void takeSize(const QSize &size);
    // Closes everything that would stand in the way of a picture, e.g. menus, and renders the window.
    QPixmap picture();

    ActionRegistry &actions();
    Banner &banner() { return *m_banner; }
    SavedCapture &savedCapture();
    const std::vector<PanelDock *> &docks() const;
    QMainWindow &dockArea();

    WindowLayout currentLayout(const QString &name) const;
    bool applyLayout(const WindowLayout &layout);
    void resetLayout();
    QString layoutFile() const;
    using Perspective = app::Perspective;
    Perspective perspective() const;

signals:
    // The EIF is shown and being measured, or could not be opened.
    void openingFinished(bool opened);
    // Of a file that was opened, all is there that there will be: an EIF with its measurements, a capture to its end,
    // a document; or why not.
    void contentShown();

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void changeEvent(QEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void buildContent(const FeatureList &features);
    void buildToolBar(const std::vector<MenuEntry> &entries);
    void showImage();
    bool isStreamGoingOn() const;
    void closeWhenOver();

    Banner *m_banner;
    std::unique_ptr<WindowFrame> m_frame;
    std::unique_ptr<FileOpening> m_files;
    std::unique_ptr<CaptureCommands> m_captures;
    std::unique_ptr<EditCommands> m_edit;
    std::unique_ptr<ViewCommands> m_view;
    std::unique_ptr<WindowLayouts> m_layouts;
    std::unique_ptr<StatusLine> m_status;
    DockArea *m_area = nullptr;
    bool m_isClosing = false; // as soon as the capture of the run is whole
};

} // namespace nitroscope::app
