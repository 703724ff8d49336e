// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/programs/guest_code.hpp"

#include "app/session/programs/user_image.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

constexpr int maxRounds = 16; // each finds one more program on the way
constexpr quint64 pageBytes = 4096;
constexpr qsizetype maxUnknown = 4096;

// The program that has the address; nullptr when none has.
const LoadedProgram *programOf(const QVector<LoadedProgram> &programs, quint64 pc) {
    const auto found = std::find_if(programs.cbegin(), programs.cend(), [pc](const LoadedProgram &loaded) {
        return loaded.program->elf().has(pc - loaded.bias);
    });
    return found == programs.cend() ? nullptr : &*found;
}

bool areSame(const QVector<std::shared_ptr<const ModuleSymbols>> &a,
             const QVector<std::shared_ptr<const ModuleSymbols>> &b) {
    return std::equal(a.cbegin(), a.cend(), b.cbegin(), b.cend(), [](const auto &one, const auto &other) {
        return one->name == other->name && one->base == other->base && one->bytes == other->bytes;
    });
}

} // namespace

GuestCode::GuestCode(guest::PhysicalMemory memory, symbols::KernelImagePointer image,
                     std::optional<formats::EifDocument> eif)
    : m_reader(std::move(memory), std::move(image)), m_eif(std::move(eif)) {}

void GuestCode::startOver(const symbols::KernelImagePointer &image) {
    const std::lock_guard guard(m_lock);
    m_reader.setImage(image);
}

KernelView GuestCode::readKernel(std::optional<guest::AddressTranslation> vcpu,
                                 std::optional<VcpuRegisters> registers) {
    const std::lock_guard guard(m_lock);
    return m_reader.read(vcpu, registers);
}

EnclavePrograms *GuestCode::programs() {
    if (!std::exchange(m_areProgramsKnown, true) && m_eif)
        m_programs = EnclavePrograms::open(*m_eif).value_or(nullptr);
    return m_programs.get();
}

std::optional<LoadedProgram> GuestCode::byPath(quint64 pc, const ReadGuest &read, int cpu) {
    const auto kernel = m_reader.kernel();
    const auto layout = m_reader.tasks();
    if (!kernel || !layout)
        return std::nullopt;
    const quint64 task = currentTasks(**kernel).value(cpu);
    const auto process = task ? readProcess(**kernel, *layout, task) : Result<ProcessMemory>();
    if (!task || !process)
        return std::nullopt;
    const QVector<LoadedProgram> loaded = programs()->loadedBy(*process);
    const LoadedProgram *found = programOf(loaded, pc);
    return found && matchCode(m_reader.memory().architecture(), *found, pc, read) != CodeMatch::other
               ? std::optional(*found)
               : std::nullopt;
}

std::optional<LoadedProgram> GuestCode::programAt(quint64 pc, const ReadGuest &read, const Place &place) {
    const QByteArray page = read(pc & ~(pageBytes - 1), pageBytes);
    if (m_unknownPages.contains(page) || !programs())
        return std::nullopt;
    if (const auto image = findUserImage(pc, read); image && !image->buildId.isEmpty()) {
        const LoadedProgram loaded{programs()->byBuildId(image->buildId), image->bias};
        if (loaded.program &&
            matchCode(m_reader.memory().architecture(), loaded, pc, read) != CodeMatch::other)
            return loaded;
    }
    if (const auto loaded = byPath(pc, read, place.cpu))
        return loaded;
    if (page.isEmpty()) {
        const bool isEntered = place.entered && place.entered->pc == pc;
        const auto program = isEntered ? programs()->find(place.entered->path) : nullptr;
        return program ? std::optional(LoadedProgram{program, pc - program->elf().entry()}) : std::nullopt;
    }
    if (page.size() == qsizetype(pageBytes))
        if (const auto loaded = programs()->byCode(page, pc & ~(pageBytes - 1)))
            return loaded;
    if (m_unknownPages.size() < maxUnknown)
        m_unknownPages.insert(page);
    return std::nullopt;
}

GuestCode::Backtrace GuestCode::backtrace(const UnwindStart &start, SymbolParts parts,
                                          const guest::VirtualMemory &memory, const Place &place, int most) {
    const ReadGuest read = [&memory](quint64 address, quint64 bytes) {
        return memory.readUpTo(address, bytes);
    };
    Backtrace result{{}, std::move(parts), false};
    const SymbolParts before = result.parts;
    // A program that is just entered has an address space of its own, though its root may be an old one's.
    if (place.entered && start.isUser && start.registers.pc() == place.entered->pc)
        result.parts.programs.clear();
    QSet<quint64> looked;
    bool hasReadModules = false;
    for (int round = 0; round < maxRounds; ++round) {
        const DebugSymbols symbols(result.parts);
        result.frames = unwind(start, symbols, read, most);
        // The first frame whose code is not known, or no longer what it was taken for.
        bool isMore = false;
        for (const DebugFrame &frame : std::as_const(result.frames)) {
            const bool isLooked = looked.contains(frame.pc);
            looked.insert(frame.pc);
            if (isLooked || frame.isInline)
                continue;
            if (!frame.isUser) {
                if (hasReadModules || !start.architecture->kernel.isKernelAddress(frame.pc) ||
                    symbols.owner(frame.pc))
                    continue;
                hasReadModules = true;
                const std::lock_guard guard(m_lock);
                if (const auto kernel = m_reader.kernel(memory.translation())) {
                    result.parts.modules = readModuleSymbols(**kernel);
                    isMore = !result.parts.modules.isEmpty();
                }
            } else {
                if (const LoadedProgram *known = programOf(result.parts.programs, frame.pc)) {
                    if (matchCode(*start.architecture, *known, frame.pc, read) != CodeMatch::other)
                        continue;
                    const LoadedProgram wrong = *known;
                    result.parts.programs.removeOne(wrong);
                    isMore = true;
                }
                const std::lock_guard guard(m_lock);
                if (const auto found = programAt(frame.pc, read, place)) {
                    result.parts.programs.append(*found);
                    isMore = true;
                }
            }
            if (isMore)
                break;
        }
        if (!isMore)
            break;
    }
    result.isNew = result.parts.programs != before.programs || !areSame(result.parts.modules, before.modules);
    return result;
}

} // namespace nitroscope::app
