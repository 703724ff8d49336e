// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/console_pattern.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

Result<QRegularExpression> consolePattern(const QString &text) {
    constexpr qsizetype maxPattern = 4096;
    // PCRE gives up by itself on a pattern that takes too long; the limits are those that it was built with.
    QRegularExpression pattern(text);
    if (text.size() > maxPattern)
        return failure(u"check-spec"_s, u"This expression is longer than %1 characters."_s.arg(maxPattern));
    if (pattern.isValid())
        return pattern;
    return failure(u"check-spec"_s,
                   u"This is no regular expression: %1, at character %2."_s.arg(pattern.errorString())
                       .arg(pattern.patternErrorOffset()));
}

} // namespace nitroscope::app
