// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which run it is that the panels show: the session's, or one from a capture, and whether it is one of the open EIF, so
// that nothing of one image is held against another.
#pragma once

#include <QString>

namespace nitroscope::app {

class Frame;

struct ShownRun {
    enum class Kind { none, session, capture } kind = Kind::none;
    QString path;              // of the session's EIF, or of the capture
    bool isOfOpenImage = true; // also while nothing is shown
};

// A capture is told by what was measured when it was launched: it has no other name of its image.
ShownRun shownRun(Frame &frame);

} // namespace nitroscope::app
