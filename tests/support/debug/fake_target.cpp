// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/debug/fake_target.hpp"
#include "app/core/arch/x86/registers.hpp"

#include <algorithm>
#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void FakeTarget::load(const FakeProgram &program) {
    m_program = program;
    m_at = 0;
    m_memory.clear();
    map(AddressSpace::guestVirtual, program.base, program.code);
    map(AddressSpace::guestPhysical, program.base & 0xffffff, program.code);
    map(AddressSpace::guestVirtual, program.stackTop - static_cast<quint64>(program.stack.size()),
        program.stack);
    for (const FakeSymbol &symbol : program.symbols)
        m_symbols->add(symbol);
    const bool isLong = program.segment.mode == CpuMode::bits64;
    setNumber(18, isLong ? 0x10 : program.segment.mode == CpuMode::bits32 ? 0x10 : 0xf000);
    setNumber(19, 0x18);
    setNumber(27, isLong ? 0x80050033 : program.segment.mode == CpuMode::bits32 ? 0x11 : 0x10);
    setNumber(29, isLong ? 0x240a000 : 0);
    setNumber(30, isLong ? 0x6f0 : 0);
    setNumber(32, isLong ? 0xd01 : 0);
    if (m_threads.isEmpty())
        m_threads = {{1, u"CPU 0"_s, u"running"_s, program.base, true, u"swapper/0 (0)"_s}};
    m_state = State::stopped;
    enterStep();
    playStop(DebugStop::Why::reset, u"Reset"_s);
}

void FakeTarget::map(AddressSpace space, quint64 address, const QByteArray &bytes) {
    m_memory.prepend({space, address, bytes});
}

FakeSymbols &FakeTarget::makeSymbols() {
    m_symbols = std::make_shared<FakeSymbols>(*m_symbols);
    return *m_symbols;
}

void FakeTarget::setThreads(const QVector<DebugThread> &threads) {
    m_threads = threads;
    emit threadsChanged();
}

bool FakeTarget::deliverNext() {
    if (m_held.empty())
        return false;
    const auto next = std::move(m_held.front());
    m_held.pop_front();
    next();
    return true;
}

void FakeTarget::deliverAll() {
    while (deliverNext()) {
    }
}

FakeTarget::Token FakeTarget::reply(std::function<void(Token)> deliver) {
    const Token token = m_nextToken++;
    ++m_reads;
    auto run = [this, token, deliver = std::move(deliver)] {
        if (m_state != State::detached)
            deliver(token);
    };
    if (m_replies == Replies::atOnce)
        QMetaObject::invokeMethod(this, std::move(run), Qt::QueuedConnection);
    else if (m_replies == Replies::held)
        m_held.push_back(std::move(run));
    return token;
}

void FakeTarget::setNumber(int stubNumber, quint64 value) {
    const int offset = arch::x86::table.offset(stubNumber), bytes = arch::x86::table.bytes(stubNumber);
    for (int i = 0; i < std::min(bytes, 8); ++i)
        m_registers[offset + i] = static_cast<char>(value >> (8 * i));
}

void FakeTarget::enterStep() {
    for (const auto &[number, value] : m_program.path[m_at].registers)
        setNumber(number, value);
}

bool FakeTarget::advance(const std::function<bool(const FakeStep &)> &until) {
    do {
        if (m_at + 1 >= m_program.path.size())
            return false;
        ++m_at;
        enterStep();
    } while (!until(m_program.path[m_at]));
    return true;
}

void FakeTarget::playStop(DebugStop::Why why, const QString &text) {
    m_state = State::stopped;
    DebugStop stop;
    stop.generation = ++m_generation;
    stop.thread = m_thread;
    stop.why = why;
    stop.text = text;
    stop.pc = m_program.path.isEmpty() ? 0 : m_program.path[m_at].pc;
    stop.segment = m_program.segment;
    m_stop = stop;
    for (DebugThread &thread : m_threads)
        if (thread.id == m_thread)
            thread.pc = stop.pc;
    emit stateChanged(m_state);
    emit stopped(stop);
    emit threadsChanged();
}

void FakeTarget::playRunning() {
    m_state = State::running;
    m_stop.reset();
    emit stateChanged(m_state);
}

void FakeTarget::playDetach() {
    m_held.clear();
    m_state = State::detached;
    m_stop.reset();
    emit stateChanged(m_state);
    emit detached();
}

QString FakeTarget::bootPointProblem(BootPoint point) const {
    return point == BootPoint::applicationFirst ? u"The EIF has no second ramdisk."_s : QString();
}

bool FakeTarget::refusesRunning(const QString &what) {
    m_calls << what;
    if (m_state == State::stopped)
        return false;
    emit problem({u"target-running"_s, u"The machine runs. Pause it first."_s, {}, what});
    return true;
}

FakeTarget::Token FakeTarget::evaluate(const QString &expression) {
    m_calls << u"evaluate "_s + expression;
    return reply([this, expression](Token token) { emit evaluated(token, valueOf(expression)); });
}

// A number, symbol or register, with numbers added or subtracted.
Result<quint64> FakeTarget::valueOf(const QString &expression) const {
    QString rest = expression.trimmed();
    quint64 sum = 0;
    bool minus = false;
    while (!rest.isEmpty()) {
        qsizetype end = 0;
        while (end < rest.size() && rest[end] != QLatin1Char('+') && rest[end] != QLatin1Char('-'))
            ++end;
        const QString word = rest.first(end).trimmed();
        bool isNumber = false;
        quint64 value = word.toULongLong(&isNumber, 0);
        if (word == "$rip"_L1)
            value = m_program.path[m_at].pc;
        else if (word == "$rsp"_L1)
            value = qFromLittleEndian<quint64>(m_registers.constData() + arch::x86::table.offset(7));
        else if (const auto symbol = m_symbols->address(word); symbol && !isNumber)
            value = *symbol;
        else if (!isNumber)
            return failure(u"unknown-name"_s, u"There is no symbol “%1”."_s.arg(word));
        sum = minus ? sum - value : sum + value;
        minus = end < rest.size() && rest[end] == QLatin1Char('-');
        rest.remove(0, end + 1);
    }
    return sum;
}

FakeTarget::Token FakeTarget::readRegisters(qint64 thread) {
    return reply([this, set = RegisterSet{m_generation, thread, m_registers},
                  stopped = m_state == State::stopped](Token token) {
        if (stopped)
            emit registersRead(token, set);
        else
            emit registersRead(token, failure(u"target-running"_s, u"The machine runs."_s));
    });
}

FakeTarget::Token FakeTarget::readMemory(AddressSpace space, quint64 address, quint64 bytes) {
    // Pages are whole: what is around a stretch reads as zeros.
    QByteArray got;
    for (quint64 page = address & ~quint64{0xfff}; page <= address || page - address < bytes;
         page += 0x1000) {
        QByteArray whole(0x1000, '\0');
        bool isMapped = false;
        for (auto at = m_memory.crbegin(); at != m_memory.crend(); ++at) {
            if (at->space != space)
                continue;
            for (qsizetype i = 0; i < at->bytes.size(); ++i)
                if (const quint64 offset = at->address + static_cast<quint64>(i) - page; offset < 0x1000) {
                    whole[static_cast<qsizetype>(offset)] = at->bytes[i];
                    isMapped = true;
                }
        }
        if (!isMapped)
            break;
        got += whole;
        if (page + 0x1000 < page)
            break;
    }
    got = got.mid(static_cast<qsizetype>(address & 0xfff), static_cast<qsizetype>(bytes));
    return reply([this, address, got](Token token) {
        if (got.isEmpty())
            emit memoryRead(token, address, failure(u"not-mapped"_s, u"Nothing is mapped here."_s));
        else
            emit memoryRead(token, address, got);
    });
}

FakeTarget::Token FakeTarget::readFrames(qint64, int most) {
    return reply([this, generation = m_generation,
                  frames = m_frames.first(std::min<qsizetype>(most, m_frames.size()))](Token token) {
        emit framesRead(token, generation, frames);
    });
}

FakeTarget::Token FakeTarget::readKernel() {
    return reply([this, view = m_kernel](Token token) { emit kernelRead(token, view); });
}

FakeTarget::Token FakeTarget::translate(quint64 address) {
    const QString low = QString::number(address & 0xffffff, 16);
    return reply([this, low](Token token) {
        emit translated(token, {u"PML4E[511] at 0x240aff8: 0x240c067 P RW US A D"_s,
                                u"PDPTE[510] at 0x240cff0: 0x240d063 P RW A D"_s,
                                u"PDE[8] at 0x240d040: 0x10001e3 P RW A D 2M G"_s, u"physical 0x"_s + low});
    });
}

DebugBreakpoint *FakeTarget::hitAt(quint64 pc) {
    for (DebugBreakpoint &each : m_breakpoints)
        if (each.enabled && each.kind == DebugBreakpoint::Kind::code && each.address == pc &&
            each.state == DebugBreakpoint::State::set)
            return &each;
    return nullptr;
}

void FakeTarget::resume() {
    if (refusesRunning(u"resume"_s))
        return;
    playRunning();
    DebugBreakpoint *hit = nullptr;
    if (!advance([&](const FakeStep &step) { return (hit = hitAt(step.pc)) != nullptr; }))
        return; // runs on
    ++hit->hits;
    playStop(DebugStop::Why::breakpoint, u"Breakpoint %1 at %2"_s.arg(hit->number).arg(hit->place));
    emit breakpointsChanged();
}

void FakeTarget::interrupt() {
    m_calls << u"interrupt"_s;
    if (m_state == State::running)
        playStop(DebugStop::Why::interrupt, u"Paused"_s);
}

void FakeTarget::step() {
    if (refusesRunning(u"step"_s))
        return;
    playRunning();
    if (!advance([](const FakeStep &) { return true; }))
        m_at = 0;
    enterStep();
    playStop(DebugStop::Why::step, u"Step"_s);
}

void FakeTarget::stepOver() {
    if (refusesRunning(u"stepOver"_s))
        return;
    const int depth = m_program.path[m_at].depth;
    playRunning();
    advance([depth](const FakeStep &step) { return step.depth <= depth; });
    playStop(DebugStop::Why::step, u"Step over"_s);
}

void FakeTarget::stepOut() {
    if (refusesRunning(u"stepOut"_s))
        return;
    const int depth = m_program.path[m_at].depth;
    playRunning();
    advance([depth](const FakeStep &step) { return step.depth < depth; });
    playStop(DebugStop::Why::step, u"Step out"_s);
}

void FakeTarget::runTo(quint64 address) {
    if (refusesRunning(u"runTo 0x"_s + QString::number(address, 16)))
        return;
    playRunning();
    if (advance([address](const FakeStep &step) { return step.pc == address; }))
        playStop(DebugStop::Why::breakpoint, u"Ran to the cursor"_s);
}

void FakeTarget::runToBootPoint(BootPoint point) {
    if (refusesRunning(u"runToBootPoint %1"_s.arg(static_cast<int>(point))))
        return;
    playRunning();
    m_at = 0;
    enterStep();
    playStop(DebugStop::Why::bootPoint, u"Boot point"_s);
}

QString FakeTarget::reverseProblem() const {
    return m_isReplay ? QString() : u"Only a recording can be gone through backwards."_s;
}

void FakeTarget::retreat(const QString &what, DebugStop::Why why, const QString &text,
                         const std::function<bool(const FakeStep &)> &until) {
    if (refusesRunning(what))
        return;
    playRunning();
    bool isThere = false;
    while (m_at > 0 && !isThere)
        isThere = until(m_program.path[--m_at]);
    for (const qsizetype last = std::exchange(m_at, 0); m_at <= last; ++m_at)
        enterStep();
    --m_at;
    if (isThere)
        playStop(why, text);
    else
        playStop(DebugStop::Why::recordingEdge, u"At the beginning of the recording"_s);
}

void FakeTarget::resumeBack() {
    retreat(u"resumeBack"_s, DebugStop::Why::breakpoint, u"Breakpoint"_s,
            [this](const FakeStep &step) { return hitAt(step.pc) != nullptr; });
}

void FakeTarget::stepBack() {
    retreat(u"stepBack"_s, DebugStop::Why::step, u"Step back"_s, [](const FakeStep &) { return true; });
}

void FakeTarget::stepOverBack() {
    const int depth = m_program.path[m_at].depth;
    retreat(u"stepOverBack"_s, DebugStop::Why::step, u"Step over back"_s,
            [depth](const FakeStep &step) { return step.depth <= depth; });
}

void FakeTarget::stepOutBack() {
    const int depth = m_program.path[m_at].depth;
    retreat(u"stepOutBack"_s, DebugStop::Why::step, u"Step out back"_s,
            [depth](const FakeStep &step) { return step.depth < depth; });
}

void FakeTarget::runBackTo(quint64 address) {
    retreat(u"runBackTo 0x"_s + QString::number(address, 16), DebugStop::Why::breakpoint,
            u"Back at the cursor"_s, [address](const FakeStep &step) { return step.pc == address; });
}

void FakeTarget::runBackToStage() {
    retreat(u"runBackToStage"_s, DebugStop::Why::bootPoint, u"Stage"_s,
            [](const FakeStep &) { return false; });
}

void FakeTarget::ask(const HistoryQuestion &question) {
    m_calls << u"ask %1 0x%2 %3"_s.arg(int(question.kind)).arg(question.address, 0, 16).arg(question.bytes);
    m_question = question;
}

void FakeTarget::cancelQuestion() {
    m_calls << u"cancelQuestion"_s;
    if (m_question)
        emit answered({*std::exchange(m_question, std::nullopt), {}, u"Cancelled."_s});
}

void FakeTarget::selectThread(qint64 thread) {
    m_calls << u"selectThread %1"_s.arg(thread);
    m_thread = thread;
    for (DebugThread &each : m_threads)
        each.isCurrent = each.id == thread;
    emit threadsChanged();
}

void FakeTarget::addBreakpoint(const DebugBreakpoint &wanted) {
    m_calls << u"addBreakpoint "_s + wanted.place;
    DebugBreakpoint added = wanted;
    added.number = m_nextBreakpoint++;
    added.hits = 0;
    QString place = wanted.place;
    if (place.startsWith(QLatin1Char('*')))
        place.remove(0, 1);
    if (const auto address = valueOf(place)) {
        added.address = *address;
        added.state = added.enabled ? DebugBreakpoint::State::set : DebugBreakpoint::State::disabled;
    } else {
        added.state = DebugBreakpoint::State::waiting;
        added.problem = address.error().message;
    }
    m_breakpoints.append(added);
    emit breakpointsChanged();
}

void FakeTarget::changeBreakpoint(const DebugBreakpoint &changed) {
    m_calls << u"changeBreakpoint %1"_s.arg(changed.number);
    for (DebugBreakpoint &each : m_breakpoints)
        if (each.number == changed.number) {
            each = changed;
            each.state = changed.enabled ? DebugBreakpoint::State::set : DebugBreakpoint::State::disabled;
        }
    emit breakpointsChanged();
}

void FakeTarget::removeBreakpoint(int number) {
    m_calls << u"removeBreakpoint %1"_s.arg(number);
    m_breakpoints.removeIf([number](const DebugBreakpoint &each) { return each.number == number; });
    emit breakpointsChanged();
}

void FakeTarget::writeRegister(qint64, int stubNumber, const QByteArray &value) {
    m_calls << u"writeRegister %1 "_s.arg(stubNumber) + QString::fromLatin1(value.toHex());
    const int offset = arch::x86::table.offset(stubNumber);
    if (offset >= 0 && value.size() == arch::x86::table.bytes(stubNumber))
        m_registers.replace(offset, value.size(), value);
    emit targetChanged();
}

void FakeTarget::writeMemory(AddressSpace space, quint64 address, const QByteArray &bytes) {
    m_calls << u"writeMemory 0x%1 "_s.arg(address, 0, 16) + QString::fromLatin1(bytes.toHex());
    map(space, address, bytes);
    emit targetChanged();
}

void FakeTarget::loadDebugFile(const QString &path) {
    m_calls << u"loadDebugFile "_s + path;
}

} // namespace nitroscope::app
