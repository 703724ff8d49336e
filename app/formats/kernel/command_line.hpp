// SPDX-License-Identifier: GPL-2.0-or-later
//
// The words of a kernel's command line, as those who read it take it apart.

#pragma once

#include <optional>
#include <QByteArray>
#include <QList>

namespace nitroscope::formats {

struct CommandLineWord {
    qsizetype offset = 0, length = 0; // in the line, quotes included
    QByteArray text = {};             // without quotes
};

// Linux, lib/cmdline.c, next_arg(): quotes hold blanks together, a zero byte ends the line.
QList<CommandLineWord> commandLineWords(const QByteArray &line);
// The texts of those that are the kernel's own: "--" ends them.
QList<QByteArray> kernelWords(const QByteArray &line);
// Whether there is such a "--": what follows, or is appended, goes to init.
bool endsKernelWords(const QByteArray &line);
// Where the quote stands that is not closed, so that what is appended belongs to its word.
std::optional<qsizetype> openQuote(const QByteArray &line);

// Whether what runs before the kernel proper finds the word (arch/x86/boot/cmdline.c: nokaslr), for which quotes are
// letters and "--" is a word as all others.
bool hasEarlyWord(const QByteArray &line, QByteArrayView word);

} // namespace nitroscope::formats
