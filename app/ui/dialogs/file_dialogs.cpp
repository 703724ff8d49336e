// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QFileDialog>

namespace nitroscope::app {
namespace {

QFileDialog &makeDialog(QWidget &parent, const QString &title, const QString &folder, const QString &filter,
                        PathChosen chosen) {
    auto *dialog = new QFileDialog(&parent, title, folder, filter);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    QObject::connect(dialog, &QFileDialog::fileSelected, &parent,
                     [chosen = std::move(chosen)](const QString &path) { chosen(path); });
    return *dialog;
}

} // namespace

void chooseFileToOpen(QWidget &parent, const FileToOpen &wanted, PathChosen chosen) {
    QFileDialog &dialog = makeDialog(parent, wanted.title, wanted.folder, wanted.filter, std::move(chosen));
    dialog.setFileMode(QFileDialog::ExistingFile);
    dialog.open();
}

void chooseFileToSave(QWidget &parent, const FileToSave &wanted, PathChosen chosen) {
    QFileDialog &dialog = makeDialog(parent, wanted.title, {}, wanted.filter, std::move(chosen));
    dialog.setAcceptMode(QFileDialog::AcceptSave);
    dialog.setDefaultSuffix(wanted.suffix);
    dialog.selectFile(wanted.suggestion);
    dialog.open();
}

void chooseFolder(QWidget &parent, const QString &title, PathChosen chosen) {
    QFileDialog &dialog = makeDialog(parent, title, {}, {}, std::move(chosen));
    dialog.setFileMode(QFileDialog::Directory);
    dialog.setOption(QFileDialog::ShowDirsOnly);
    dialog.open();
}

} // namespace nitroscope::app
