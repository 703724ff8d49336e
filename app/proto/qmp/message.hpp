// SPDX-License-Identifier: GPL-2.0-or-later
//
// QMP messages: what one line from the server means, and the line that a command becomes.
// docs/interop/qmp-spec.rst of QEMU, sections 2.2 (greeting) to 2.5 (events).
#pragma once

#include "app/core/result.hpp"
#include "app/proto/qmp/framing.hpp"

#include <QJsonObject>
#include <QJsonValue>
#include <QMetaType>
#include <variant>

namespace nitroscope::qmp {

struct Greeting {
    QString version; // "10.0.2"
};

struct Reply {
    quint64 id = 0;
    QJsonValue value; // of the member `return`
};

struct ErrorReply {
    std::optional<quint64> id; // QEMU leaves it out when it could not read the command
    QString errorClass;        // "GenericError", "CommandNotFound", ...
    QString description;
};

struct Event {
    QString name;
    QJsonObject data;
    qint64 timestampUs = 0; // host's clock, microseconds since 1970; 0 when QEMU could not tell
};

using Message = std::variant<Greeting, Reply, ErrorReply, Event>;

// Error qmp-garbage: not JSON, not an object, or an object of no known kind. The offset counts from the
// start of the stream.
app::Result<Message> parseMessage(const Frame &frame);

// One line with its line ending. `arguments` may be empty.
QByteArray encodeCommand(quint64 id, const QString &command, const QJsonObject &arguments);

} // namespace nitroscope::qmp

Q_DECLARE_METATYPE(nitroscope::qmp::Event)
