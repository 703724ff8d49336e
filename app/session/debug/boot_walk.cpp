// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/boot_walk.hpp"

#include "app/session/debug/boot_point.hpp"
#include "app/session/debug/cpu_space.hpp"

#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 pageMask = 0xfff;
QString hex(quint64 number) {
    return u"0x"_s + QString::number(number, 16);
}

// Start of the stack that the kernel is on.
quint64 kernelStackOf(const TargetStop &stop) {
    return stop.stackPointer() & ~(stop.architecture->kernel.stackBytes - 1);
}

} // namespace

BootWalk::BootWalk(GdbBroker *broker, const void *party, MachineControl *machine, QObject *parent)
    : QObject(parent), m_broker(broker), m_breakpoints(&broker->breakpoints()), m_machine(machine),
      m_track(party, &m_track), m_aims(party, &m_aims) {}

void BootWalk::begin(BootMapPointer map) {
    m_map = std::move(map);
    afterReset();
}

void BootWalk::enter(BootMapPointer map) {
    m_map = std::move(map);
    note(BootPoint::startKernel); // a kernel that can be found has begun; begin() forgets it
    emit placed();
}

void BootWalk::afterReset() {
    ++m_boot;
    m_breakpoints->removeAll(m_track);
    m_copyJumpAt = m_outJumpAt = m_startKernelAt = 0;
    m_furthest = BootPoint::reset;
    m_unpackedAt.reset();
    m_slide.reset();
    m_initStack.reset();
    m_isInitStarted = false;
    m_user.reset();
    m_entered = {};
    m_firsts.clear();
    plantTracker();
    emit placed();
    if (m_aim)
        plantAim();
}

void BootWalk::plantTracker() {
    if (!m_map || !m_map->kernelProblem.isEmpty() || !m_map->vmlinuxProblem.isEmpty())
        return;
    if (!m_map->isMovable)
        m_slide = 0;
    if (m_map->jumps) {
        m_copyJumpAt = m_map->kernelAddress + m_map->jumps->intoCopy;
        m_breakpoints->insertCode(m_copyJumpAt, m_track);
    } else {
        // Not moved is the best guess, and right for a kernel that cannot be.
        m_unpackedAt = m_map->unpackedEntry;
        m_breakpoints->insertCode(*m_unpackedAt, m_track);
    }
}

std::optional<quint64> BootWalk::kernelSymbol(const char *name) const {
    return m_map ? m_map->symbol(name) : std::nullopt;
}

QString BootWalk::problem(BootPoint point) const {
    if (point == BootPoint::reset || point == BootPoint::nsmRequest || point == BootPoint::vsockPacket)
        return {};
    if (hasPassed(point))
        return u"not available, because this boot has passed it: reset the machine to get there again"_s;
    if (!m_map)
        return u"not available, because the EIF has not been read yet"_s;
    const auto because = [](const QString &why) {
        return why.isEmpty() ? QString() : u"not available, because "_s + why;
    };
    if (point == BootPoint::firmwareEntry)
        return because(m_map->firmwareProblem);
    if (!m_map->kernelProblem.isEmpty() || point == BootPoint::kernelEntry)
        return because(m_map->kernelProblem);
    if (!m_map->vmlinuxProblem.isEmpty())
        return because(m_map->vmlinuxProblem);
    if (!m_map->jumps && m_map->isMovable)
        return because(u"the decompressor of this kernel is not known; try -append nokaslr"_s);
    if (point == BootPoint::kernelUnpacked)
        return {};
    if (!m_map->hasSymbols()) {
        const formats::FirstProgram &program =
            point == BootPoint::initFirst ? m_map->programs.init : m_map->programs.application;
        const bool isProgram = point == BootPoint::initFirst || point == BootPoint::applicationFirst;
        if (isProgram && program.problem.isEmpty() && !program.isMovable)
            return {}; // entered at an address that the file tells
        return because(u"the kernel has no symbols: "_s +
                       (m_map->image ? m_map->image->symbolsProblem() : QString()));
    }
    if (point == BootPoint::initcallLevel)
        return m_map->initcalls.isEmpty() ? because(u"the kernel's list of initcalls was not found"_s)
                                          : QString();
    if (point == BootPoint::startKernel)
        return kernelSymbol("start_kernel") ? QString() : because(u"the kernel has no symbol start_kernel"_s);
    if (!kernelSymbol("start_thread"))
        return because(u"the kernel has no symbol start_thread"_s);
    if (point == BootPoint::applicationFirst && !m_map->programs.application.problem.isEmpty())
        return because(m_map->programs.application.problem);
    return {};
}

void BootWalk::note(BootPoint passed) {
    m_furthest = qMax(m_furthest, passed);
}

// In a recording every point can be passed again.
bool BootWalk::hasPassed(BootPoint point) const {
    if (m_broker->canReverse() || point == BootPoint::reset || point > BootPoint::applicationFirst)
        return false;
    return point == BootPoint::initcallLevel ? m_furthest > point : m_furthest >= point;
}

void BootWalk::aim(BootPoint point) {
    abandon();
    m_entered = {};
    m_aim = point;
    plantAim();
}

void BootWalk::abandon() {
    m_aim.reset();
    m_breakpoints->removeAll(m_aims);
    m_places.clear();
    m_startThreadAt = m_runInitAt = 0;
    m_user.reset();
    m_machine->clearBreaks();
}

QString BootWalk::levelText(const formats::InitcallLevel &level) const {
    const auto place = m_map->image->symbols().place(level.first);
    return u"Initcall level %1 (%2): %3, the first of %4"_s.arg(level.level)
        .arg(QLatin1String(formats::initcallLevelName(level.level)),
             place ? QString::fromUtf8(place->name) : hex(level.first))
        .arg(level.calls);
}

QMap<quint64, BootWalk::Place> BootWalk::passed() const {
    QMap<quint64, Place> places = m_firsts;
    if (!m_map)
        return places;
    const auto add = [&places](std::optional<quint64> address, BootPoint point) {
        if (address)
            places.insert(*address, {bootPointTitle(point), {}});
    };
    add(m_map->firmwareEntry, BootPoint::firmwareEntry);
    if (m_map->kernelProblem.isEmpty())
        add(m_map->kernelEntry, BootPoint::kernelEntry);
    add(m_unpackedAt, BootPoint::kernelUnpacked);
    if (!m_slide)
        return places;
    if (const auto start = kernelSymbol("start_kernel"))
        add(*start + *m_slide, BootPoint::startKernel);
    for (const formats::InitcallLevel &level : m_map->initcalls)
        places.insert(level.first + *m_slide, {levelText(level), {}});
    return places;
}

void BootWalk::plantAim() {
    m_breakpoints->removeAll(m_aims);
    m_places.clear();
    m_startThreadAt = m_runInitAt = 0;
    m_user.reset();
    const auto plant = [this](quint64 address, const QString &text) {
        m_places.insert(address, text);
        m_breakpoints->insertCode(address, m_aims);
    };
    const auto silently = [this](quint64 address) {
        m_breakpoints->insertCode(address, m_aims);
        return address;
    };
    if (!m_aim)
        return;
    switch (*m_aim) {
    case BootPoint::reset:
    case BootPoint::kernelUnpacked: // the tracker's
        break;
    case BootPoint::firmwareEntry:
        if (m_map && m_map->firmwareEntry)
            plant(*m_map->firmwareEntry, bootPointTitle(*m_aim));
        break;
    case BootPoint::kernelEntry:
        if (m_map && m_map->kernelProblem.isEmpty())
            plant(m_map->kernelEntry, bootPointTitle(*m_aim));
        break;
    case BootPoint::nsmRequest:
        m_machine->breakOnce(u"nsm"_s);
        break;
    case BootPoint::vsockPacket:
        m_machine->breakOnce(u"vsock"_s);
        break;
    case BootPoint::startKernel:
        if (const auto address = kernelSymbol("start_kernel"); address && m_slide)
            plant(*address + *m_slide, bootPointTitle(*m_aim));
        break;
    case BootPoint::initcallLevel:
        for (const formats::InitcallLevel &level :
             m_map ? m_map->initcalls : QVector<formats::InitcallLevel>())
            if (m_slide)
                plant(level.first + *m_slide, levelText(level));
        break;
    case BootPoint::initFirst:
    case BootPoint::applicationFirst: {
        if (!m_map)
            break;
        const formats::FirstProgram &program =
            *m_aim == BootPoint::initFirst ? m_map->programs.init : m_map->programs.application;
        if (!m_map->hasSymbols() && program.problem.isEmpty() && !program.isMovable)
            m_user = User{silently(program.entry), 0};
        if (!m_slide)
            break;
        if (const auto address = kernelSymbol("start_thread"))
            m_startThreadAt = silently(*address + *m_slide);
        if (const auto address = kernelSymbol("run_init_process"))
            m_runInitAt = silently(*address + *m_slide);
        break;
    }
    }
}

void BootWalk::consider(const TargetStop &stop, const Decision &decide) {
    if (stop.isUser())
        note(BootPoint::initFirst);
    if (track(stop, decide) || considerAim(stop, decide))
        return;
    decide(Verdict::notMine, {});
}

// The way through the decompressor. True when it has decided or will.
bool BootWalk::track(const TargetStop &stop, const Decision &decide) {
    const quint64 target = stop.value(stop.architecture->boot.jumpTarget);
    if (m_copyJumpAt != 0 && stop.pc == m_copyJumpAt) {
        note(BootPoint::kernelEntry);
        m_breakpoints->removeCode(m_copyJumpAt, m_track);
        m_copyJumpAt = 0;
        m_outJumpAt = target - m_map->jumps->relocated + m_map->jumps->out;
        m_breakpoints->insertCode(m_outJumpAt, m_track);
        decide(Verdict::goesOn, {});
        return true;
    }
    if (m_outJumpAt != 0 && stop.pc == m_outJumpAt) {
        m_breakpoints->removeCode(m_outJumpAt, m_track);
        m_outJumpAt = 0;
        m_unpackedAt = target;
        m_breakpoints->insertCode(target, m_track);
        decide(Verdict::goesOn, {});
        return true;
    }
    if (m_unpackedAt && stop.pc == *m_unpackedAt && m_breakpoints->owns(m_track, stop.pc)) {
        m_breakpoints->removeCode(stop.pc, m_track);
        note(BootPoint::kernelUnpacked);
        readPlace(stop, decide);
        return true;
    }
    if (m_startKernelAt != 0 && stop.pc == m_startKernelAt) {
        m_breakpoints->removeCode(stop.pc, m_track);
        m_startKernelAt = 0;
        note(BootPoint::startKernel);
    }
    return false; // it may be the aim, too
}

// At the first instruction of the unpacked kernel: memory is still mapped to itself.
void BootWalk::readPlace(const TargetStop &stop, const Decision &decide) {
    const auto finish = [this, decide] {
        if (m_aim == BootPoint::kernelUnpacked)
            arrive(decide, u"Kernel unpacked at %1%2"_s.arg(hex(m_unpackedAt.value_or(0)),
                                                            m_slide ? u", moved by %1"_s.arg(hex(*m_slide))
                                                                    : QString()));
        else
            decide(Verdict::goesOn, {});
    };
    if (m_map->fields.isEmpty()) {
        setSlide(0);
        finish();
        return;
    }
    const quint64 moved = stop.pc - m_map->unpackedEntry; // in physical memory
    auto votes = std::make_shared<QVector<quint32>>();
    for (qsizetype i = 0; i < m_map->fields.size(); ++i) {
        const formats::RelocatedField field = m_map->fields[i];
        const bool isLast = i + 1 == m_map->fields.size();
        m_broker->readMemory(
            stop.reply.thread.thread, field.physical + moved, 4, this,
            [this, votes, field, isLast, finish, decide, boot = m_boot](const Result<QByteArray> &bytes) {
                if (bytes && bytes->size() == 4)
                    votes->append(qFromLittleEndian<quint32>(bytes->constData()) - field.linked);
                if (!isLast)
                    return;
                if (boot != m_boot) { // votes about a kernel that is gone
                    decide(Verdict::goesOn, {});
                    return;
                }
                if (!votes->isEmpty() &&
                    std::count(votes->cbegin(), votes->cend(), votes->first()) == votes->size())
                    setSlide(votes->first());
                finish();
            });
    }
}

void BootWalk::setSlide(quint64 slide) {
    if (m_slide == slide)
        return;
    m_slide = slide;
    if (m_furthest < BootPoint::startKernel && m_startKernelAt == 0 && !m_broker->canReverse())
        if (const auto address = kernelSymbol("start_kernel")) {
            m_startKernelAt = *address + slide;
            m_breakpoints->insertCode(m_startKernelAt, m_track);
        }
    if (m_aim)
        plantAim();
    emit placed();
}

void BootWalk::arrive(const Decision &decide, const QString &text) {
    if (m_aim && *m_aim <= BootPoint::applicationFirst)
        note(*m_aim);
    abandon();
    decide(Verdict::arrived, text);
}

bool BootWalk::considerAim(const TargetStop &stop, const Decision &decide) {
    if (!m_aim)
        return false;
    if (const auto found = m_places.constFind(stop.pc); found != m_places.constEnd()) {
        // A copy, for abandoning the aim forgets it.
        // NOLINTNEXTLINE(performance-unnecessary-copy-initialization)
        const QString text = *found;
        arrive(decide, text);
        return true;
    }
    QString text;
    const Verdict verdict = considerProgram(stop, &text);
    if (verdict == Verdict::arrived)
        arrive(decide, text);
    else if (verdict == Verdict::goesOn)
        decide(verdict, {});
    return verdict != Verdict::notMine;
}

// Whether the program that start_thread was called for is the one that is aimed at.
bool BootWalk::isWanted(quint64 entry, const TargetStop &stop) const {
    const bool isInits = m_initStack && kernelStackOf(stop) == *m_initStack;
    const bool forInit = m_aim == BootPoint::initFirst;
    const formats::FirstProgram &program = forInit ? m_map->programs.init : m_map->programs.application;
    const bool fits =
        program.problem.isEmpty() &&
        (program.isMovable ? (entry & pageMask) == (program.entry & pageMask) : entry == program.entry);
    if (m_runInitAt == 0)
        return fits;
    if (forInit)
        return isInits;
    return fits && !(isInits && !m_isInitStarted);
}

BootWalk::Verdict BootWalk::considerProgram(const TargetStop &stop, QString *text) {
    if (m_user && stop.pc == m_user->entry) {
        const quint64 root = rootOf(stop);
        if (!stop.isUser() || (m_user->root != 0 && root != m_user->root))
            return Verdict::goesOn;
        const bool forInit = m_aim == BootPoint::initFirst;
        const formats::FirstProgram &program = forInit ? m_map->programs.init : m_map->programs.application;
        *text = bootPointTitle(*m_aim) + u": "_s + QString::fromUtf8(program.path);
        if (!program.entered.isEmpty() && program.entered != program.path)
            *text += u" (in %1)"_s.arg(QString::fromUtf8(program.entered));
        m_entered = {QString::fromUtf8(program.entered.isEmpty() ? program.path : program.entered), stop.pc};
        m_firsts.insert(stop.pc, {*text, root});
        return Verdict::arrived;
    }
    if (m_runInitAt != 0 && stop.pc == m_runInitAt) {
        m_initStack = kernelStackOf(stop);
        m_isInitStarted = false;
        return Verdict::goesOn;
    }
    if (m_startThreadAt == 0 || stop.pc != m_startThreadAt)
        return Verdict::notMine;
    const quint64 entry = stop.value(stop.architecture->functions.arguments[1]); // new_ip
    const bool isWantedOne = isWanted(entry, stop);
    if (m_initStack && kernelStackOf(stop) == *m_initStack)
        m_isInitStarted = true;
    if (isWantedOne) {
        if (m_user)
            m_breakpoints->removeCode(m_user->entry, m_aims);
        m_user = User{entry, rootOf(stop)};
        m_breakpoints->insertCode(entry, m_aims);
    }
    return Verdict::goesOn;
}

} // namespace nitroscope::app
