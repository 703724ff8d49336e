// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-trace: what programs and kernel of an enclave do, as records of the capture stream.
//
//     -plugin share/nitroscope/nitroscope-trace.so[,syscalls=on|off][,first-calls=FILE]
//
// syscalls (default on) reports system calls with arguments, paths and results; first-calls reports when each
// function in FILE first ran. Both are cheap: a system call costs two records, a function one. The kinds of
// records are in docs/capture-format.md. Without a capture stream they go nowhere.
#include "app/core/arch/x86/registers.hpp"
#include "plugins/first_calls.hpp"
#include "plugins/guest_record.hpp"
#include "plugins/qemu_api.hpp"
#include "plugins/system_calls.hpp"
#include "plugins/vcpu_registers.hpp"

#include <array>
#include <cstdio>
#include <glib.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace {

namespace arch = nitroscope::arch;

bool tracesCalls = true, tracesFunctions = false;

struct Guest {
    std::string_view name; // QEMU's, of the target
    const arch::RegisterTable &registers;
    const arch::SystemCalls &systemCalls;
};
constexpr std::array guests{Guest{"x86_64", arch::x86::table, arch::x86::systemCalls}};
const Guest *guest = nullptr;

void onVcpu(qemu_plugin_id_t, unsigned vcpu) {
    nitroscope::plugins::VcpuRegisters::learn(vcpu, guest->registers, guest->systemCalls);
}

void onBlock(qemu_plugin_id_t, qemu_plugin_tb *block) {
    if (tracesCalls)
        nitroscope::plugins::watchSystemCalls(block);
    if (tracesFunctions)
        nitroscope::plugins::watchFirstCalls(block);
}

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

// As the machine refuses: a sentence, and a line for programs (docs/launch-options.md).
int refuse(const std::string &option, const std::string &why) {
    const std::string sentence = "nitroscope-trace: " + why;
    std::fprintf(stderr, "%s\n", sentence.c_str());
    if (!isatty(STDERR_FILENO))
        std::fprintf(
            stderr,
            "{\"nitro-refusal\": {\"code\": \"\", \"stage\": \"launch\", \"option\": %s, \"message\": %s}}\n",
            quoted(option).c_str(), quoted(sentence).c_str());
    return -1;
}

// One key=value of the command line.
int take(std::string_view key, const char *value) {
    if (key == "syscalls") {
        if (!qemu_plugin_bool_parse("syscalls", value, &tracesCalls))
            return refuse("syscalls", "syscalls takes on or off, not '" + std::string(value) + "'");
        return 0;
    }
    if (key == "first-calls") {
        std::string problem;
        if (nitroscope::plugins::readFunctions(value, problem) < 0)
            return refuse("first-calls", std::string(value) + " " + problem);
        tracesFunctions = true;
        return 0;
    }
    return refuse(std::string(key),
                  "there is no option '" + std::string(key) + "'; options: syscalls, first-calls");
}

} // namespace

extern "C" {

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count,
                                           char **words) {
    for (const Guest &known : guests)
        if (known.name == info->target_name)
            guest = &known;
    if (!guest || !info->system_emulation)
        return refuse("plugin", "only for the machine of an x86-64 enclave");
    for (int i = 0; i < count; ++i) {
        const std::string_view word = words[i];
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos)
            return refuse(std::string(word), "'" + std::string(word) + "' has no value");
        if (take(word.substr(0, equals), words[i] + equals + 1) != 0)
            return -1;
    }
    nitroscope::plugins::setSystemCalls(guest->systemCalls);
    qemu_plugin_register_vcpu_init_cb(id, onVcpu);
    qemu_plugin_register_vcpu_tb_trans_cb(id, onBlock);
    return 0;
}
}
