// SPDX-License-Identifier: GPL-2.0-or-later
//
// What was asked of a peer and has not been answered: in which order, by whom, and until when. Under the
// clients of QMP, whose answers name their command, and of gdb's protocol, whose answers come in order.
//
// A callback is called once at most, never from inside the call that gave it, and never after its context
// object or the owner of the queue is gone. It may delete the owner and the queue with it: what calls
// callbacks tells whether they are still there.
#pragma once

#include "app/core/result.hpp"

#include <chrono>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <QDeadlineTimer>
#include <QObject>
#include <QPointer>
#include <QTimer>
#include <utility>
#include <vector>

namespace nitroscope::proto {

template <class Command, class Answer>
class RequestQueue {
public:
    using Id = quint64; // 0, 1, … in the order asked
    using Reply = app::Result<Answer>;
    using Callback = std::function<void(const Reply &)>;

    struct Request {
        Command command;
        QPointer<QObject> context;
        Callback callback;
        qint64 deadlineMs = 0; // 0 = none
        bool isSent = false;
        bool isGivenUp = false; // failed, and its answer may still come
    };

    // `late` is told of each request whose deadline has passed; it answers it, gives it up or extends it.
    RequestQueue(QObject *owner, std::function<void(Id)> late) : m_owner(owner), m_late(std::move(late)) {
        m_timer.setSingleShot(true);
        QObject::connect(&m_timer, &QTimer::timeout, owner, [this] { tellLate(); });
    }

    size_t size() const { return m_requests.size(); }
    bool isEmpty() const { return m_requests.empty(); }
    Request *find(Id id) {
        const auto found = m_requests.find(id);
        return found == m_requests.end() ? nullptr : &found->second;
    }
    // The latest one; the queue must not be empty.
    const Request &last() const { return m_requests.rbegin()->second; }
    // The earliest that has, or has not, been sent.
    std::optional<Id> first(bool isSent) const {
        for (const auto &[id, request] : m_requests)
            if (request.isSent == isSent)
                return id;
        return std::nullopt;
    }

    Id add(Command command, QObject *context, Callback callback) {
        const Id id = m_nextId++;
        m_requests.emplace(id, Request{std::move(command), context, std::move(callback), 0, false, false});
        return id;
    }
    // Answers, from the event loop, what is not taken into the queue.
    void refuse(const app::Error &error, QObject *context, Callback callback) {
        QMetaObject::invokeMethod(
            m_owner,
            [error, context = QPointer<QObject>(context), callback = std::move(callback)] {
                if (context && callback)
                    callback(tl::unexpected(error));
            },
            Qt::QueuedConnection);
    }

    // It goes to the peer now, which has so many milliseconds; 0 = as long as it takes.
    void markSent(Id id, int milliseconds) {
        if (Request *request = find(id)) {
            request->isSent = true;
            setDeadline(*request, milliseconds);
        }
    }
    void extend(Id id, int milliseconds) {
        if (Request *request = find(id))
            setDeadline(*request, milliseconds);
    }

    // Takes it out of the queue and calls back. False when the owner is gone.
    bool settle(Id id, const Reply &reply) {
        const auto found = m_requests.find(id);
        if (found == m_requests.end())
            return true;
        const Request request = std::move(found->second);
        m_requests.erase(found);
        return call(request, reply);
    }
    // Calls back by an error, and keeps its place in the queue for the answer that may come.
    bool giveUp(Id id, const app::Error &error) {
        Request *request = find(id);
        if (!request)
            return true;
        const Request waiting{{}, request->context, std::exchange(request->callback, {}), 0, true, true};
        request->isGivenUp = true;
        return call(waiting, tl::unexpected(error));
    }
    // All that are there now: a callback may ask again. `errorFor` makes a command's error.
    template <class ErrorFor>
    bool failAll(const ErrorFor &errorFor) {
        m_timer.stop();
        for (auto &[id, request] : std::exchange(m_requests, {}))
            if (!call(request, tl::unexpected(errorFor(request.command))))
                return false;
        return true;
    }

private:
    static qint64 nowMs() { return QDeadlineTimer::current().deadline(); }

    bool call(const Request &request, const Reply &reply) {
        const QPointer<QObject> alive(m_owner);
        if (request.context && request.callback)
            request.callback(reply);
        return !alive.isNull();
    }

    void setDeadline(Request &request, int milliseconds) {
        request.deadlineMs = milliseconds == 0 ? 0 : nowMs() + milliseconds;
        // One that is due earlier than all others is rare: the time-outs of a peer are all the same.
        if (milliseconds != 0 && (!m_timer.isActive() || request.deadlineMs < m_timerAtMs))
            arm(request.deadlineMs);
    }

    void arm(qint64 atMs) {
        m_timerAtMs = atMs;
        m_timer.start(std::chrono::milliseconds(qMax<qint64>(1, atMs - nowMs())));
    }

    void tellLate() {
        const qint64 now = nowMs();
        std::vector<Id> late;
        for (const auto &[id, request] : m_requests)
            if (request.deadlineMs != 0 && now >= request.deadlineMs)
                late.push_back(id);
        const QPointer<QObject> alive(m_owner);
        for (const Id id : late) {
            if (m_requests.contains(id)) // else an earlier callback has ended it
                m_late(id);
            if (!alive)
                return;
        }
        qint64 next = std::numeric_limits<qint64>::max();
        for (const auto &[id, request] : m_requests)
            if (request.deadlineMs != 0)
                next = qMin(next, request.deadlineMs);
        if (next != std::numeric_limits<qint64>::max())
            arm(next);
    }

    QObject *m_owner;
    std::function<void(Id)> m_late;
    std::map<Id, Request> m_requests;
    Id m_nextId = 0;
    QTimer m_timer;         // for the earliest deadline, or earlier
    qint64 m_timerAtMs = 0; // when it is due
};

} // namespace nitroscope::proto
