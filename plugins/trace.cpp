// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-trace: what programs and kernel of an enclave do, as records of the capture stream.
//
//     -plugin share/nitroscope/nitroscope-trace.so[,syscalls=on|off][,first-calls=FILE]
//
// syscalls (default on) reports system calls with arguments, paths and results; first-calls reports when each
// function in FILE first ran. Both are cheap: a system call costs two records, a function one. The kinds of
// records are in docs/capture-format.md. Without a capture stream they go nowhere.
#include "plugins/first_calls.hpp"
#include "plugins/plugin_options.hpp"
#include "plugins/system_calls.hpp"
#include "plugins/vcpu_registers.hpp"

namespace {

using namespace nitroscope::plugins;

constexpr char name[] = "nitroscope-trace";

bool tracesCalls = true, tracesFunctions = false;
const Guest *guest = nullptr;

void onVcpu(qemu_plugin_id_t, unsigned vcpu) {
    VcpuRegisters::learn(vcpu, guest->registers, guest->systemCalls);
}

void onBlock(qemu_plugin_id_t, qemu_plugin_tb *block) {
    if (tracesCalls)
        watchSystemCalls(block);
    if (tracesFunctions)
        watchFirstCalls(block);
}

// One key=value of the command line.
int take(std::string_view key, const char *value) {
    if (key == "syscalls") {
        if (!qemu_plugin_bool_parse("syscalls", value, &tracesCalls))
            return refuse(name, "syscalls", "syscalls takes on or off, not '" + std::string(value) + "'");
        return 0;
    }
    if (key == "first-calls") {
        std::string problem;
        if (readFunctions(value, problem) < 0)
            return refuse(name, "first-calls", std::string(value) + " " + problem);
        tracesFunctions = true;
        return 0;
    }
    return refuse(name, std::string(key),
                  "there is no option '" + std::string(key) + "'; options: syscalls, first-calls");
}

} // namespace

extern "C" {

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count,
                                           char **words) {
    guest = takeOptions(name, info, count, words, take);
    if (!guest)
        return -1;
    setSystemCalls(guest->systemCalls);
    qemu_plugin_register_vcpu_init_cb(id, onVcpu);
    qemu_plugin_register_vcpu_tb_trans_cb(id, onBlock);
    return 0;
}
}
