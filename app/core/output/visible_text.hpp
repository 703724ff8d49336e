// SPDX-License-Identifier: GPL-2.0-or-later
//
// Foreign text on its way to a terminal, a log or a label: names out of images and certificates, what guests and QEMU
// say. Whatever a terminal obeys, or a reader cannot see, is spelled out as a programmer would write it, so that a name
// neither moves the cursor nor reads as another one:
//
//   \n \r \t \x1b       control characters of ASCII (C0 and DEL); a byte that is no UTF-8 is \xff
//   \u0085 \u202e       C1 controls, formatting characters (direction, joiners, zero width), line separators
//   \U000e0041          the same above U+FFFF (tags)
#pragma once

#include <QByteArrayView>
#include <QString>
#include <QStringView>

namespace nitroscope::app {

enum class LineBreaks {
    escaped, // one line: a name, a message of somebody else's
    kept,    // ours: several lines, with tabs
};

QString visibleText(QByteArrayView utf8, LineBreaks lineBreaks = LineBreaks::escaped);
QString visibleText(QStringView text, LineBreaks lineBreaks = LineBreaks::escaped);
QByteArray visibleUtf8(QByteArrayView utf8, LineBreaks lineBreaks = LineBreaks::escaped);

// A JSON text of the same value: in it such characters occur in strings only, where they are \u escapes.
QByteArray visibleJson(QByteArrayView json);

} // namespace nitroscope::app
