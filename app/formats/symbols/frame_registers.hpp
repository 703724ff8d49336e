// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers that unwinding a stack needs, in DWARF's numbering; which ones they are is the architecture's to
// say. A register that a caller's frame does not tell is absent.
#pragma once

#include "app/core/arch/unwinding.hpp"

#include <array>
#include <functional>
#include <optional>
#include <QtGlobal>

namespace nitroscope::symbols {

class FrameRegisters {
public:
    // The layout outlives the registers.
    explicit FrameRegisters(const arch::FrameLayout &layout) : m_layout(&layout) {}

    const arch::FrameLayout &layout() const { return *m_layout; }
    int count() const { return m_layout->count; }
    std::optional<quint64> &operator[](int number) { return m_values[size_t(number)]; }
    const std::optional<quint64> &operator[](int number) const { return m_values[size_t(number)]; }
    // Absent as 0, which no code and no stack is at.
    quint64 pc() const { return (*this)[m_layout->programCounter].value_or(0); }
    quint64 sp() const { return (*this)[m_layout->stackPointer].value_or(0); }
    quint64 fp() const { return (*this)[m_layout->framePointer].value_or(0); }
    void setPc(std::optional<quint64> value) { (*this)[m_layout->programCounter] = value; }
    void setSp(std::optional<quint64> value) { (*this)[m_layout->stackPointer] = value; }
    void setFp(std::optional<quint64> value) { (*this)[m_layout->framePointer] = value; }

private:
    const arch::FrameLayout *m_layout;
    std::array<std::optional<quint64>, size_t(arch::maxFrameRegisters)> m_values;
};

// Eight bytes of the stack, nothing when they cannot be read.
using ReadWord = std::function<std::optional<quint64>(quint64 address)>;

} // namespace nitroscope::symbols
