// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/main_window.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/bars/state_indicator.hpp"
#include "app/ui/panel/panel.hpp"
#include "app/ui/theme/icons.hpp"
#include "app/window/capture_commands.hpp"
#include "app/window/dock_area.hpp"
#include "app/window/edit_commands.hpp"
#include "app/window/menu_bar.hpp"
#include "app/window/session_strip.hpp"
#include "app/window/status_line.hpp"
#include "app/window/view_commands.hpp"
#include "app/window/window_frame.hpp"
#include "app/window/window_layouts.hpp"

#include <QCloseEvent>
#include <QContextMenuEvent>
#include <QFileInfo>
#include <QMenu>
#include <QMenuBar>
#include <QTimer>
#include <QToolBar>
#include <QVBoxLayout>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr auto maxFarewell = 10s; // for an enclave to end, and its stream

} // namespace

// First the window's own commands, which panels may offer, then the features with theirs.
MainWindow::MainWindow(EnclaveSession &session, Preferences &preferences, const FeatureList &features)
    : m_banner(new Banner), m_frame(std::make_unique<WindowFrame>(session, preferences, *this, *m_banner)),
      m_files(std::make_unique<FileOpening>(*m_frame)),
      m_captures(std::make_unique<CaptureCommands>(*m_frame)),
      m_edit(std::make_unique<EditCommands>(*m_frame)),
      m_view(std::make_unique<ViewCommands>(*m_frame, *this)),
      m_layouts(std::make_unique<WindowLayouts>(*m_frame, *this)),
      m_status(std::make_unique<StatusLine>(*m_frame, *statusBar())) {
    setObjectName(u"nitroscope"_s);
    setWindowIcon(icons::named(u"nitroscope"_s));
    setAcceptDrops(true);
    resize(1400, 900);
    buildContent(features);
    const std::vector<MenuEntry> entries = m_frame->menuEntries();
    const OpenMenus open = fillMenuBar(*menuBar(), actions(), entries, *m_area);
    buildToolBar(entries);
    // Actions in sub-menus that are filled anew, too, must answer to their shortcuts.
    for (QAction *action : actions().actions())
        addAction(action);
    actions().restoreShortcuts(preferences.shortcuts());
    connect(&m_frame->image(), &EifLoader::openingFinished, this, &MainWindow::showImage);
    m_files->manage(*open.recent);
    connect(&m_frame->image(), &EifLoader::openingFinished, this, &MainWindow::openingFinished);
    connect(m_files.get(), &FileOpening::shown, this, &MainWindow::contentShown);
    connect(&session, &EnclaveSession::stateChanged, this, &MainWindow::closeWhenOver);
    if (CaptureSource *live = session.capture())
        connect(live, &CaptureSource::stateChanged, this, &MainWindow::closeWhenOver);
    showImage();
    m_layouts->manage(*m_area, *open.layouts);
}

// The features go first: what panels say while they are taken apart reaches nobody. Then the panels, which
// refer to what the frame has.
MainWindow::~MainWindow() {
    m_frame->dropFeatures();
    hide();
    delete takeCentralWidget();
}

void MainWindow::buildContent(const FeatureList &features) {
    auto *central = new QWidget;
    auto *layout = new QVBoxLayout(central);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(new SessionStrip(*m_frame));
    layout->addWidget(m_banner);
    setCentralWidget(central);
    m_frame->makeFeatures(features);
    m_area = new DockArea(actions(), m_frame->panels(), central);
    layout->addWidget(m_area, 1);
    m_frame->setArea(*m_area, *m_layouts);
}

void MainWindow::buildToolBar(const std::vector<MenuEntry> &entries) {
    auto *bar = addToolBar(u"Main"_s);
    bar->setObjectName(u"toolbar.main"_s);
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    const int side = fontMetrics().height();
    bar->setIconSize({side, side});
    fillToolBar(*bar, actions(), entries);
    auto *spacer = new QWidget;
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(spacer);
    auto *state = new StateIndicator;
    state->setState(m_frame->session().state());
    connect(&m_frame->session(), &EnclaveSession::stateChanged, state, &StateIndicator::setState);
    bar->addWidget(state);
}

void MainWindow::showImage() {
    const auto &image = m_frame->image().document();
    setWindowTitle(image ? visibleText(QFileInfo(image->path()).fileName()) + u" – Nitroscope"_s
                         : u"Nitroscope"_s);
}

void MainWindow::openFile(const QString &path, AfterOpening then) {
    m_files->openFile(path, then);
}

void MainWindow::openEif(const QString &path, AfterOpening then) {
    m_files->openEif(path, then);
}

void MainWindow::openCapture(const QString &path) {
    m_files->openCapture(path);
}

void MainWindow::openDocument(const QByteArray &foreign, const QString &name) {
    m_frame->show(place::Document{foreign, name}, Reveal::raise);
}

void MainWindow::setLaunchOptions(const LaunchSpec &spec) {
    m_frame->runs().setOptions(spec);
}

void MainWindow::takeSize(const QSize &size) {
    setWindowState(windowState() & ~(Qt::WindowMaximized | Qt::WindowFullScreen));
    resize(size);
}

QPixmap MainWindow::picture() {
    return grab();
}

ActionRegistry &MainWindow::actions() {
    return m_frame->actions();
}

SavedCapture &MainWindow::savedCapture() {
    return m_frame->savedCapture();
}

const std::vector<PanelDock *> &MainWindow::docks() const {
    return m_area->docks();
}

QMainWindow &MainWindow::dockArea() {
    return *m_area;
}

WindowLayout MainWindow::currentLayout(const QString &name) const {
    return m_layouts->current(name);
}

bool MainWindow::applyLayout(const WindowLayout &layout) {
    return m_layouts->apply(layout);
}

void MainWindow::resetLayout() {
    m_layouts->reset();
}

QString MainWindow::layoutFile() const {
    return m_layouts->file();
}

MainWindow::Perspective MainWindow::perspective() const {
    return m_area->perspective();
}

void MainWindow::closeEvent(QCloseEvent *event) {
    m_layouts->saveLast();
    m_frame->image().cancel();
    m_frame->session().stop();
    // The capture of a run is kept once its stream is over. Who closes twice does not wait for that.
    if (!std::exchange(m_isClosing, true) && isStreamGoingOn()) {
        m_frame->showMessage(
            u"The enclave is being stopped and its capture kept. Close again to leave at once."_s, 0);
        QTimer::singleShot(maxFarewell, this, &QWidget::close);
        event->ignore();
        return;
    }
    event->accept();
}

bool MainWindow::isStreamGoingOn() const {
    const CaptureSource *live = m_frame->session().capture();
    return m_frame->runs().isBusy() || (live && live->state() == CaptureSource::State::live);
}

void MainWindow::closeWhenOver() {
    if (m_isClosing && isVisible() && !isStreamGoingOn())
        QMetaObject::invokeMethod(this, &QWidget::close, Qt::QueuedConnection);
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event) {
    FileOpening::considerDrag(*event);
}

void MainWindow::dropEvent(QDropEvent *event) {
    m_files->takeDrop(*event);
}

// Of a list in a panel that has no menu of its own.
void MainWindow::contextMenuEvent(QContextMenuEvent *event) {
    for (const QWidget *at = childAt(event->pos()); at; at = at->parentWidget())
        if (qobject_cast<const Panel *>(at)) {
            QMenu *menu = makeContextMenu(this);
            addToMenu(*menu, actions().list({"edit.copy", "edit.copyValue", "edit.selectAll", "-",
                                             "edit.find", "-", "file.exportTable"}));
            menu->popup(event->globalPos());
            return;
        }
    event->ignore();
}

void MainWindow::changeEvent(QEvent *event) {
    QMainWindow::changeEvent(event);
    if (event->type() != QEvent::PaletteChange || !m_frame)
        return;
    // Icons are tinted when painted; buttons keep cached pictures until asked anew.
    for (QAction *action : actions().actions())
        if (!action->icon().isNull())
            action->setIcon(QIcon(action->icon()));
}

} // namespace nitroscope::app
