// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <QJsonArray>
#include <QJsonValue>
#include <QStringList>

namespace nitroscope::app {

// The strings of a JSON array. What is no string is an empty one, what is no array an empty list.
inline QStringList jsonStrings(const QJsonValue &list) {
    QStringList strings;
    for (const QJsonValue each : list.toArray())
        strings << each.toString();
    return strings;
}

} // namespace nitroscope::app
