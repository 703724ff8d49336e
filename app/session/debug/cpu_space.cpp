// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/cpu_space.hpp"

namespace nitroscope::app {

TargetStop cpuWith(const QByteArray &registers) {
    TargetStop cpu;
    cpu.registers = registers;
    return cpu;
}

guest::AddressTranslation translationOf(const TargetStop &cpu) {
    constexpr int cr4 = RegisterView::stubCr3 + 1;
    return guest::AddressTranslation::of(cpu.value(RegisterView::stubCr0), cpu.value(RegisterView::stubCr3),
                                         cpu.value(cr4), cpu.value(RegisterView::stubEfer));
}

quint64 rootOf(const TargetStop &cpu) {
    return cpu.value(RegisterView::stubCr3) & 0x7fff'ffff'ffff'e000;
}

} // namespace nitroscope::app
