// SPDX-License-Identifier: GPL-2.0-or-later
//
// What can be typed on the demo enclave's console. There is no shell in it: a fixed table of commands that
// show the enclave's state and use its NSM.
#pragma once

#include "tests/enclave/init/enclave.hpp"

namespace nitroscope::demo {

// Runs one line; an empty one does nothing, an unknown one says so.
void runCommand(Enclave &enclave, const std::string &line);

// "nsm ..." lines and PCR 0 to 4, as reported at boot.
void reportNsm(Enclave &enclave);
// "<name> <index> <48 bytes in hexadecimal>", or why not.
void reportPcr(Enclave &enclave, std::string_view name, uint16_t index);

// Ends the enclave: a reboot goes through the keyboard controller and ends it as on EC2.
[[noreturn]] void endByReboot();

} // namespace nitroscope::demo
