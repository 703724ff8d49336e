// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/view_commands.hpp"

#include "app/frame/frame.hpp"
#include "app/ui/actions/command_palette.hpp"
#include "app/ui/actions/shortcut_dialog.hpp"
#include "app/ui/theme/theme.hpp"

#include <QActionGroup>
#include <QApplication>
#include <QBuffer>
#include <QMainWindow>
#include <QMessageBox>
#include <tuple>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

ViewCommands::ViewCommands(Frame &frame, QMainWindow &window) : m_frame(frame), m_window(window) {
    ActionRegistry &actions = frame.actions();
    actions.add({u"file.exportPicture"_s,
                 u"&Picture of the Window…"_s,
                 {},
                 {},
                 u"Save the window as a PNG file"_s,
                 u"Export Picture of the Window"_s},
                [this] {
                    QByteArray png;
                    QBuffer buffer(&png);
                    buffer.open(QIODevice::WriteOnly); // writer-ok: in memory
                    m_window.grab().save(&buffer, "PNG");
                    m_frame.saveText(u"Save Picture"_s, u"nitroscope.png"_s, png);
                });
    actions.add({u"file.quit"_s, u"&Quit"_s, K(u"Ctrl+Q"_s), u"quit"_s, u"Stop the enclave and quit"_s},
                [this] { m_window.close(); });
    registerAppearance();
    actions.add({u"view.fullScreen"_s, u"&Full Screen"_s, K(u"F11"_s), {}, u"Use the whole screen"_s},
                [this] { m_window.setWindowState(m_window.windowState() ^ Qt::WindowFullScreen); });
    registerHelp();
}

void ViewCommands::registerAppearance() {
    auto *group = new QActionGroup(this);
    const std::tuple<QString, QString, Appearance> looks[] = {
        {u"view.appearance.system"_s, u"As the &System"_s, Appearance::system},
        {u"view.appearance.light"_s, u"&Light"_s, Appearance::light},
        {u"view.appearance.dark"_s, u"&Dark"_s, Appearance::dark}};
    for (const auto &[id, text, appearance] : looks) {
        QAction *action = m_frame.actions().add(
            {id, text, {}, {}, u"Colours of the window"_s, u"Appearance: "_s + QString(text).remove(u'&')},
            [this, look = appearance] {
                m_frame.preferences().setAppearance(look);
                theme::apply(*qApp, look);
            });
        action->setCheckable(true);
        action->setChecked(m_frame.preferences().appearance() == appearance);
        group->addAction(action);
    }
}

void ViewCommands::registerHelp() {
    ActionRegistry &actions = m_frame.actions();
    actions.add(
        {u"help.commands"_s, u"&Commands…"_s, K(u"Ctrl+Shift+P"_s), u"find"_s, u"Find and run any command"_s},
        [this] { (new CommandPalette(m_frame.actions(), &m_window))->open(); });
    actions.add({u"help.shortcuts"_s,
                 u"&Keyboard Shortcuts…"_s,
                 K(u"Ctrl+K"_s),
                 {},
                 u"See and change all keyboard shortcuts"_s},
                [this] { showShortcuts(); });
    actions.add({u"help.about"_s, u"&About Nitroscope"_s, {}, u"help"_s, u"Version and licence"_s},
                [this] { showAbout(); });
}

void ViewCommands::showShortcuts() {
    auto *dialog = new ShortcutDialog(m_frame.actions(), &m_window);
    connect(dialog, &ShortcutDialog::shortcutsChanged, this,
            [this] { m_frame.preferences().setShortcuts(m_frame.actions().changedShortcuts()); });
    dialog->open();
}

void ViewCommands::showAbout() {
    auto *box = new QMessageBox(&m_window);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowTitle(u"About Nitroscope"_s);
    box->setIconPixmap(m_window.windowIcon().pixmap(QSize(48, 48), m_window.devicePixelRatioF()));
    box->setText(u"<b>Nitroscope %1</b>"_s.arg(QApplication::applicationVersion()));
    box->setInformativeText("A workbench for bringing up and debugging AWS Nitro Enclaves.\n\n"
                            "Free software under the GNU General Public License, version 2 or later. "
                            u"Built with Qt %1."_s.arg(QLatin1String(qVersion())));
    box->open();
}

} // namespace nitroscope::app
