// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of LiveTarget: what takes its time and runs on workers: frames, the kernel's own view, debug files.
#include "app/session/debug/live_target.hpp"

#include "app/core/worker.hpp"
#include "app/session/debug/cpu_space.hpp"
#include "app/session/unwind/unwinder.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
DebugTarget::Token LiveTarget::readFrames(qint64 thread, int most) {
    const Token token = newToken();
    later([this, token, thread, most] {
        withRegisters(thread, [this, token, most](const Result<RegisterSet> &registers) {
            if (!registers || !m_memory || !m_code) {
                emit framesRead(token, m_stop ? m_stop->generation : 0, {});
                return;
            }
            runInWorker(this, backtraceOf(*registers, most),
                        [this, token, registers = *registers](const GuestCode::Backtrace &result) {
                            if (m_state == State::detached)
                                return;
                            if (result.isNew)
                                takeParts(rootOf(cpuWith(architecture(), registers.raw)), result.parts);
                            emit framesRead(token, registers.generation, result.frames);
                        });
        });
    });
    return token;
}

std::function<GuestCode::Backtrace()> LiveTarget::backtraceOf(const RegisterSet &registers, int most) const {
    const TargetStop cpu = cpuWith(architecture(), registers.raw);
    SymbolParts parts = partsFor(rootOf(cpu));
    if (!m_walk.slide())
        parts.kernel.reset(); // not known where it is
    GuestCode::Place place{int(registers.thread) - 1, std::nullopt};
    if (const auto &[path, pc] = m_walk.entered(); !path.isEmpty())
        place.entered = GuestCode::Entered{path, pc};
    UnwindStart start = UnwindStart::of(*cpu.architecture, registers);
    // In 16-bit code both are relative to a segment.
    if (const TargetStop *there = looked();
        there && there->registers == registers.raw && there->segment.mode == arch::CpuMode::bits16) {
        start.registers.setPc(there->pc);
        start.registers.setSp(architecture().modes.stackBase(registers.raw, arch::CpuMode::bits16) +
                              (start.registers.sp() & 0xffff));
    }
    return [start, most, place, cpu, code = m_code, parts,
            memory = guest::VirtualMemory(*m_memory, translationOf(cpu))] {
        return code->backtrace(start, parts, memory, place, most);
    };
}

// The CPU that is looked at may be in another address space than before.
void LiveTarget::lookAtSpace() {
    const TargetStop *stop = looked();
    if (!stop || stop->registers.isEmpty())
        return;
    const quint64 root = rootOf(*stop);
    if (root != m_root) {
        const bool isOther = m_programs.value(root) != m_programs.value(m_root);
        m_root = root;
        if (isOther)
            publishSymbols();
    }
    nameUserCode();
}

// In user code: whose it is, unless that was found out for this page a moment ago.
void LiveTarget::nameUserCode() {
    constexpr quint64 page = 4096;
    const TargetStop *stop = looked();
    const std::pair checked{m_root, stop->pc / page};
    if (!m_code || !m_memory || !stop->isUser() ||
        (m_checkedPage == checked && m_walk.entered().second != stop->pc)) // another program may begin here
        return;
    m_checkedPage = checked;
    const RegisterSet registers{stop->generation, stop->reply.thread.thread, stop->registers};
    ++m_namings;
    runInWorker(this, backtraceOf(registers, 1), [this, root = m_root](const GuestCode::Backtrace &result) {
        if (result.isNew && m_state != State::detached)
            takeParts(root, result.parts);
        endNaming();
    });
}

void LiveTarget::endNaming() {
    if (--m_namings > 0)
        return;
    for (const auto &waiter : std::exchange(m_namingWaiters, {}))
        waiter();
}

// For gdb, of what is not in memory yet.
void LiveTarget::readProgram(const TargetStop &cpu, quint64 address, quint64 bytes,
                             const GdbBroker::Answer &done) {
    constexpr quint64 page = 4096;
    if (m_namings > 0) {
        m_namingWaiters.append([this, cpu, address, bytes, done] { readProgram(cpu, address, bytes, done); });
        return;
    }
    // The next page may have been written to.
    const quint64 most = qMin(bytes, page - address % page);
    for (const LoadedProgram &loaded : m_programs.value(rootOf(cpu))) {
        const symbols::ElfImage &elf = loaded.program->elf();
        for (const symbols::ElfSegment &segment : elf.segments()) {
            const quint64 from = address - loaded.bias - segment.address;
            if (from >= segment.fileSize)
                continue;
            done(elf.bytesAt(segment.address + from, qMin(most, segment.fileSize - from)).toByteArray());
            return;
        }
    }
    done({});
}

void LiveTarget::takeParts(quint64 root, const SymbolParts &parts) {
    constexpr qsizetype maxSpaces = 256;
    if (m_programs.size() >= maxSpaces && !m_programs.contains(root))
        m_programs.clear(); // of processes that came and went
    m_programs.insert(root, parts.programs);
    m_modules = parts.modules;
    publishSymbols();
}

DebugTarget::Token LiveTarget::readKernel() {
    const Token token = newToken();
    later([this, token] {
        withKernel([this, token](const KernelView &view) {
            if (m_state != State::detached)
                emit kernelRead(token, view);
        });
    });
    return token;
}

void LiveTarget::withKernel(std::function<void(const KernelView &)> done) {
    m_kernelWaiters.append(std::move(done));
    if (!m_isReaderBusy)
        startKernelRead();
}

void LiveTarget::startKernelRead() {
    auto waiters = std::exchange(m_kernelWaiters, {});
    if (!m_code) {
        KernelView view;
        const QString why = m_memory ? u"not available, because the EIF is still being read"_s
                                     : u"not available, because the guest's memory is not shared"_s;
        view.tasks.unavailable = view.log.unavailable = view.modules.unavailable = why;
        for (const auto &waiter : waiters)
            waiter(view);
        return;
    }
    m_isReaderBusy = true;
    const bool isStale = std::exchange(m_isReaderStale, false);
    runInWorker(
        this,
        [code = m_code, image = m_image, isStale, translation = m_translation, registers = vcpuNow()] {
            if (isStale)
                code->startOver(image);
            return code->readKernel(translation.root ? std::optional(translation) : std::nullopt, registers);
        },
        [this, waiters](const KernelView &view) {
            m_isReaderBusy = false;
            noteTasks(view);
            for (const auto &waiter : waiters)
                waiter(view);
            if (!m_kernelWaiters.isEmpty() && !m_isReaderBusy)
                startKernelRead();
        });
}

std::optional<VcpuRegisters> LiveTarget::vcpuNow() const {
    if (!m_raw || m_raw->registers.isEmpty() || (m_state != State::stopped && !isJudging()))
        return std::nullopt;
    return VcpuRegisters{int(m_raw->reply.thread.thread) - 1, m_raw->stackPointer(),
                         architecture().kernel.perCpuBase(m_raw->registers)};
}

// Which task each vCPU runs.
void LiveTarget::noteTasks(const KernelView &view) {
    bool isChanged = false;
    for (DebugThread &thread : m_threads) {
        QString text;
        for (const KernelTask &task : view.tasks.rows)
            if (task.cpu == int(thread.id) - 1)
                text = u"%1 (%2)"_s.arg(task.name).arg(task.pid);
        isChanged = isChanged || thread.task != text;
        thread.task = text;
    }
    if (isChanged && m_state != State::detached)
        emit threadsChanged();
}

void LiveTarget::loadDebugFile(const QString &path) {
    if (!m_image) {
        emit problem({u"debug-file"_s,
                      u"The EIF's own kernel is not known, so nothing can be compared with it."_s,
                      std::nullopt, path});
        return;
    }
    runInWorker(
        this, [image = m_image, path] { return image->withDebugFile(path); },
        [this](const Result<symbols::KernelImagePointer> &detailed) {
            if (m_state == State::detached)
                return;
            if (!detailed) {
                emit problem(detailed.error());
                return;
            }
            m_image = *detailed;
            m_isReaderStale = true;
            publishSymbols();
        });
}

} // namespace nitroscope::app
