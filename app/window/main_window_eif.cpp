// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EIF panel's pages as commands: files of the ramdisks, lint's findings, comparing with another image.
#include "app/window/main_window.hpp"

#include "app/features/eif/eif_panel.hpp"
#include "app/features/eif/files/eif_files_view.hpp"
#include "app/ui/actions/menus.hpp"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QStatusBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void MainWindow::registerEifActions() {
    using K = QKeySequence;
    struct PageEntry {
        const char *id, *text, *keys, *help;
        EifPanel::Page page;
    };
    const PageEntry pages[] = {{"eif.structure", "&Structure", "Ctrl+E, S",
                                "Sections, fields and bytes of the image", EifPanel::structure},
                               {"eif.files", "&Files", "Ctrl+E, F", "Files of the ramdisks", EifPanel::files},
                               {"eif.findings", "Fi&ndings", "Ctrl+E, L",
                                "What will go wrong with the image, and what to do about it",
                                EifPanel::findingsPage},
                               {"eif.comparison", "Com&parison", "Ctrl+E, C",
                                "What differs from another image", EifPanel::comparison}};
    for (const PageEntry &entry : pages)
        m_actions.add({QLatin1String(entry.id),
                       QLatin1String(entry.text),
                       K(QLatin1String(entry.keys)),
                       {},
                       QLatin1String(entry.help),
                       u"EIF: "_s + QString::fromLatin1(entry.text).remove(u'&')},
                      [this, page = entry.page] {
                          raisePanel(*m_eif);
                          m_eif->showPage(page);
                      });
    m_actions.add({u"eif.compareWith"_s, u"Compare &With…"_s, K(u"Ctrl+E, W"_s), u"open"_s,
                   u"Say why another image has other PCRs, down to the file in a ramdisk"_s},
                  [this] { chooseComparison(); });
    m_actions.add({u"eif.saveFile"_s, u"Save File &As…"_s, K(u"Ctrl+E, A"_s), u"save"_s,
                   u"Save the chosen file of a ramdisk"_s},
                  [this] { chooseFileTarget(); });
    m_actions.add({u"eif.extract"_s, u"E&xtract All…"_s, K(u"Ctrl+E, X"_s), u"export"_s,
                   u"Write all sections and files of the ramdisks into a new folder"_s},
                  [this] { chooseExtractFolder(); });
    m_actions.add({u"eif.showBytes"_s,
                   u"Show &Bytes of the File"_s,
                   K(u"Ctrl+E, B"_s),
                   {},
                   u"Show where the chosen file of a ramdisk stands in the image"_s},
                  [this] { emit m_eif->filesView().rangeChosen(m_eif->filesView().rangeInImage()); });
}

void MainWindow::buildEifMenu() {
    addToMenu(*menuBar()->addMenu(u"E&IF"_s),
              m_actions.list({"eif.structure", "eif.files", "eif.findings", "eif.comparison", "-",
                              "eif.compareWith", "-", "eif.saveFile", "eif.extract", "eif.showBytes"}));
}

void MainWindow::connectEifPages() {
    EifFilesView &files = m_eif->filesView();
    connect(&files, &EifFilesView::chosenChanged, this, &MainWindow::updateEifActions);
    connect(&files, &EifFilesView::told, this, [this](LogLevel level, const QString &text) {
        say(level, text);
        statusBar()->showMessage(text, 8000);
    });
    files.tree().setContextMenuPolicy(Qt::ActionsContextMenu);
    for (const char *id : {"eif.saveFile", "eif.showBytes", "eif.extract"})
        files.tree().addAction(m_actions.find(QLatin1String(id)));
    updateEifActions();
}

void MainWindow::updateEifActions() {
    const auto enable = [this](const char *id, bool on) {
        m_actions.find(QLatin1String(id))->setEnabled(on);
    };
    enable("eif.compareWith", m_document.has_value());
    enable("eif.extract", m_document.has_value());
    enable("eif.saveFile", m_eif->filesView().canSave());
    enable("eif.showBytes", !m_eif->filesView().rangeInImage().isEmpty());
}

void MainWindow::chooseComparison() {
    auto *dialog = new QFileDialog(this, u"Compare With"_s, QFileInfo(m_document->path()).absolutePath(),
                                   u"Enclave image files (*.eif);;All files (*)"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        raisePanel(*m_eif);
        m_eif->compareWith(path);
    });
    dialog->open();
}

void MainWindow::chooseFileTarget() {
    auto *dialog = new QFileDialog(this, u"Save File"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(m_eif->filesView().suggestedName());
    connect(dialog, &QFileDialog::fileSelected, this,
            [this](const QString &path) { m_eif->filesView().saveTo(path); });
    dialog->open();
}

void MainWindow::chooseExtractFolder() {
    auto *dialog = new QFileDialog(this, u"Extract Into a New or Empty Folder"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    dialog->setOption(QFileDialog::ShowDirsOnly);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        raisePanel(*m_eif);
        m_eif->showPage(EifPanel::files);
        m_eif->filesView().extractTo(path);
    });
    dialog->open();
}

} // namespace nitroscope::app
