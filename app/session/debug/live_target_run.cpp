// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of LiveTarget: letting the target run, and to where.
#include "app/session/debug/boot_point.hpp"
#include "app/session/debug/live_target.hpp"

#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

bool LiveTarget::refuseUnlessStopped(const char *what) {
    if (m_state == State::stopped)
        return false;
    emit problem({u"target-running"_s,
                  u"%1 needs a stopped target: interrupt it first."_s.arg(QLatin1String(what)),
                  std::nullopt,
                  {}});
    return true;
}

void LiveTarget::resume() {
    if (m_state == State::stopped)
        m_broker->resume(";c");
}

void LiveTarget::interrupt() {
    if (m_state == State::running)
        m_broker->interrupt();
}

void LiveTarget::step() {
    if (!refuseUnlessStopped("A step"))
        m_broker->resume(";s:" + rsp::hexNumber(quint64(m_thread)));
}

void LiveTarget::go(const Destination &destination, Way way) {
    m_broker->breakpoints().removeAll(m_destinationOwner);
    m_destination = destination;
    for (auto place = destination.places.keyBegin(); place != destination.places.keyEnd(); ++place)
        m_broker->breakpoints().insertCode(*place, m_destinationOwner);
    if (way == Way::backwards)
        m_broker->reverse(Reverse::run);
    else
        m_broker->resume(";c");
}

void LiveTarget::stepOver() {
    if (refuseUnlessStopped("A step") || !looked())
        return;
    fetch(AddressSpace::guestVirtual, looked()->pc, quint64(architecture().instructions.longest),
          [this, stop = *looked()](const Result<QByteArray> &code) {
              if (m_state != State::stopped || !m_stop || m_stop->generation != stop.generation)
                  return;
              const int length =
                  code ? architecture().instructions.lengthToStepOver(*code, stop.segment.mode) : 0;
              if (length == 0 || m_thread != stop.reply.thread.thread) // or another CPU was chosen since
                  step();
              else
                  go({{{stop.pc + quint64(length), {}}}, stop.stackPointer(), DebugStop::Why::step});
          });
}

void LiveTarget::withCaller(std::function<void(const DebugFrame &own, const DebugFrame &caller)> use) {
    const Token token = readFrames(m_thread, 64);
    const auto once = std::make_shared<QMetaObject::Connection>();
    *once = connect(this, &DebugTarget::framesRead, this,
                    [this, token, once, generation = m_raw->generation,
                     use = std::move(use)](quint64 answered, quint64, const QVector<DebugFrame> &frames) {
                        if (answered != token)
                            return;
                        disconnect(*once);
                        if (m_state != State::stopped || !m_stop || m_stop->generation != generation)
                            return;
                        // Inlined functions have no caller of their own.
                        qsizetype caller = 1;
                        while (caller < frames.size() && frames[caller - 1].isInline)
                            ++caller;
                        if (caller >= frames.size()) {
                            emit problem({u"no-caller"_s,
                                          u"The caller is not known; run to a place instead."_s,
                                          std::nullopt,
                                          {}});
                            return;
                        }
                        use(frames[0], frames[caller]);
                    });
}

void LiveTarget::stepOut() {
    if (refuseUnlessStopped("Running to the caller") || !m_raw)
        return;
    withCaller([this](const DebugFrame &own, const DebugFrame &caller) {
        go({{{caller.pc, {}}}, own.sp, DebugStop::Why::step});
    });
}

void LiveTarget::runTo(quint64 address) {
    if (refuseUnlessStopped("Running to a place"))
        return;
    const auto place = m_symbols->place(address);
    go({{{address, {u"Reached "_s + (place ? place->text() : u"0x%1"_s.arg(address, 0, 16)), {}}}},
        std::nullopt,
        DebugStop::Why::breakpoint});
}

void LiveTarget::runToBootPoint(BootPoint point) {
    if (m_state == State::detached)
        return;
    if (const QString why = m_walk.problem(point); !why.isEmpty()) {
        emit problem({u"boot-point"_s, u"%1: %2."_s.arg(bootPointTitle(point), why), std::nullopt, {}});
        return;
    }
    if (point == BootPoint::reset) {
        if (m_replay && m_replay->isReplay()) { // a reset would not be what was recorded
            m_replay->seek(0);
            return;
        }
        if (m_state == State::stopped) {
            m_machine->reset();
            return;
        }
        m_resetsWhenStopped = true;
        m_broker->interrupt();
        return;
    }
    m_walk.aim(point);
    if (m_state == State::stopped)
        m_broker->resume(";c");
}

void LiveTarget::selectThread(qint64 thread) {
    if (!m_broker->threads().contains(thread) || m_thread == thread)
        return;
    m_thread = thread;
    for (DebugThread &known : m_threads)
        known.isCurrent = known.id == thread;
    emit threadsChanged();
    lookAtSelected();
}

void LiveTarget::addBreakpoint(const DebugBreakpoint &wanted) {
    m_breakpoints.add(wanted);
}
void LiveTarget::changeBreakpoint(const DebugBreakpoint &changed) {
    m_breakpoints.change(changed);
}
void LiveTarget::removeBreakpoint(int number) {
    m_breakpoints.remove(number);
}

} // namespace nitroscope::app
