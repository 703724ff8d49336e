// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/boot_options.hpp"

#include "tests/enclave/init/text.hpp"

namespace nitroscope::demo {

BootOptions BootOptions::parse(std::string_view commandLine) {
    BootOptions options;
    for (const auto &word : split(commandLine, " \t\n")) {
        if (word == "demo.once")
            options.once = true;
        else if (word == "demo.fail=panic")
            options.failure = Failure::panic;
        else if (word == "demo.fail=segfault")
            options.failure = Failure::segfault;
        else if (word == "demo.fail=hang")
            options.failure = Failure::hang;
    }
    return options;
}

} // namespace nitroscope::demo
