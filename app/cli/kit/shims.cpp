// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/shims.hpp"

#include <string_view>

namespace nitroscope::cli {

std::span<const Shim> shims() {
    using Program = Shim::Program;
    static constexpr Shim all[] = {
        {Program::nitroCli, "nitro-cli", "the commands that nitro-cli has, with its defaults"},
        {Program::vsockProxy, "vsock-proxy", "proxy out, with vsock-proxy's options"},
        {Program::allocator, "nitro-enclaves-allocator",
         "does nothing: memory and CPUs need not be set aside here"},
    };
    return all;
}

const Shim *calledAs(const char *programPath) {
    const std::string_view path(programPath);
    const std::string_view name = path.substr(path.rfind('/') + 1); // npos + 1 is 0
    for (const Shim &shim : shims())
        if (name == shim.name)
            return &shim;
    return nullptr;
}

std::vector<std::string> vsockProxyWords(const std::vector<std::string> &words) {
    std::vector<std::string> translated{"proxy", "out"};
    for (const std::string &word : words)
        translated.push_back(word == "-w"   ? "--num_workers"
                             : word == "-4" ? "--ipv4"
                             : word == "-6" ? "--ipv6"
                                            : word);
    return translated;
}

} // namespace nitroscope::cli
