// SPDX-License-Identifier: GPL-2.0-or-later
//
// `run-enclave --kms`: a KMS beside the enclave for its life.
#pragma once

#include "app/session/kms/enclave_kms.hpp"
#include "app/session/run/live_session.hpp"

namespace CLI {
class App;
}

namespace nitroscope::cli {

struct RunKmsOptions;

void addKmsOptions(CLI::App &command, RunKmsOptions &options);

// Nothing when none is asked for. `spec` gets its route and role.
app::Result<std::unique_ptr<app::EnclaveKms>> startKms(const RunKmsOptions &options, app::LaunchSpec &spec);

// Where it is and how it is trusted, in lines.
QStringList placeOf(const app::EnclaveKms &kms, const app::LaunchSpec &spec);
// A call in one line, with why it was refused.
QString summaryOf(const kms::CallRecord &record);

// Who adds records to the capture must have the stream; a recording's is QEMU's own, byte for byte.
app::LiveSession::Stream streamOf(const RunKmsOptions &options, const app::LaunchSpec &spec);

// Calls `then` once all of the stream is in its file; at once when QEMU writes it itself.
void whenCaptured(app::LiveSession &session, const std::function<void()> &then);

} // namespace nitroscope::cli
