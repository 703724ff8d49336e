// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/samples.hpp"

#include "plugins/format/findings_format.hpp"

#include <cstring>

namespace nitroscope::plugins {
namespace {

constexpr std::size_t maxKernelPages = 64;
constexpr std::uint64_t pageMask = ~std::uint64_t(format::pageBytes - 1);

} // namespace

Samples::Process &Samples::processOf(std::uint64_t space) {
    const auto [found, isNew] = m_processes.try_emplace(space);
    if (isNew)
        found->second.number = m_nextProcess++;
    return found->second;
}

void Samples::keepKernelPage(std::uint64_t page) {
    if (m_kernelPages.size() >= maxKernelPages || !m_kernelPages.insert(page).second)
        return;
    if (const auto content = readPage(page))
        (void)m_pages.keep(page, *content);
}

// The innermost of a program's is compared with what was there before; of the others it is enough to have them once.
void Samples::keepPages(Process &process, const std::vector<std::uint64_t> &stack) {
    bool isFirst = true;
    for (const std::uint64_t address : stack) {
        const std::uint64_t page = address & pageMask;
        if (address >= m_kernelStart)
            keepKernelPage(page);
        if (address >= m_userEnd)
            continue;
        const auto known = process.pages.find(page);
        if (known != process.pages.end() && !isFirst)
            continue;
        isFirst = false;
        const auto content = readPage(page);
        const auto number = content ? m_pages.keep(page, *content) : std::nullopt;
        if (known != process.pages.end() && number && known->second && *number != *known->second) {
            m_knownPages -= process.pages.size();
            process.pages.clear();
            process.number = m_nextProcess++;
        }
        if (m_knownPages >= format::maxMaps || !process.pages.try_emplace(page, number).second)
            continue;
        ++m_knownPages;
        if (number && m_maps.size() < format::maxMaps)
            m_maps.emplace_back(process.number, *number);
    }
}

void Samples::add(std::uint64_t space, const std::vector<std::uint64_t> &stack) {
    const std::scoped_lock guard(m_lock);
    if (m_processes.size() >= format::maxProcesses || m_nextProcess >= format::maxProcesses) {
        ++m_lost;
        return;
    }
    Process &process = processOf(space);
    keepPages(process, stack);
    std::string key(sizeof process.number + stack.size() * sizeof stack[0], '\0');
    std::memcpy(key.data(), &process.number, sizeof process.number);
    std::memcpy(key.data() + sizeof process.number, stack.data(), stack.size() * sizeof stack[0]);
    if (const auto found = m_stacks.find(key); found != m_stacks.end()) {
        ++found->second;
    } else if (m_words + stack.size() <= format::maxStackWords) {
        m_words += stack.size();
        m_stacks.emplace(std::move(key), 1);
    } else {
        ++m_lost;
    }
}

void Samples::write(FindingsFile &file, std::uint64_t period) {
    const std::scoped_lock guard(m_lock);
    file.line(format::period, {period});
    file.pages(m_pages);
    for (const auto &[process, page] : m_maps)
        file.line(format::map, {process, page});
    std::vector<std::uint64_t> numbers;
    for (const auto &[key, count] : m_stacks) {
        std::uint32_t process = 0;
        std::memcpy(&process, key.data(), sizeof process);
        numbers.assign(2 + (key.size() - sizeof process) / sizeof numbers[0], 0);
        numbers[0] = count;
        numbers[1] = process;
        std::memcpy(numbers.data() + 2, key.data() + sizeof process, key.size() - sizeof process);
        file.line(format::stack, numbers);
    }
    file.line(format::lost, {m_lost});
    file.finish();
}

} // namespace nitroscope::plugins
