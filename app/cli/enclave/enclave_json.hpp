// SPDX-License-Identifier: GPL-2.0-or-later
//
// Enclaves as nitro-cli's JSON: the fields and their order are its own, so that scripts find them.
#pragma once

#include "app/formats/json/json_writer.hpp"
#include "app/session/registry/enclave_registry.hpp"

namespace nitroscope::cli {

enum class EnclaveFields {
    run,                  // what run-enclave prints
    describe,             // and State, Flags and Measurements
    describeWithMetadata, // and ImageName, ImageVersion and Metadata, as far as the EIF still is where it was
};

// What the machine has warned of is in Warnings, if there was anything. Of an enclave that has ended,
// `describe` also says Ended, ExitReason and ExitCode, which nitro-cli has not.
void writeEnclave(formats::JsonWriter &json, const app::EnclaveRecord &record, EnclaveFields fields);

} // namespace nitroscope::cli
