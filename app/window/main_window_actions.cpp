// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window's commands and menus.
#include "app/window/main_window.hpp"

#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/boot/boot_panel.hpp"
#include "app/features/console/console_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/launch/launch_dialog.hpp"
#include "app/features/log/log_panel.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/ui/actions/command_palette.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/actions/shortcut_dialog.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/theme/theme.hpp"

#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QFileInfo>
#include <QMenuBar>
#include <QMessageBox>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void MainWindow::registerActions() {
    registerFileActions();
    registerEditActions();
    registerEifActions();
    registerEnclaveActions();
    registerDebugActions();
    registerVsockActions();
    registerTimelineActions();
    registerViewActions();
    registerHelpActions();
    registerNsmActions();
}

void MainWindow::registerFileActions() {
    using K = QKeySequence;
    m_actions.add({u"file.open"_s, u"&Open EIF…"_s, K::Open, u"open"_s, u"Open an enclave image file"_s},
                  [this] { chooseEif(); });
    m_actions.add({u"file.openCapture"_s, u"Open C&apture…"_s, K(u"Ctrl+Shift+O"_s), u"open"_s,
                   u"Open a saved capture (.pcapng): every panel shows what it recorded"_s},
                  [this] { chooseCapture(); });
    m_actions.add({u"file.openDocument"_s, u"Open A&ttestation Document…"_s, K(u"Ctrl+Shift+A"_s), u"open"_s,
                   u"Check an attestation document from a file: raw, hex or base64"_s},
                  [this] { chooseDocument(); });
    m_actions.add({u"file.pasteDocument"_s,
                   u"Attestation &Document from Clipboard"_s,
                   K(u"Ctrl+Alt+V"_s),
                   {},
                   u"Check the attestation document on the clipboard: hex or base64"_s},
                  [this] { openDocument(QApplication::clipboard()->text().toUtf8(), u"Clipboard"_s); });
    m_actions.add({u"file.exportVerdict"_s,
                   u"&Attestation Verdict…"_s,
                   {},
                   {},
                   u"Save the verdict over the attestation document as JSON"_s,
                   u"Export Attestation Verdict"_s},
                  [this] { exportText(u"Save Verdict"_s, u"verdict.json"_s, m_attestation->asJson()); });
    m_actions.add({u"file.cancelCapture"_s, u"Stop &Loading the Capture"_s, K(u"Shift+Esc"_s), u"stop"_s,
                   u"Stop loading; what has been read stays"_s},
                  [this] { m_saved.cancel(); });
    m_actions.add({u"file.saveCapture"_s, u"Save Capture &As…"_s, K(u"Ctrl+Shift+S"_s), u"save"_s,
                   u"Save what has been captured so far as pcapng, which Wireshark opens as well"_s},
                  [this] { saveCapture(); });
    m_actions
        .add({u"file.recordCapture"_s,
              u"&Record Capture to File…"_s,
              K(u"Ctrl+Alt+R"_s),
              {},
              u"Write the capture stream to a file while the enclave runs; again to stop"_s},
             [this] { recordCapture(); })
        ->setCheckable(true);
    m_actions.add(
        {u"file.exportNsm"_s,
         u"&NSM Requests…"_s,
         {},
         {},
         u"Save the NSM requests shown as JSON, one a line"_s,
         u"Export NSM Requests"_s},
        [this] { exportText(u"Save NSM Requests"_s, u"nsm.jsonl"_s, m_nsm->model().asJsonLines()); });
    m_actions.add({u"file.clearRecent"_s, u"&Clear Recent Files"_s, {}, {}, u"Forget the recent files"_s},
                  [this] {
                      m_preferences.clearRecentFiles();
                      fillRecentMenu();
                  });
    m_actions.add({u"file.exportConsole"_s, u"&Console Log…"_s, K(u"Ctrl+S"_s), u"save"_s,
                   u"Save what the enclave wrote to its console"_s, u"Export Console Log"_s},
                  [this] { exportText(u"Save Console Log"_s, u"console.log"_s, m_console->logText()); });
    m_actions.add(
        {u"file.exportLog"_s, u"&Log…"_s, {}, {}, u"Save the log shown in the log panel"_s, u"Export Log"_s},
        [this] { exportText(u"Save Log"_s, u"nitroscope.log"_s, m_log->model().asText().toUtf8()); });
    m_actions.add({u"file.exportPcrs"_s,
                   u"&PCRs as JSON…"_s,
                   {},
                   {},
                   u"Save live and expected PCR values"_s,
                   u"Export PCRs as JSON"_s},
                  [this] { exportText(u"Save PCRs"_s, u"pcrs.json"_s, m_pcrs->model().asJson()); });
    m_actions.add(
        {u"file.exportStages"_s,
         u"Boot &Stages…"_s,
         {},
         {},
         u"Save the boot stages as tab-separated text"_s,
         u"Export Boot Stages"_s},
        [this] { exportText(u"Save Boot Stages"_s, u"boot.tsv"_s, m_boot->model().asText().toUtf8()); });
    m_actions.add({u"file.exportBytes"_s,
                   u"Selected &Bytes…"_s,
                   {},
                   {},
                   u"Save the bytes of the selected EIF node or hex selection"_s,
                   u"Export Selected Bytes"_s},
                  [this] { exportBytes(); });
    m_actions.add({u"file.exportPicture"_s,
                   u"&Picture of the Window…"_s,
                   {},
                   {},
                   u"Save the window as a PNG file"_s,
                   u"Export Picture of the Window"_s},
                  [this] { exportPicture(); });
    m_actions.add({u"file.quit"_s, u"&Quit"_s, K(u"Ctrl+Q"_s), u"quit"_s, u"Stop the enclave and quit"_s},
                  [this] { close(); });
}

void MainWindow::registerEditActions() {
    using K = QKeySequence;
    m_actions.add(
        {u"edit.copy"_s, u"&Copy"_s, K::Copy, u"copy"_s, u"Copy the selection of the current panel"_s},
        [this] { m_activePanel->copy(); });
    m_actions.add({u"edit.copyConsole"_s,
                   u"Copy &Console Selection"_s,
                   K(u"Ctrl+Shift+C"_s),
                   {},
                   u"Copy the text selected in the console"_s},
                  [this] { m_console->copy(); });
    const auto copyAs = [this](const QString &id, const QString &text, ByteSpelling spelling) {
        m_actions.add({id,
                       text,
                       {},
                       {},
                       u"Copy the selected bytes of the EIF"_s,
                       u"Copy Bytes as "_s + QString(text).remove(QLatin1Char('&'))},
                      [this, spelling] { m_eif->copyBytes(spelling); });
    };
    copyAs(u"edit.copyHex"_s, u"&Hex Digits"_s, ByteSpelling::hexDigits);
    copyAs(u"edit.copyDump"_s, u"Hex &Dump"_s, ByteSpelling::hexDump);
    copyAs(u"edit.copyArray"_s, u"C &Array"_s, ByteSpelling::cArray);
    copyAs(u"edit.copyText"_s, u"&Text"_s, ByteSpelling::text);
    const auto copyNsm = [this](const QString &id, const QString &text, const QKeySequence &keys,
                                NsmPanel::CopyForm form) {
        m_actions.add({id,
                       text,
                       keys,
                       {},
                       u"Copy the CBOR shown in the NSM panel"_s,
                       u"Copy NSM CBOR as "_s + QString(text).remove(QLatin1Char('&'))},
                      [this, form] { m_nsm->copyAs(form); });
    };
    copyNsm(u"edit.copyDiagnostic"_s, u"&Diagnostic Notation"_s, K(u"Ctrl+Alt+C"_s),
            NsmPanel::CopyForm::diagnostic);
    copyNsm(u"edit.copyNsmJson"_s, u"&JSON"_s, {}, NsmPanel::CopyForm::json);
    copyNsm(u"edit.copyNsmHex"_s, u"&Hex Digits"_s, {}, NsmPanel::CopyForm::hex);
    copyNsm(u"edit.copyNsmRust"_s, u"&Rust Array"_s, {}, NsmPanel::CopyForm::rustArray);
    copyNsm(u"edit.copyNsmArray"_s, u"&C Array"_s, {}, NsmPanel::CopyForm::cArray);
    m_actions.add(
        {u"edit.copyDetails"_s, u"Copy &Details"_s, {}, {}, u"Copy the notice and the end of the log"_s},
        [this] {
            const QStringList lines = m_log->model().asText().split(QLatin1Char('\n'));
            QApplication::clipboard()->setText(
                m_banner->details() + u"\n\n"_s +
                lines.mid(std::max<qsizetype>(0, lines.size() - 50)).join(QLatin1Char('\n')));
        });
    m_actions.add({u"edit.paste"_s,
                   u"&Paste into Console"_s,
                   K(u"Ctrl+Shift+V"_s),
                   {},
                   u"Type the clipboard into the enclave's console, at the pace of a serial line"_s},
                  [this] { m_console->paste(); });
    m_actions.add({u"edit.selectAll"_s,
                   u"Select &All"_s,
                   K::SelectAll,
                   {},
                   u"Select everything in the current panel"_s},
                  [this] { m_activePanel->selectAll(); });
    m_actions.add({u"edit.find"_s, u"&Find…"_s, K::Find, u"find"_s, u"Find in the current panel"_s},
                  [this] { m_activePanel->find(); });
    m_actions.add({u"edit.findConsole"_s,
                   u"Find in C&onsole…"_s,
                   K(u"Ctrl+Shift+F"_s),
                   {},
                   u"Find text in the console"_s},
                  [this] { m_console->find(); });
    m_actions.add({u"edit.findNext"_s, u"Find &Next"_s, K(u"F3"_s), {}, u"Find the next match"_s},
                  [this] { m_activePanel->findNext(); });
    m_actions.add(
        {u"edit.findPrevious"_s, u"Find Pre&vious"_s, K(u"Shift+F3"_s), {}, u"Find the previous match"_s},
        [this] { m_activePanel->findPrevious(); });
    m_actions.add(
        {u"edit.goTo"_s, u"&Go to Offset…"_s, K(u"Ctrl+G"_s), {}, u"Show a byte of the EIF by its offset"_s},
        [this] { m_eif->goToOffset(); });
    m_actions.add(
        {u"edit.clearConsole"_s, u"C&lear Console"_s, {}, u"clear"_s, u"Empty the console and its history"_s},
        [this] { m_console->clear(); });
    m_actions.add({u"edit.clearLog"_s, u"Clea&r Log"_s, {}, u"clear"_s, u"Empty the log"_s},
                  [this] { m_log->model().clear(); });
}

void MainWindow::registerEnclaveActions() {
    using K = QKeySequence;
    m_actions.add({u"enclave.run"_s, u"&Run"_s, K(u"F5"_s), u"run"_s, u"Start the enclave"_s}, [this] {
        m_runsDebugger = m_options.debugger;
        run();
    });
    m_actions.add({u"enclave.pause"_s, u"&Pause"_s, K(u"F6"_s), u"pause"_s, u"Stop the guest's clock"_s},
                  [this] { pauseGuest(); });
    m_actions.add({u"enclave.resume"_s, u"Res&ume"_s, K(u"F8"_s), u"resume"_s, u"Let the guest continue"_s},
                  [this] { resumeGuest(); });
    m_actions.add({u"enclave.reset"_s, u"Re&set"_s, K(u"Ctrl+R"_s), u"reset"_s,
                   u"Boot again from the reset vector in the same QEMU"_s},
                  [this] { m_session.reset(); });
    m_actions.add({u"enclave.stop"_s, u"S&top"_s, K(u"Shift+F5"_s), u"stop"_s, u"End the enclave"_s},
                  [this] { m_session.stop(); });
    m_actions.add({u"enclave.restart"_s, u"Start &Again"_s, K(u"Ctrl+Shift+F5"_s), u"reset"_s,
                   u"Start the enclave with a new QEMU, stopping it first if it runs"_s},
                  [this] { restart(); });
    m_actions.add({u"enclave.options"_s, u"Launch &Options…"_s, K(u"Ctrl+L"_s), u"options"_s,
                   u"Memory, CPUs, debug mode and more for the next run"_s},
                  [this] { editLaunchOptions(); });
}

void MainWindow::registerViewActions() {
    using K = QKeySequence;
    const char *const panels[][2] = {{"eif", "&EIF"},
                                     {"console", "&Console"},
                                     {"boot", "&Boot Stages"},
                                     {"pcrs", "&PCRs"},
                                     {"log", "&Log"},
                                     {"nsm", "&NSM"},
                                     {"attestation", "&Attestation"},
                                     {"vsock", "&vsock"},
                                     {"timeline", "&Timeline"}};
    int number = 1;
    for (const auto &[id, text] : panels) {
        QAction *action = m_actions.add({u"view.panel."_s + QLatin1String(id),
                                         QLatin1String(text),
                                         K(u"Ctrl+%1"_s.arg(number++)),
                                         {},
                                         u"Show or hide the panel"_s,
                                         u"Panel: "_s + QString::fromLatin1(text).remove(QLatin1Char('&'))});
        action->setCheckable(true);
        action->setChecked(true);
    }
    m_actions.add(
        {u"view.saveLayout"_s, u"&Save Layout As…"_s, {}, u"save"_s, u"Keep this arrangement under a name"_s},
        [this] { saveLayoutAs(); });
    m_actions.add({u"view.resetLayout"_s,
                   u"&Reset Layout"_s,
                   {},
                   u"reset"_s,
                   u"Back to the arrangement it came with"_s},
                  [this] { resetLayout(); });
    auto *group = new QActionGroup(this);
    const std::tuple<QString, QString, Appearance> looks[] = {
        {u"view.appearance.system"_s, u"As the &System"_s, Appearance::system},
        {u"view.appearance.light"_s, u"&Light"_s, Appearance::light},
        {u"view.appearance.dark"_s, u"&Dark"_s, Appearance::dark}};
    for (const auto &[id, text, appearance] : looks) {
        QAction *action = m_actions.add({id,
                                         text,
                                         {},
                                         {},
                                         u"Colours of the window"_s,
                                         u"Appearance: "_s + QString(text).remove(QLatin1Char('&'))},
                                        [this, look = appearance] {
                                            m_preferences.setAppearance(look);
                                            theme::apply(*qApp, look);
                                        });
        action->setCheckable(true);
        action->setChecked(m_preferences.appearance() == appearance);
        group->addAction(action);
    }
    m_actions.add({u"view.fullScreen"_s, u"&Full Screen"_s, K(u"F11"_s), {}, u"Use the whole screen"_s},
                  [this] { setWindowState(windowState() ^ Qt::WindowFullScreen); });
}

void MainWindow::registerHelpActions() {
    using K = QKeySequence;
    m_actions.add(
        {u"help.commands"_s, u"&Commands…"_s, K(u"Ctrl+Shift+P"_s), u"find"_s, u"Find and run any command"_s},
        [this] { (new CommandPalette(m_actions, this))->open(); });
    m_actions.add({u"help.shortcuts"_s,
                   u"&Keyboard Shortcuts…"_s,
                   K(u"Ctrl+K"_s),
                   {},
                   u"See and change all keyboard shortcuts"_s},
                  [this] { showShortcuts(); });
    m_actions.add({u"help.about"_s, u"&About Nitroscope"_s, {}, u"help"_s, u"Version and licence"_s},
                  [this] { showAbout(); });
}

void MainWindow::buildMenus() {
    const auto fill = [this](QMenu *menu, std::initializer_list<const char *> ids) {
        addToMenu(*menu, m_actions.list(ids));
    };
    QMenu *file = menuBar()->addMenu(u"&File"_s);
    fill(file, {"file.open", "file.openCapture", "file.openDocument", "file.pasteDocument"});
    m_recentMenu = file->addMenu(u"Open &Recent"_s);
    fill(file, {"-", "file.saveCapture", "file.recordCapture", "file.cancelCapture", "-"});
    fill(file->addMenu(u"&Export"_s),
         {"file.exportConsole", "file.exportLog", "file.exportNsm", "file.exportVerdict", "file.exportPcrs",
          "file.exportStages", "file.exportBytes", "file.exportPicture"});
    fill(file, {"-", "file.quit"});

    QMenu *edit = menuBar()->addMenu(u"&Edit"_s);
    fill(edit, {"edit.copy", "edit.copyConsole"});
    fill(edit->addMenu(u"Copy Bytes A&s"_s),
         {"edit.copyHex", "edit.copyDump", "edit.copyArray", "edit.copyText"});
    fill(edit->addMenu(u"Copy &NSM CBOR As"_s), {"edit.copyDiagnostic", "edit.copyNsmJson", "edit.copyNsmHex",
                                                 "edit.copyNsmRust", "edit.copyNsmArray"});
    fill(edit,
         {"edit.copyDetails", "edit.paste", "edit.selectAll", "-", "edit.find", "edit.findConsole",
          "edit.findNext", "edit.findPrevious", "edit.goTo", "-", "edit.clearConsole", "edit.clearLog"});

    buildEifMenu();
    QMenu *enclave = menuBar()->addMenu(u"E&nclave"_s);
    fill(enclave, {"enclave.run", "enclave.runDebug", "enclave.pause", "enclave.resume", "enclave.reset",
                   "enclave.stop", "enclave.restart", "-", "enclave.options"});
    fillNsmMenu(*enclave);

    buildDebugMenu();

    buildVsockMenu();

    QMenu *view = menuBar()->addMenu(u"&View"_s);
    fill(view,
         {"view.panel.eif", "view.panel.console", "view.panel.boot", "view.panel.pcrs", "view.panel.log",
          "view.panel.nsm", "view.panel.attestation", "view.panel.vsock", "view.panel.timeline", "-"});
    buildTimelineMenu(*view);
    m_debug->fillPanelMenu(*view->addMenu(u"&Debugger Panels"_s));
    m_layoutMenu = view->addMenu(u"La&youts"_s);
    fill(view->addMenu(u"&Appearance"_s),
         {"view.appearance.system", "view.appearance.light", "view.appearance.dark"});
    fill(view, {"-", "view.fullScreen"});

    fill(menuBar()->addMenu(u"&Help"_s), {"help.commands", "help.shortcuts", "-", "help.about"});
    // Actions in sub-menus that are filled anew, too, must answer to their shortcuts.
    for (QAction *action : m_actions.actions())
        addAction(action);
    fillRecentMenu();
    fillLayoutMenu();
}

void MainWindow::fillRecentMenu() {
    m_recentMenu->clear();
    const QStringList files = m_preferences.recentFiles();
    for (const QString &path : files) {
        QString label = path;
        QAction *action = m_recentMenu->addAction(label.replace(QLatin1Char('&'), u"&&"_s));
        connect(action, &QAction::triggered, this, [this, path] { openFile(path); });
    }
    if (!files.isEmpty())
        m_recentMenu->addSeparator();
    QAction *clear = m_actions.find(u"file.clearRecent"_s);
    clear->setEnabled(!files.isEmpty());
    m_recentMenu->addAction(clear);
}

void MainWindow::editLaunchOptions() {
    const quint64 needed = m_document ? (m_document->memoryNeeded() + (1 << 20) - 1) >> 20 : 0;
    auto *dialog = new LaunchDialog(m_options, needed, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        m_options = dialog->spec();
        m_preferences.setLaunchOptions(m_options);
    });
    dialog->open();
}

void MainWindow::showShortcuts() {
    auto *dialog = new ShortcutDialog(m_actions, this);
    connect(dialog, &ShortcutDialog::shortcutsChanged, this,
            [this] { m_preferences.setShortcuts(m_actions.changedShortcuts()); });
    dialog->open();
}

void MainWindow::showAbout() {
    auto *box = new QMessageBox(this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setWindowTitle(u"About Nitroscope"_s);
    box->setIconPixmap(windowIcon().pixmap(QSize(48, 48), devicePixelRatioF()));
    box->setText(u"<b>Nitroscope %1</b>"_s.arg(QApplication::applicationVersion()));
    box->setInformativeText("A workbench for bringing up and debugging AWS Nitro Enclaves.\n\n"
                            "Free software under the GNU General Public License, version 2 or later. "
                            u"Built with Qt %1."_s.arg(QLatin1String(qVersion())));
    box->open();
}

// Edit commands go to the panel that had the focus last; menus and dialogs do not count.
void MainWindow::trackFocus(QWidget *now) {
    for (QWidget *at = now; at; at = at->parentWidget())
        if (auto *panel = qobject_cast<Panel *>(at)) {
            m_activePanel = panel;
            return;
        }
}

} // namespace nitroscope::app
