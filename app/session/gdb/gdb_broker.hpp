// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one client of QEMU's gdbstub and the one owner of run control while debugging; everybody else (the
// window, each gdb at our own endpoint) asks here.
//
// The stub serves one client, and much of what a second one could do breaks the first: `?` drops breakpoints,
// `k` ends QEMU, `bs` outside of a replay aborts it, a QMP `cont` leaves a waiting client unaware. The broker
// keeps breakpoints with their owners, knows whether the target runs, reads at each stop what every client
// asks first (registers and code segment), and tells all of them of it. Everything is asynchronous.
#pragma once

#include "app/proto/rsp/client.hpp"
#include "app/session/gdb/breakpoint_table.hpp"
#include "app/session/gdb/register_view.hpp"

namespace nitroscope::app {

// All that is known at a stop.
struct TargetStop {
    rsp::StopReply reply;
    quint64 generation = 0;
    CodeSegment segment;
    quint64 pc = 0;            // linear
    QByteArray registers;      // QEMU's `g` of the stopped CPU, raw; empty when it could not be read
    bool atBreakpoint = false; // of any owner
};

class GdbBroker : public QObject {
    Q_OBJECT
public:
    using Owner = BreakpointTable::Owner;
    using Callback = rsp::Client::Callback;

    // The device leads to the stub, whose machine must be stopped; it is not owned.
    explicit GdbBroker(QIODevice *stub, QObject *parent = nullptr);

    bool isReady() const { return m_stop.has_value() || m_isRunning; }
    bool isRunning() const { return m_isRunning; }
    const std::optional<TargetStop> &lastStop() const { return m_stop; }

    // A plain command, for CPU `thread` when that is not 0. Refused while the target runs (rsp-running).
    void ask(const QByteArray &command, qint64 thread, QObject *context, Callback callback);
    void askMonitor(const QByteArray &words, QObject *context, Callback callback);
    // Guest-virtual memory of `thread`, in as many packets as it takes, up to what is mapped: an error only
    // when not even the first byte can be read.
    void readMemory(qint64 thread, quint64 address, quint64 bytes, QObject *context,
                    std::function<void(const Result<QByteArray> &)> callback);

    // Z and z. The callback's payload is the stub's, or OK when it need not be asked.
    void insert(const Breakpoint &breakpoint, Owner owner, QObject *context, Callback callback);
    void remove(const Breakpoint &breakpoint, Owner owner, QObject *context, Callback callback);
    // When an owner goes. Possible while the target runs: done at the next stop.
    void removeAll(Owner owner);
    const BreakpointTable &breakpoints() const { return m_breakpoints; }

    // `actions` as after `vCont`: ";c", ";s:1". Nothing happens when the target runs already.
    void resume(const QByteArray &actions);
    void interrupt() { m_stub.interrupt(); }
    // Registers were written: what was read at the stop is out of date.
    void forgetRegisters();

signals:
    void ready();
    void resumed();
    void stopped(const nitroscope::app::TargetStop &stop);
    void problem(const nitroscope::app::Error &error);
    void closed(const nitroscope::app::Error &error);

private:
    void examine(const rsp::StopReply &reply, quint64 generation);
    void publish(TargetStop stop);
    void dropOrphans();
    void readPiece(const std::shared_ptr<struct MemoryRead> &read);

    rsp::Client m_stub;
    BreakpointTable m_breakpoints;
    QVector<Breakpoint> m_orphans; // still in the stub, wanted by nobody
    std::optional<TargetStop> m_stop;
    QByteArray
        m_afterStep; // what to resume with once the breakpoint under the program counter is stepped over
    qint64 m_selectedThread = 0;
    bool m_isRunning = false;
    bool m_wasReady = false;
};

} // namespace nitroscope::app
