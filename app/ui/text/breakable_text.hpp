// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words that are longer than a line has room for, such as paths, with places where a label may break them: a label
// that wraps is otherwise as wide as its longest word, and takes the window along.
#pragma once

#include <QString>

namespace nitroscope::app {

inline QString breakableText(const QString &text) {
    constexpr int maxWord = 24; // characters that are never broken
    constexpr QChar breakHere(0x200b);
    QString out;
    int length = 0; // of the word so far
    for (const QChar c : text) {
        out += c;
        length = c.isSpace() ? 0 : length + 1;
        if (length >= maxWord && !c.isHighSurrogate()) {
            out += breakHere;
            length = 0;
        }
    }
    return out;
}

} // namespace nitroscope::app
