// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/proto/rsp/message.hpp"

#include "app/proto/rsp/hex.hpp"

namespace nitroscope::rsp {

using namespace Qt::Literals::StringLiterals;
namespace {

tl::unexpected<app::Error> badStopReply(qsizetype offset) {
    return tl::unexpected(app::Error{
        u"rsp-bad-stop-reply"_s, u"The stub's stop reply cannot be understood."_s, quint64(offset), {}});
}

std::optional<StopReason> watchReason(QByteArrayView name) {
    if (name == "watch")
        return StopReason::writeWatchpoint;
    if (name == "rwatch")
        return StopReason::readWatchpoint;
    if (name == "awatch")
        return StopReason::accessWatchpoint;
    return std::nullopt;
}

// One `name:value` of a T packet. False when the value of a known name is not what it must be.
bool applyField(StopReply &reply, QByteArrayView name, QByteArrayView value) {
    if (name == "thread") {
        const auto thread = parseThreadId(value);
        if (thread)
            reply.thread = *thread;
        return thread.has_value();
    }
    if (const auto watch = watchReason(name)) {
        const auto address = parseNumber(value);
        reply.reason = *watch;
        reply.watchAddress = address.value_or(0);
        return address.has_value();
    }
    if (name == "swbreak")
        reply.reason = StopReason::softwareBreakpoint;
    else if (name == "hwbreak")
        reply.reason = StopReason::hardwareBreakpoint;
    else if (name == "replaylog")
        reply.reason = StopReason::replayLog;
    else if (const auto number = parseNumber(name); number && *number < 4096) {
        const auto bytes = fromHex(value);
        if (!bytes)
            return false;
        reply.registers.append({int(*number), *bytes});
    }
    return true; // names of later GDB versions are to be ignored
}

} // namespace

std::optional<QByteArray> fromHex(QByteArrayView digits) {
    if (digits.size() % 2 != 0)
        return std::nullopt;
    QByteArray bytes(digits.size() / 2, Qt::Uninitialized);
    for (qsizetype i = 0; i < bytes.size(); ++i) {
        const int high = hexDigitValue(digits[2 * i]), low = hexDigitValue(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return std::nullopt;
        bytes[i] = char(high * 16 + low);
    }
    return bytes;
}

std::optional<quint64> parseNumber(QByteArrayView digits) {
    if (digits.isEmpty() || digits.size() > 16)
        return std::nullopt;
    quint64 number = 0;
    for (const char digit : digits) {
        const int value = hexDigitValue(digit);
        if (value < 0)
            return std::nullopt;
        number = number << 4 | quint64(value);
    }
    return number;
}

QByteArray hexNumber(quint64 number) {
    return QByteArray::number(number, 16);
}

std::optional<ThreadId> parseThreadId(QByteArrayView text) {
    const auto part = [](QByteArrayView digits) -> std::optional<qint64> {
        if (digits == "-1")
            return ThreadId::all;
        const auto number = parseNumber(digits);
        if (!number || *number > quint64(std::numeric_limits<qint32>::max()))
            return std::nullopt;
        return qint64(*number);
    };
    ThreadId id;
    if (text.startsWith('p')) {
        const qsizetype dot = text.indexOf('.');
        const auto process = part(text.sliced(1, (dot < 0 ? text.size() : dot) - 1));
        if (!process)
            return std::nullopt;
        id.process = *process;
        if (dot < 0) {
            id.thread = ThreadId::all;
            return id;
        }
        text = text.sliced(dot + 1);
    }
    const auto thread = part(text);
    if (!thread)
        return std::nullopt;
    id.thread = *thread;
    return id;
}

QByteArray formatThreadId(const ThreadId &thread) {
    const auto part = [](qint64 id) { return id < 0 ? QByteArray("-1") : QByteArray::number(id, 16); };
    return thread.process == 0 ? part(thread.thread) : 'p' + part(thread.process) + '.' + part(thread.thread);
}

bool isStopReply(const QByteArray &payload) {
    return payload.size() >= 3 && QByteArrayView("TSWX").contains(payload[0]);
}

app::Result<StopReply> parseStopReply(const QByteArray &payload) {
    if (!isStopReply(payload))
        return badStopReply(0);
    StopReply reply;
    const char kind = payload[0];
    const auto number = parseNumber(QByteArrayView(payload).sliced(1, 2));
    if (!number)
        return badStopReply(1);
    reply.number = int(*number);
    if (kind == 'W')
        reply.kind = StopReply::Kind::exited;
    else if (kind == 'X')
        reply.kind = StopReply::Kind::killed;
    if (kind != 'T')
        return reply;

    for (qsizetype at = 3; at < payload.size();) {
        qsizetype end = payload.indexOf(';', at);
        if (end < 0)
            end = payload.size();
        const QByteArrayView field = QByteArrayView(payload).sliced(at, end - at);
        const qsizetype colon = field.indexOf(':');
        if (!field.isEmpty() &&
            (colon < 0 || !applyField(reply, field.first(colon), field.sliced(colon + 1))))
            return badStopReply(at);
        at = end + 1;
    }
    return reply;
}

app::Result<QVector<ThreadId>> parseThreadList(const QByteArray &payload) {
    QVector<ThreadId> threads;
    if (payload == "l")
        return threads;
    if (!payload.startsWith('m'))
        return app::failure(u"rsp-bad-thread-list"_s, u"The stub's list of threads cannot be understood."_s);
    for (const QByteArray &text : payload.sliced(1).split(',')) {
        const auto thread = parseThreadId(text);
        if (!thread)
            return app::failure(u"rsp-bad-thread-list"_s,
                                u"The stub's list of threads has an impossible id."_s);
        threads.append(*thread);
    }
    return threads;
}

std::optional<int> errorNumber(const QByteArray &payload) {
    if (payload.size() != 3 || payload[0] != 'E')
        return std::nullopt;
    const auto number = parseNumber(QByteArrayView(payload).sliced(1));
    return number ? std::optional(int(*number)) : std::nullopt;
}

Features parseFeatures(const QByteArray &payload) {
    Features features;
    for (const QByteArray &entry : payload.split(';')) {
        const qsizetype equals = entry.indexOf('=');
        if (equals >= 0) {
            const QByteArray name = entry.first(equals);
            features.names.append(name);
            if (name == "PacketSize")
                features.packetSize = qsizetype(qMin<quint64>(
                    parseNumber(QByteArrayView(entry).sliced(equals + 1)).value_or(0), 1 << 20));
        } else if (entry.endsWith('+')) {
            features.names.append(entry.chopped(1));
        }
    }
    features.readsTargetDescription = features.has("qXfer:features:read");
    return features;
}

} // namespace nitroscope::rsp
