// SPDX-License-Identifier: GPL-2.0-or-later
//
// What code runs in the guest besides firmware and kernel, found when somebody stands in it: kernel modules
// and the programs of processes, which come from the EIF's ramdisks.
//
// A program is recognised by its build id, read from the first page that the process has of it; else by the
// path that the process has mapped (which needs the kernel's types); else by the page of code itself, when
// exactly one file of the ramdisks has it. Whichever it was, code in memory must be the file's. At its first
// instruction nothing of a program is in memory yet; who has followed the boot tells which one it is.
//
// Its functions take their time and lock: they are for workers.
#pragma once

#include "app/session/kernel/kernel_reader.hpp"
#include "app/session/programs/enclave_programs.hpp"
#include "app/session/unwind/unwinder.hpp"

#include <mutex>

namespace nitroscope::app {

class GuestCode {
public:
    // Without an EIF there are no programs.
    GuestCode(guest::PhysicalMemory memory, symbols::KernelImagePointer image,
              std::optional<formats::EifDocument> eif);

    // Another debug file was given, or the machine was reset.
    void startOver(const symbols::KernelImagePointer &image);
    // As KernelReader::read().
    KernelView readKernel(std::optional<guest::AddressTranslation> vcpu,
                          std::optional<VcpuRegisters> registers);

    struct Backtrace {
        QVector<DebugFrame> frames;
        SymbolParts parts;  // with what was found on the way
        bool isNew = false; // there was something
    };
    struct Entered { // a program at its first instruction
        QString path;
        quint64 pc = 0;
    };
    struct Place {
        int cpu = 0; // from 0
        std::optional<Entered> entered;
    };
    // As unwind(); `parts` is what is known already of the address space.
    Backtrace backtrace(const UnwindStart &start, SymbolParts parts, const guest::VirtualMemory &memory,
                        const Place &place, int most);

private:
    std::optional<LoadedProgram> programAt(quint64 pc, const ReadGuest &read, const Place &place);
    std::optional<LoadedProgram> byPath(quint64 pc, const ReadGuest &read, int cpu);
    EnclavePrograms *programs();

    std::mutex m_lock;
    KernelReader m_reader;
    std::optional<formats::EifDocument> m_eif;
    std::shared_ptr<EnclavePrograms> m_programs; // once needed
    bool m_areProgramsKnown = false;
    QSet<QByteArray> m_unknownPages; // code that no file has
};

} // namespace nitroscope::app
