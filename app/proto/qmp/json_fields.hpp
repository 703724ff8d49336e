// SPDX-License-Identifier: GPL-2.0-or-later
//
// Members of QMP's objects, which are optional as often as not. Foreign bytes: what is missing or of another
// type reads as empty.
#pragma once

#include <algorithm>
#include <optional>
#include <QJsonObject>
#include <QJsonValue>
#include <QString>

namespace nitroscope::qmp {

inline QString text(const QJsonObject &object, const char *name) {
    return object.value(QLatin1String(name)).toString();
}

// Zero where it is negative.
inline quint64 number(const QJsonObject &object, const char *name) {
    return static_cast<quint64>(std::max<qint64>(0, object.value(QLatin1String(name)).toInteger()));
}

template <class Number>
std::optional<Number> maybe(const QJsonObject &object, const char *name) {
    return object.value(QLatin1String(name)).isDouble()
               ? std::optional(static_cast<Number>(number(object, name)))
               : std::nullopt;
}

// Nothing where `value` is empty.
inline void put(QJsonObject &object, const char *name, const QString &value) {
    if (!value.isEmpty())
        object.insert(QLatin1String(name), value);
}

template <class Number>
void put(QJsonObject &object, const char *name, const std::optional<Number> &value) {
    if (value)
        object.insert(QLatin1String(name), static_cast<qint64>(*value));
}

} // namespace nitroscope::qmp
