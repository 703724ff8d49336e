// SPDX-License-Identifier: GPL-2.0-or-later
//
// Memory that runs out when the test says so: the program's operator new, replaced. For tests that let each
// allocation of a scenario fail in turn.
#pragma once

namespace nitroscope::test {

// Lets the allocation after `count` more of them fail, once; -1: none.
void failAllocationAfter(int count);
// Whether that one has come since.
bool allocationHasFailed();

// While it lives, nothing fails and nothing is counted: for what belongs to the test itself.
class OwnMemory {
public:
    OwnMemory();
    ~OwnMemory();
    OwnMemory(const OwnMemory &) = delete;
    OwnMemory &operator=(const OwnMemory &) = delete;

private:
    int m_left;
};

} // namespace nitroscope::test
