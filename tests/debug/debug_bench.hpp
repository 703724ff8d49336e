// SPDX-License-Identifier: GPL-2.0-or-later
//
// An enclave under the debugger, for tests: waits by conditions with long time-outs, because a loaded machine
// boots slowly.
#pragma once

#include "app/session/debug/boot_point.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/live_session.hpp"
#include "tests/boot/support/guest.hpp"

#include <QtTest>

namespace nitroscope::test {

struct DebugBench {
    app::LiveSession session;
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
        QObject::connect(
            &session, &app::EnclaveSession::logLine, &session,
            [this](const app::LogEntry &entry) { log << entry.source + QStringLiteral(": ") + entry.text; });
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

    QByteArray memory(app::AddressSpace space, quint64 address, quint64 bytes) {
        QByteArray found;
        bool isDone = false;
        quint64 token = 0;
        QObject context;
        QObject::connect(target(), &app::DebugTarget::memoryRead, &context,
                         [&](quint64 answered, quint64, const app::Result<QByteArray> &read) {
                             if (answered != token)
                                 return;
                             isDone = true;
                             found = read.value_or(QByteArray());
                         });
        token = target()->readMemory(space, address, bytes);
        return wait([&] { return isDone; }) ? found : QByteArray();
    }

    QByteArray registers(qint64 thread) {
        QByteArray found;
        bool isDone = false;
        quint64 token = 0;
        QObject context;
        QObject::connect(target(), &app::DebugTarget::registersRead, &context,
                         [&](quint64 answered, const app::Result<app::RegisterSet> &read) {
                             if (answered != token)
                                 return;
                             isDone = true;
                             found = read ? read->raw : QByteArray();
                         });
        token = target()->readRegisters(thread);
        return wait([&] { return isDone; }) ? found : QByteArray();
    }

    std::optional<quint64> value(const QString &expression) {
        std::optional<quint64> found;
        bool isDone = false;
        quint64 token = 0;
        QObject context;
        QObject::connect(target(), &app::DebugTarget::evaluated, &context,
                         [&](quint64 answered, const app::Result<quint64> &read) {
                             if (answered != token)
                                 return;
                             isDone = true;
                             if (read)
                                 found = *read;
                         });
        token = target()->evaluate(expression);
        return wait([&] { return isDone; }) ? found : std::nullopt;
    }

    QVector<app::DebugFrame> frames(qint64 thread) {
        QVector<app::DebugFrame> found;
        bool isDone = false;
        quint64 token = 0;
        QObject context;
        QObject::connect(target(), &app::DebugTarget::framesRead, &context,
                         [&](quint64 answered, quint64, const QVector<app::DebugFrame> &read) {
                             if (answered != token)
                                 return;
                             isDone = true;
                             found = read;
                         });
        token = target()->readFrames(thread, 64);
        return wait([&] { return isDone; }) ? found : QVector<app::DebugFrame>();
    }

    QStringList translation(quint64 address) {
        QStringList found;
        bool isDone = false;
        quint64 token = 0;
        QObject context;
        QObject::connect(target(), &app::DebugTarget::translated, &context,
                         [&](quint64 answered, const QStringList &steps) {
                             if (answered != token)
                                 return;
                             isDone = true;
                             found = steps;
                         });
        token = target()->translate(address);
        return wait([&] { return isDone; }) ? found : QStringList();
    }

    // The symbol at an address, without its offset.
    QString name(quint64 address) {
        const auto place = target()->symbols()->place(address);
        return place ? place->text() : QString();
    }
};

} // namespace nitroscope::test
