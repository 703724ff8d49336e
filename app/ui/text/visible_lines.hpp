// SPDX-License-Identifier: GPL-2.0-or-later
//
// Foreign text of several lines, whichever line ends it has, as views of text show it: a file out of an image, what a
// connection carried.
#pragma once

#include "app/core/output/visible_text.hpp"

#include <QByteArray>

namespace nitroscope::app {

inline QString visibleLines(QByteArray utf8) {
    return visibleText(utf8.replace("\r\n", "\n"), LineBreaks::kept);
}

} // namespace nitroscope::app
