// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/support/failing_memory.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace nitroscope::test {
namespace {

std::atomic<int> left = -1; // allocations before the one that fails, of all threads
std::atomic<bool> failed = false;

} // namespace

void failAllocationAfter(int count) {
    left = count;
    failed = false;
}

bool allocationHasFailed() {
    return failed;
}

OwnMemory::OwnMemory() : m_left(left) {
    left = -1;
}

OwnMemory::~OwnMemory() {
    left = m_left;
}

} // namespace nitroscope::test

void *operator new(std::size_t size) {
    using namespace nitroscope::test;
    if (left >= 0 && left-- == 0) {
        failed = true;
        throw std::bad_alloc();
    }
    if (void *memory = std::malloc(size != 0 ? size : 1))
        return memory;
    throw std::bad_alloc();
}

void operator delete(void *memory) noexcept {
    std::free(memory);
}

void operator delete(void *memory, std::size_t) noexcept {
    std::free(memory);
}
