// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a model tells about a cell besides its text. Models speak of meaning (this value differs, this one is
// stale); which colour that is, only the theme knows.
#pragma once

#include "app/core/output/visible_text.hpp"

#include <QString>
#include <Qt>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

// How a cell wants to be read.
enum class Tone : int {
    normal,
    muted,     // of little weight: zero values, placeholders
    good,      // as expected
    attention, // worth a look
    bad,       // wrong
};

enum Role : int {
    toneRole = Qt::UserRole, // int(Tone)
    monospaceRole,           // bool: digits and addresses that should line up
    changedRole,             // bool: new since the last update; painted as a highlight
    staleRole,               // bool: from an enclave that has ended; painted dimmed
    rawValueRole,            // the value itself, so that copying and sorting never parse what is displayed
    severityRole,            // int(formats::Severity)
    byteRangeRole,           // QVariant of formats::ByteRange
    copyTextRole,            // QString: what Copy puts on the clipboard when it is not the displayed text
};

// Foreign text as a tool tip: wrapped to a readable width, nothing in it is hidden or taken for markup.
inline QString foreignTip(const QString &text) {
    return text.isEmpty() ? QString()
                          : u"<p>%1</p>"_s.arg(visibleText(text, LineBreaks::kept).toHtmlEscaped());
}

} // namespace nitroscope::app
