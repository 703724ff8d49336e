// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window around a fake machine under the debugger.
#pragma once

#include "app/features/debug/registers/register_model.hpp"
#include "app/features/debug/registers/registers_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "tests/gui/support/debug_fixture.hpp"
#include "tests/gui/support/gui_fixture.hpp"

namespace nitroscope::test {

struct DebugFixture : WindowFixture {
    app::FakeTarget target;
    app::DebugWorkspace &debug() { return window->debug(); }

    void attach() {
        show();
        prepare(target);
        session.playState(app::EnclaveSession::State::starting);
        session.playDebugger(&target);
        settle();
    }
    void settle() { QTRY_VERIFY(debug().isUpToDate()); }
    void trigger(const char *id) { action(id)->trigger(); }
    QModelIndex registerValue(int number) {
        return debug().registers().model().indexOf(number).siblingAtColumn(app::RegisterModel::value);
    }
};

} // namespace nitroscope::test
