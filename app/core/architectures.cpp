// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/architectures.hpp"

#include "app/core/arch/x86/x86_64.hpp"

namespace nitroscope::arch {
namespace {

template <class Fits>
const Architecture *first(Fits fits) {
    for (const Architecture *one : {&x86_64()})
        if (fits(*one))
            return one;
    return nullptr;
}

} // namespace

const Architecture *architectureNamed(std::string_view name) {
    return first([name](const Architecture &one) { return one.name == name; });
}

const Architecture *architectureOfElf(int machine) {
    return first([machine](const Architecture &one) { return one.elfMachine == machine; });
}

const Architecture &architectureOfKernel(int elfMachine) {
    const Architecture *known = architectureOfElf(elfMachine);
    return known ? *known : usualArchitecture();
}

const Architecture &usualArchitecture() {
    return x86_64();
}

} // namespace nitroscope::arch
