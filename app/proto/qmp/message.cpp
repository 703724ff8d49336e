// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/qmp/message.hpp"

#include <QJsonDocument>

namespace nitroscope::qmp {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr QLatin1String greetingKey("QMP"), returnKey("return"), errorKey("error"), eventKey("event"),
    idKey("id");

tl::unexpected<app::Error> garbage(const QString &what, quint64 offset, const QByteArray &line) {
    // Enough of the line to recognise what spoke, not enough to flood a log.
    constexpr qsizetype shown = 60;
    QString context = QString::fromUtf8(line.left(shown));
    if (line.size() > shown)
        context += u"..."_s;
    return tl::unexpected(app::Error{u"qmp-garbage"_s, what, offset, context});
}

// Our ids are small positive integers; anything else is none of ours.
std::optional<quint64> readId(const QJsonObject &object) {
    const qint64 id = object.value(idKey).toInteger(-1);
    return id < 0 ? std::nullopt : std::optional<quint64>(static_cast<quint64>(id));
}

QString versionText(const QJsonObject &greeting) {
    const auto qemu =
        greeting.value(greetingKey).toObject().value("version"_L1).toObject().value("qemu"_L1).toObject();
    return u"%1.%2.%3"_s.arg(qemu.value("major"_L1).toInt())
        .arg(qemu.value("minor"_L1).toInt())
        .arg(qemu.value("micro"_L1).toInt());
}

Event readEvent(const QJsonObject &object) {
    const QJsonObject time = object.value("timestamp"_L1).toObject();
    const qint64 seconds = time.value("seconds"_L1).toInteger(-1);
    const qint64 micro = time.value("microseconds"_L1).toInteger(-1);
    // QEMU says -1 when it has no clock; a hostile value must not overflow.
    const bool known = seconds >= 0 && seconds < 1'000'000'000'000 && micro >= 0 && micro < 1'000'000;
    return {object.value(eventKey).toString(), object.value("data"_L1).toObject(),
            known ? seconds * 1'000'000 + micro : 0};
}

} // namespace

app::Result<Message> parseMessage(const Frame &frame) {
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(frame.line, &problem);
    if (problem.error != QJsonParseError::NoError)
        return garbage(u"A QMP message is not JSON: %1."_s.arg(problem.errorString()),
                       frame.offset + static_cast<quint64>(qMax(0, problem.offset)), frame.line);
    if (!document.isObject())
        return garbage(u"A QMP message is not a JSON object."_s, frame.offset, frame.line);

    const QJsonObject object = document.object();
    if (object.contains(greetingKey))
        return Greeting{versionText(object)};
    if (object.value(eventKey).isString())
        return readEvent(object);
    if (object.value(errorKey).isObject()) {
        const QJsonObject error = object.value(errorKey).toObject();
        return ErrorReply{readId(object), error.value("class"_L1).toString(),
                          error.value("desc"_L1).toString()};
    }
    if (object.contains(returnKey)) {
        if (const auto id = readId(object))
            return Reply{*id, object.value(returnKey)};
        return garbage(u"A QMP reply has no usable id."_s, frame.offset, frame.line);
    }
    return garbage(u"A QMP message is neither greeting, reply, error nor event."_s, frame.offset, frame.line);
}

QByteArray encodeCommand(quint64 id, const QString &command, const QJsonObject &arguments) {
    QJsonObject object{{u"execute"_s, command}, {idKey, static_cast<qint64>(id)}};
    if (!arguments.isEmpty())
        object.insert("arguments"_L1, arguments);
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + "\r\n";
}

} // namespace nitroscope::qmp
