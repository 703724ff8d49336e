// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all plugins do when QEMU loads them: look which guest it is, take options, refuse what is wrong as the machine does.
#pragma once

#include "app/core/arch/calls.hpp"
#include "app/core/arch/frame_chain.hpp"
#include "app/core/arch/registers.hpp"
#include "plugins/qemu_api.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace nitroscope::plugins {

struct Guest {
    std::string_view name; // QEMU's, of the target
    const arch::RegisterTable &registers;
    const arch::SystemCalls &systemCalls;
    const arch::FrameChain &frames;
};

// A sentence on standard error, and a line for programs (docs/launch-options.md). For qemu_plugin_install(): -1.
int refuse(const std::string &plugin, const std::string &option, const std::string &why);

// The guest, after every key=value of the command line was given to `take`, which refuses by anything but 0. nullptr when
// something was refused.
const Guest *takeOptions(const std::string &plugin, const qemu_info_t *info, int count, char **words,
                         const std::function<int(std::string_view key, const char *value)> &take);

} // namespace nitroscope::plugins
