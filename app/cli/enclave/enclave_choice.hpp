// SPDX-License-Identifier: GPL-2.0-or-later
//
// --enclave-id and --enclave-name: which of the enclaves a command means.
#pragma once

#include "app/session/registry/enclave_registry.hpp"

#include <CLI/App.hpp>
#include <string>

namespace nitroscope::cli {

struct EnclaveChoice {
    std::string id, name;
};

// The two options, which exclude each other.
void addEnclaveChoice(CLI::App &command, EnclaveChoice &choice);

enum class ChooseFrom {
    running,
    all, // of several with that name the one that runs, else the latest
};

// Errors "E11" (no such id), "E58" (no such name).
app::Result<app::EnclaveRecord> chooseEnclave(const EnclaveChoice &choice, ChooseFrom from);

} // namespace nitroscope::cli
