// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can stand at the cursor of a command line: the one answer that bash, zsh and fish all show
// (app/packaging/completion has their scripts).
#pragma once

#include <CLI/App.hpp>
#include <QString>
#include <QStringList>
#include <QVector>

namespace nitroscope::cli {

struct Completions {
    struct Word {
        QString text, meaning; // the meaning may be empty
    };
    QVector<Word> words;     // in the order of the help
    bool takesFiles = false; // the shell offers files, which it knows best
    bool keepsOpen = false;  // what was chosen may go on: no blank after it
};

// `words` is the line without the program's name; the last one is what stands before the cursor, perhaps empty.
// Names of enclaves are read from the registry; nothing is changed.
Completions completionsFor(const CLI::App &parser, const QStringList &words);

} // namespace nitroscope::cli
