// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/history_search.hpp"

#include "app/session/debug/cpu_space.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using Kind = HistoryQuestion::Kind;

HistorySearch::HistorySearch(GdbBroker *broker, const void *party, Tools tools, QObject *parent)
    : QObject(parent), m_broker(broker), m_tools(std::move(tools)), m_owner(party, &m_owner) {}

Result<void> HistorySearch::begin(const HistoryQuestion &question, const TargetStop &stop) {
    m_breakpoints.clear();
    if (question.kind == Kind::runs) {
        m_breakpoints.append({0, question.address, 1});
    } else {
        const auto physical = question.space == AddressSpace::guestPhysical
                                  ? std::optional(question.address)
                                  : m_tools.physical(stop, question.address);
        if (!physical)
            return failure(u"no-memory"_s,
                           u"Nothing is mapped at 0x%1 now, so there is nothing to look for."_s.arg(
                               question.address, 0, 16));
        m_physical = *physical;
        m_breakpoints = watchesOf(question, stop, m_physical);
    }
    m_question = question;
    ++m_serial;
    m_hits.clear();
    m_processes.clear();
    m_remark.clear();
    m_isCancelled = false;
    m_from = stop.instruction;
    if (question.kind != Kind::runs)
        m_present = m_tools.read(m_physical, question.bytes);
    if (question.kind == Kind::runs && stop.instruction != 0U) {
        m_phase = Phase::toBeginning;
        m_broker->breakpoints().setOnly(m_owner);
        goTo(0);
        return {};
    }
    start();
    return {};
}

// Every address that leads to the byte, as far as it is known.
QVector<Breakpoint> HistorySearch::watchesOf(const HistoryQuestion &question, const TargetStop &stop,
                                             quint64 physical) {
    const arch::LinuxKernel &kernel = stop.architecture->kernel;
    const int type = question.kind == Kind::writer ? 2 : 3;
    QVector<quint64> addresses{physical, kernel.imageBase + physical, kernel.directMap + physical};
    if (question.space == AddressSpace::guestVirtual)
        addresses.append(question.address);
    std::sort(addresses.begin(), addresses.end());
    addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
    QVector<Breakpoint> watches;
    for (const quint64 address : std::as_const(addresses))
        watches.append({type, address, question.bytes});
    return watches;
}

void HistorySearch::start() {
    m_phase = Phase::running;
    BreakpointRegistry &registry = m_broker->breakpoints();
    registry.setOnly(m_owner);
    for (const Breakpoint &breakpoint : std::as_const(m_breakpoints))
        registry.insert(breakpoint, m_owner);
    if (m_question->kind == Kind::writer)
        m_broker->reverse(Reverse::run);
    else
        m_broker->resume(";c");
}

void HistorySearch::cancel() {
    if (!isActive() || m_isCancelled)
        return;
    m_isCancelled = true;
    if (m_phase != Phase::returning)
        m_broker->interrupt();
}

void HistorySearch::drop() {
    if (!m_question)
        return;
    m_remark = u"The recording was closed before there was an answer."_s;
    tell();
}

// Whether the access that it stopped for was one of the byte that was asked about.
bool HistorySearch::isAccess(const TargetStop &stop) const {
    const auto offset = stop.reply.watchAddress;
    for (const Breakpoint &watch : m_breakpoints)
        if (watch.isWatching(offset))
            if (const auto physical = m_tools.physical(stop, watch.address); physical == m_physical)
                return true;
    return false;
}

void HistorySearch::consider(const TargetStop &stop, const std::function<void(bool stays)> &decide) {
    if (stop.instruction)
        emit progress(*stop.instruction, m_hits.size());
    if (m_phase != Phase::running || m_isCancelled) {
        decide(m_isCancelled);
        return;
    }
    if (m_question->kind != Kind::runs) {
        decide(isAccess(stop));
        return;
    }
    record(stop, [this, decide] { decide(m_isCancelled || m_hits.size() >= maxHits); });
}

void HistorySearch::record(const TargetStop &stop, const std::function<void()> &then) {
    const quint64 stack =
        stop.isUser() ? 0 : stop.stackPointer() & ~(stop.architecture->kernel.stackBytes - 1);
    const std::pair key{rootOf(stop), stack};
    const auto isAsked = [this, self = QPointer(this), serial = m_serial] {
        return self && m_question && m_serial == serial;
    };
    m_tools.frames(stop, [this, isAsked, stop, key, then](const QVector<DebugFrame> &frames) {
        if (!isAsked())
            return;
        const auto add = [this, stop, frames, key, then](const QString &process) {
            m_processes.insert(key, process);
            HistoryHit hit{stop.instruction.value_or(0), stop.pc, process, frames, {}};
            if (m_question->kind != Kind::runs)
                hit.before = m_tools.read(m_physical, m_question->bytes);
            m_hits.append(hit);
            then();
        };
        if (const auto known = m_processes.constFind(key); known != m_processes.constEnd()) {
            const QString process = *known;
            add(process);
            return;
        }
        m_tools.process(stop, [isAsked, add](const QString &process) {
            if (isAsked())
                add(process);
        });
    });
}

bool HistorySearch::takes(const TargetStop &stop) {
    if (!isActive())
        return false;
    if (m_isCancelled && m_phase != Phase::returning) {
        finish(u"Cancelled."_s);
        return m_question.has_value();
    }
    switch (m_phase) {
    case Phase::toBeginning:
        start();
        return true;
    case Phase::running:
        return takesRun(stop);
    case Phase::overAccess:
        if (m_tools.read(m_physical, m_question->bytes) != m_present)
            m_remark =
                u"It holds something else now: a device wrote it later, or a program through an address that is "
                "not known."_s;
        m_phase = Phase::backToAccess;
        m_broker->reverse(Reverse::step);
        return true;
    case Phase::backToAccess:
        m_stopText = (m_question->kind == Kind::writer ? u"Writes 0x%1"_s : u"Reads 0x%1"_s)
                         .arg(m_question->address, 0, 16);
        m_broker->breakpoints().setOnly({});
        m_phase = Phase::telling;
        record(stop, [this] { tell(); });
        return false;
    case Phase::returning:
        m_stopText = u"Back where the question was asked"_s;
        tell();
        return false;
    case Phase::telling:
        break;
    }
    return false;
}

bool HistorySearch::takesRun(const TargetStop &stop) {
    const bool isAtEdge = stop.edge != RecordingEdge::none;
    const QString otherwise = u"Something else stopped the search."_s;
    if (m_question->kind == Kind::runs) {
        finish(m_hits.size() >= maxHits ? u"Only the first %L1 are shown."_s.arg(maxHits)
               : isAtEdge               ? QString()
                                        : otherwise);
    } else if (isAtEdge || stop.reply.watchAddress == 0) {
        finish(
            !isAtEdge ? otherwise
            : m_question->kind == Kind::writer
                ? u"No instruction of the recording wrote it: it is as the machine began, or a device wrote it."_s
                : u"Nothing reads it from here to the end of the recording."_s);
    } else {
        m_broker->breakpoints().removeAll(m_owner);
        if (m_question->kind == Kind::writer) {
            m_phase = Phase::overAccess;
            m_broker->resume(";s:" + rsp::hexNumber(quint64(qMax<qint64>(1, stop.reply.thread.thread))));
        } else {
            m_phase = Phase::backToAccess;
            m_broker->reverse(Reverse::step);
        }
        return true;
    }
    return m_question.has_value();
}

// Back to where it was asked.
void HistorySearch::finish(const QString &remark) {
    m_remark = remark;
    m_broker->breakpoints().removeAll(m_owner);
    if (m_from && m_replay && m_replay->isReplay()) {
        m_phase = Phase::returning;
        goTo(*m_from);
    } else {
        m_stopText = remark;
        tell();
    }
}

// By the machine where it can; else backwards until there is nothing more.
void HistorySearch::goTo(quint64 instruction) {
    if (m_replay && m_replay->isReplay())
        m_replay->seek(instruction);
    else
        m_broker->reverse(Reverse::run);
}

void HistorySearch::tell() {
    m_broker->breakpoints().setOnly({});
    const HistoryAnswer answer{*std::exchange(m_question, std::nullopt), std::exchange(m_hits, {}), m_remark};
    emit answered(answer);
}

} // namespace nitroscope::app
