// SPDX-License-Identifier: GPL-2.0-or-later
//
// Enclaves as nitro-cli's JSON: the fields and their order are its own, so that scripts find them.
#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/session/registry/enclave_registry.hpp"

namespace nitroscope::cli {

enum class EnclaveFields {
    run,      // what run-enclave prints
    describe, // and State, Flags and Measurements
};

// With an image: also its ImageName, ImageVersion and Metadata. Then, which nitro-cli has not, Recording if it is
// recorded, Warnings if the machine has warned of anything, and of an enclave that has ended Ended, ExitReason and ExitCode.
void writeEnclave(formats::JsonWriter &json, const app::EnclaveRecord &record, EnclaveFields fields,
                  const formats::EifDocument *image = nullptr);

// The Measurements of an image. Blocks. Errors: those of EifDocument, and "E36" for one that cannot be measured.
app::Result<QJsonObject> measureImage(const QString &path, std::stop_token stop = {});

} // namespace nitroscope::cli
