// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/kernel_log_text.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString kernelTimeText(quint64 nanoseconds) {
    return u"%1.%2"_s.arg(nanoseconds / 1'000'000'000, 5)
        .arg(nanoseconds / 1000 % 1'000'000, 6, 10, QLatin1Char('0'));
}

QString kernelLogText(const QVector<KernelLogLine> &log) {
    QString text;
    for (const KernelLogLine &record : log) {
        const QString stamp = u'[' + kernelTimeText(record.nanoseconds) + u"] "_s;
        for (const QString &line : record.text.split(u'\n'))
            text += stamp + line + u'\n';
    }
    return text;
}

} // namespace nitroscope::app
