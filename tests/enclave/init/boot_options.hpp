// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words of the kernel's command line that steer the demo enclave, for tests:
//   demo.once            end the enclave by a reboot as soon as the application has ended
//   demo.fail=panic      init ends with an error after its ready line, so that the kernel panics
//   demo.fail=segfault   init crashes there, as AWS's init does without an /env file
//   demo.fail=hang       init does nothing more after its ready line
#pragma once

#include <string_view>

namespace nitroscope::demo {

enum class Failure { none, panic, segfault, hang };

struct BootOptions {
    bool once = false;
    Failure failure = Failure::none;

    static BootOptions parse(std::string_view commandLine);
};

} // namespace nitroscope::demo
