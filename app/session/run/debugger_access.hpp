// SPDX-License-Identifier: GPL-2.0-or-later
//
// Debugging a run that was started without the debugger, from any moment on. A session that can do it implements this
// beside EnclaveSession.
#pragma once

namespace nitroscope::app {

class DebuggerAccess {
public:
    virtual ~DebuggerAccess() = default;

    // Stops the machine where it is; EnclaveSession::debuggerReady() follows. What is refused comes as a log line: no run,
    // one that is debugged already, one that is being recorded.
    virtual void attachDebugger() = 0;
};

} // namespace nitroscope::app
