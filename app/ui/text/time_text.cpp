// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/text/time_text.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString milliseconds(qint64 nanoseconds) {
    const qint64 micro = nanoseconds / 1000;
    QString whole = QString::number(micro / 1000);
    for (qsizetype at = whole.size() - 3; at > 0; at -= 3)
        whole.insert(at, QChar(0x202f)); // narrow no-break space
    return u"%1.%2"_s.arg(whole).arg(micro % 1000, 3, 10, QLatin1Char('0'));
}

} // namespace nitroscope::app
