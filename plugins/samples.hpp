// SPDX-License-Identifier: GPL-2.0-or-later
//
// Samples of a profile: how often each stack was seen, and in which process. A process is an address space from where its
// code is first seen until other code is at the same place: the kernel gives page tables that are free again to the next.
#pragma once

#include "plugins/findings_file.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace nitroscope::plugins {

class Samples {
public:
    // Where programs' code ends and the kernel's begins.
    Samples(std::uint64_t userEnd, std::uint64_t kernelStart)
        : m_userEnd(userEnd), m_kernelStart(kernelStart) {}

    // On the thread of the vCPU whose stack it is.
    void add(std::uint64_t space, const std::vector<std::uint64_t> &stack);
    void write(FindingsFile &file, std::uint64_t period);

private:
    struct Process {
        std::uint32_t number = 0;
        std::unordered_map<std::uint64_t, std::optional<std::uint32_t>> pages; // by address
    };
    Process &processOf(std::uint64_t space);
    void keepKernelPage(std::uint64_t page);
    void keepPages(Process &process, const std::vector<std::uint64_t> &stack);

    const std::uint64_t m_userEnd, m_kernelStart;
    std::mutex m_lock;
    CodePages m_pages;
    std::unordered_map<std::uint64_t, Process> m_processes; // by address space, those that live
    std::uint32_t m_nextProcess = 0;
    std::size_t m_knownPages = 0;                                // in all processes
    std::unordered_set<std::uint64_t> m_kernelPages;             // of the first ones, to find its place by
    std::vector<std::pair<std::uint32_t, std::uint32_t>> m_maps; // process, page
    std::unordered_map<std::string, std::uint64_t> m_stacks;     // process and addresses as bytes, count
    std::size_t m_words = 0;                                     // of all stacks
    std::uint64_t m_lost = 0;
};

} // namespace nitroscope::plugins
