// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/exit_code.hpp"

namespace nitroscope::cli {

ExitCode exitCodeOf(const app::EndReason &reason, const std::optional<app::BootFailure> &failure) {
    switch (reason.kind) {
    case app::EndKind::guestReboot:
    case app::EndKind::guestShutdown:
    case app::EndKind::stoppedByUser: // the caller knows why it stopped
        return ok;
    case app::EndKind::programFailed:
        return programFailed;
    case app::EndKind::programNotStarted:
        return programNotStarted;
    case app::EndKind::guestPanic:
        return kernelPanic;
    case app::EndKind::bootFailed:
        return failure && !failure->stage.isEmpty() ? bootFailed : refused;
    case app::EndKind::qemuKilled:
    case app::EndKind::qemuMissing:
    case app::EndKind::qemuFailed:
        return qemuFailed;
    }
    return qemuFailed;
}

} // namespace nitroscope::cli
