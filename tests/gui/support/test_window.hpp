// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window as the program has it, with all features, and a way to the panels that tests look into.
#pragma once

#include "app/features/all/all_features.hpp"
#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/boot/boot_panel.hpp"
#include "app/features/console/console_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/log/log_panel.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/features/timeline/timeline_panel.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/session/capture/saved_capture.hpp"
#include "app/ui/actions/action_registry.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/settings/layout_store.hpp"
#include "app/ui/settings/preferences.hpp"
#include "app/window/main_window.hpp"

namespace nitroscope::app {

class TestWindow : public MainWindow {
public:
    TestWindow(EnclaveSession &session, Preferences &preferences)
        : MainWindow(session, preferences, allFeatures()) {}

    EifPanel &eifPanel() { return part<EifPanel>(); }
    ConsolePanel &consolePanel() { return part<ConsolePanel>(); }
    BootPanel &bootPanel() { return part<BootPanel>(); }
    PcrPanel &pcrPanel() { return part<PcrPanel>(); }
    LogPanel &logPanel() { return part<LogPanel>(); }
    NsmPanel &nsmPanel() { return part<NsmPanel>(); }
    AttestationPanel &attestationPanel() { return part<AttestationPanel>(); }
    VsockPanel &vsockPanel() { return part<VsockPanel>(); }
    TimelinePanel &timelinePanel() { return part<TimelinePanel>(); }
    DebugWorkspace &debug() { return part<DebugWorkspace>(); }

private:
    template <class Part>
    Part &part() {
        return *findChild<Part *>();
    }
};

} // namespace nitroscope::app
