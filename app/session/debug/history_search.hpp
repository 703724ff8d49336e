// SPDX-License-Identifier: GPL-2.0-or-later
//
// Questions to a recording that are answered by running through it: who wrote this memory last, who reads it next, every
// time this code ran. Nobody hears of the stops on the way, and only the question's own breakpoints are in the stub
// meanwhile.
//
// A watchpoint of QEMU's is on a virtual address, and memory has several. What is asked about is therefore the physical
// byte: all addresses that are known to lead to it are watched (the one that was given, the kernel's map of all memory, its
// image, and the physical address itself, where firmware and decompressor run), and an access counts when the page tables
// at that moment lead there. What a device writes passes by no watchpoint: when the writer found leaves something else
// there than what is there now, the answer says so.
#pragma once

#include "app/session/gdb/gdb_broker.hpp"
#include "app/session/record/replay_control.hpp"
#include "app/session/target/debug_types.hpp"

#include <QPointer>

namespace nitroscope::app {

class HistorySearch : public QObject {
    Q_OBJECT
public:
    // What a stop is looked at with. Those with `done` call it once, perhaps later.
    struct Tools {
        std::function<std::optional<quint64>(const TargetStop &cpu, quint64 address)> physical;
        std::function<QByteArray(quint64 physical, quint64 bytes)> read;
        std::function<void(const TargetStop &stop, const std::function<void(QVector<DebugFrame>)> &done)>
            frames;
        std::function<void(const TargetStop &stop, const std::function<void(QString)> &done)> process;
    };
    static constexpr qsizetype maxHits = 10'000;

    // `party` is whom its breakpoints belong to: the judge's.
    HistorySearch(GdbBroker *broker, const void *party, Tools tools, QObject *parent = nullptr);

    void follow(ReplayControl *replay) { m_replay = replay; }
    bool isActive() const { return m_question && m_phase != Phase::telling; }
    // The target must stand still, at `stop`. Errors: no-memory when nothing is known of the place.
    Result<void> begin(const HistoryQuestion &question, const TargetStop &stop);
    void cancel();
    void drop(); // the target is gone

    // As a judge.
    void consider(const TargetStop &stop, const std::function<void(bool stays)> &decide);
    // A stop that everybody is told of. True when it is none of the target's yet: the search goes on from there.
    bool takes(const TargetStop &stop);
    // What the last stop that was not taken is to the user.
    const QString &stopText() const { return m_stopText; }

signals:
    void progress(quint64 instruction, qsizetype hits);
    void answered(const nitroscope::app::HistoryAnswer &answer);

private:
    enum class Phase {
        toBeginning, // of the recording
        running,
        overAccess,   // what the writer writes is looked at
        backToAccess, // a watchpoint of a run forward stops behind the access, too
        returning,    // to where the question was asked
        telling,      // the machine stands where it is to; the rest of the answer is being read
    };

    static QVector<Breakpoint> watchesOf(const HistoryQuestion &question, const TargetStop &stop,
                                         quint64 physical);
    bool isAccess(const TargetStop &stop) const;
    void start();
    bool takesRun(const TargetStop &stop);
    void record(const TargetStop &stop, const std::function<void()> &then);
    void finish(const QString &remark);
    void goTo(quint64 instruction);
    void tell();

    GdbBroker *m_broker;
    Tools m_tools;
    QPointer<ReplayControl> m_replay;
    std::optional<HistoryQuestion> m_question;
    QVector<HistoryHit> m_hits;
    QVector<Breakpoint> m_breakpoints;
    QMap<std::pair<quint64, quint64>, QString> m_processes; // by address space and stack
    quint64 m_physical = 0;
    QByteArray m_present; // the memory when it was asked
    std::optional<quint64> m_from;
    Phase m_phase = Phase::running;
    QString m_remark, m_stopText;
    bool m_isCancelled = false;
    quint64 m_serial = 0; // of the question
    const BreakpointOwner m_owner;
};

} // namespace nitroscope::app
