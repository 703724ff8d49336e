// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/plugin_options.hpp"

#include "app/core/arch/x86/frame_chain.hpp"
#include "app/core/arch/x86/registers.hpp"

#include <array>
#include <cstdio>
#include <unistd.h>

namespace nitroscope::plugins {
namespace {

constexpr std::array guests{Guest{"x86_64", arch::x86::table, arch::x86::systemCalls, arch::x86::frameChain}};

// JSON's, of text that need not be UTF-8.
std::string quoted(const std::string &text) {
    char *const valid = g_utf8_make_valid(text.c_str(), -1);
    std::string all = "\"";
    for (const char *c = valid; *c != '\0'; ++c) {
        char escaped[16] = {*c, '\0'};
        if (*c == '"' || *c == '\\' || static_cast<unsigned char>(*c) < 0x20)
            std::snprintf(escaped, sizeof escaped, "\\u%04x",
                          static_cast<unsigned>(static_cast<unsigned char>(*c)));
        all += escaped;
    }
    g_free(valid);
    return all + '"';
}

} // namespace

int refuse(const std::string &plugin, const std::string &option, const std::string &why) {
    const std::string sentence = plugin + ": " + why;
    std::fprintf(stderr, "%s\n", sentence.c_str());
    if (!isatty(STDERR_FILENO))
        std::fprintf(
            stderr,
            "{\"nitro-refusal\": {\"code\": \"\", \"stage\": \"launch\", \"option\": %s, \"message\": %s}}\n",
            quoted(option).c_str(), quoted(sentence).c_str());
    return -1;
}

const Guest *takeOptions(const std::string &plugin, const qemu_info_t *info, int count, char **words,
                         const std::function<int(std::string_view key, const char *value)> &take) {
    const Guest *guest = nullptr;
    for (const Guest &known : guests)
        if (known.name == info->target_name)
            guest = &known;
    if (!guest || !info->system_emulation) {
        refuse(plugin, "plugin", "only for the machine of an x86-64 enclave");
        return nullptr;
    }
    for (int i = 0; i < count; ++i) {
        const std::string_view word = words[i];
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) {
            refuse(plugin, std::string(word), "'" + std::string(word) + "' has no value");
            return nullptr;
        }
        if (take(word.substr(0, equals), words[i] + equals + 1) != 0)
            return nullptr;
    }
    return guest;
}

} // namespace nitroscope::plugins
