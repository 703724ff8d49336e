// SPDX-License-Identifier: GPL-2.0-or-later
//
// Dialogs for files and folders that nobody waits for: they call back when something was chosen, and go.
#pragma once

#include <functional>
#include <QString>

class QWidget;

namespace nitroscope::app {

using PathChosen = std::function<void(const QString &path)>;

struct FileToOpen {
    QString title;
    QString folder = {}; // where it begins; empty: the current one
    QString filter = {};
};

struct FileToSave {
    QString title;
    QString suggestion;
    QString suffix = {}; // added to a name that has none
    QString filter = {};
};

// `parent` outlives what `chosen` refers to.
void chooseFileToOpen(QWidget &parent, const FileToOpen &wanted, PathChosen chosen);
void chooseFileToSave(QWidget &parent, const FileToSave &wanted, PathChosen chosen);
void chooseFolder(QWidget &parent, const QString &title, PathChosen chosen);

} // namespace nitroscope::app
