// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the commands of the demo enclave work with.
#pragma once

#include "tests/enclave/init/application.hpp"
#include "tests/enclave/init/console.hpp"
#include "tests/enclave/nsm/nsm_client.hpp"

namespace nitroscope::demo {

struct Enclave {
    Console &console;
    NsmClient &nsm;
    Application &application;
};

} // namespace nitroscope::demo
