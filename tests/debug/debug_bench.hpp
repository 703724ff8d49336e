// SPDX-License-Identifier: GPL-2.0-or-later
//
// An enclave under the debugger, for tests: waits by conditions with long time-outs, because a loaded machine
// boots slowly.
#pragma once

#include "app/session/debug/boot_point.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/run/live_session.hpp"
#include "tests/boot/support/guest.hpp"

#include <QtTest>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

struct DebugBench {
    app::LiveSession session{app::LiveSession::Stream::ignored};
    QString eif = Guest::demoEif();
    int gdbPort = -1; // as LaunchSpec's
    QString socket;
    QVector<app::DebugStop> stops;
    QStringList problems, log;
    QByteArray console;
    std::optional<app::EndReason> end;

    static constexpr int patience = 240'000; // milliseconds

    // `kernelAddsTo` may be nokaslr.
    bool start(const QString &append = {}, unsigned cpus = 1) {
        QObject::connect(&session, &app::EnclaveSession::debuggerReady, &session,
                         [this](const QString &path) { socket = path; });
        QObject::connect(&session, &app::EnclaveSession::logLine, &session,
                         [this](const app::LogEntry &entry) { log << entry.source + u": "_s + entry.text; });
        QObject::connect(&session, &app::EnclaveSession::consoleOutput, &session,
                         [this](const QByteArray &bytes) { console += bytes; });
        QObject::connect(&session, &app::EnclaveSession::ended, &session,
                         [this](const app::EndReason &reason) { end = reason; });
        app::LaunchSpec spec;
        spec.eifPath = eif;
        spec.append = append;
        spec.cpuCount = cpus;
        spec.debugger = true;
        spec.gdbPort = gdbPort;
        session.start(spec);
        if (!wait([this] { return !socket.isEmpty(); }))
            return false;
        QObject::connect(target(), &app::DebugTarget::stopped, &session,
                         [this](const app::DebugStop &stop) { stops.append(stop); });
        QObject::connect(target(), &app::DebugTarget::problem, &session,
                         [this](const app::Error &error) { problems << error.message; });
        return true;
    }

    app::LiveTarget *target() { return session.liveTarget(); }

    template <class Condition>
    bool wait(Condition condition, int milliseconds = patience) {
        const bool held = QTest::qWaitFor([&] { return condition() || end; }, milliseconds) && condition();
        if (!held)
            qWarning() << "waited in vain;" << log.mid(qMax<qsizetype>(0, log.size() - 6)) << problems
                       << (end ? end->message : QString()) << console.right(300);
        return held;
    }

    // Runs by `go` until the next stop is told.
    template <class Go>
    std::optional<app::DebugStop> stopAfter(Go go) {
        const qsizetype before = stops.size();
        go();
        if (!wait([&] { return stops.size() > before; }))
            return std::nullopt;
        return stops.last();
    }
    std::optional<app::DebugStop> runTo(app::BootPoint point) {
        return stopAfter([&] { target()->runToBootPoint(point); });
    }

    // Makes the request, waits for its answer, and gives what the answer says beside the token to `take`.
    template <class... Told, class Request, class Take>
    bool ask(void (app::DebugTarget::*answer)(app::DebugTarget::Token, Told...), Request request, Take take) {
        bool isDone = false;
        app::DebugTarget::Token token = 0;
        QObject context;
        QObject::connect(target(), answer, &context, [&](app::DebugTarget::Token answered, Told... told) {
            if (answered != token)
                return;
            isDone = true;
            take(told...);
        });
        token = request();
        return wait([&] { return isDone; });
    }

    QByteArray memory(app::AddressSpace space, quint64 address, quint64 bytes) {
        QByteArray found;
        ask(
            &app::DebugTarget::memoryRead, [&] { return target()->readMemory(space, address, bytes); },
            [&](quint64, const app::Result<QByteArray> &read) { found = read.value_or(QByteArray()); });
        return found;
    }

    QByteArray registers(qint64 thread) {
        QByteArray found;
        ask(
            &app::DebugTarget::registersRead, [&] { return target()->readRegisters(thread); },
            [&](const app::Result<app::RegisterSet> &read) { found = read ? read->raw : QByteArray(); });
        return found;
    }

    std::optional<quint64> value(const QString &expression) {
        std::optional<quint64> found;
        ask(
            &app::DebugTarget::evaluated, [&] { return target()->evaluate(expression); },
            [&](const app::Result<quint64> &read) {
                if (read)
                    found = *read;
            });
        return found;
    }

    QVector<app::DebugFrame> frames(qint64 thread) {
        QVector<app::DebugFrame> found;
        ask(
            &app::DebugTarget::framesRead, [&] { return target()->readFrames(thread, 64); },
            [&](quint64, const QVector<app::DebugFrame> &read) { found = read; });
        return found;
    }

    QStringList translation(quint64 address) {
        QStringList found;
        ask(
            &app::DebugTarget::translated, [&] { return target()->translate(address); },
            [&](const QStringList &steps) { found = steps; });
        return found;
    }

    // Stops where the demo's application, and nobody else, writes.
    std::optional<app::DebugStop> stopInApplicationsWrite() {
        app::DebugBreakpoint wanted;
        wanted.place = u"ksys_write"_s;
        wanted.process = u"demo-app"_s;
        target()->addBreakpoint(wanted);
        return stopAfter([&] { target()->resume(); });
    }

    // The symbol at an address, without its offset.
    QString name(quint64 address) {
        const auto place = target()->symbols()->place(address);
        return place ? place->text() : QString();
    }
};

} // namespace nitroscope::test
