// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON that was written elsewhere, passed on without losing anything. QJsonValue keeps whole numbers up to 2^63 and
// makes doubles of all others, so that who writes them again writes other numbers; here a number stays the text that
// it is.

#pragma once

#include <map>
#include <QByteArray>
#include <QString>
#include <QStringView>

namespace nitroscope::formats {

// Without white space, members sorted by the bytes of their names as serde_json has them, of a name that stands twice
// the last, texts with as few escapes as possible, numbers as they are. Empty for what is not JSON.
QByteArray compactJson(const QByteArray &json);

// Members of an object that compactJson() gave: name (UTF-8) and value. None when it is something else.
using JsonMembers = std::map<QByteArray, QByteArray>;
JsonMembers jsonMembers(const QByteArray &compact);

// The text as a JSON string with its quotes.
QByteArray jsonString(QStringView text);
// What a quoted text says.
QString textOfJsonString(const QByteArray &quoted);

// One past the closing quote of the text that begins at `start`; negative when it does not end.
qsizetype endOfJsonString(QByteArrayView json, qsizetype start);

} // namespace nitroscope::formats
