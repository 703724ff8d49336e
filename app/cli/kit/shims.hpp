// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of AWS's programs under which this one answers as they do.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace nitroscope::cli {

struct Shim {
    enum class Program { nitroCli, vsockProxy, allocator };
    Program program;
    const char *name;
    const char *meaning; // for help
};

std::span<const Shim> shims();

// By which of these names the program was called; null when by its own.
const Shim *calledAs(const char *programPath);

// The words of `vsock-proxy LOCAL_PORT HOST PORT` as those of `proxy out`.
std::vector<std::string> vsockProxyWords(const std::vector<std::string> &words);

} // namespace nitroscope::cli
