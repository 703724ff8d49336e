// SPDX-License-Identifier: GPL-2.0-or-later
//
// nitroscope-profile: where an enclave spends its instructions.
//
//     -plugin share/nitroscope/nitroscope-profile.so,output=FILE[,period=N]
//
// Every N executed instructions of a vCPU (default 50000) its stack is kept. Counting is two host instructions a block and a
// comparison, so that the price is that of the samples. FILE is written when QEMU ends (format/findings_format.hpp); the app
// puts names to it.
#include "plugins/format/findings_format.hpp"
#include "plugins/guest_stack.hpp"
#include "plugins/plugin_options.hpp"
#include "plugins/samples.hpp"
#include "plugins/vcpu_registers.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace {

using namespace nitroscope::plugins;

constexpr char name[] = "nitroscope-profile";

const Guest *guest = nullptr;
std::uint64_t period = format::usualPeriod;
// Never freed, see VcpuRegisters.
FindingsFile *const file = new FindingsFile;
Samples *samples = nullptr;
qemu_plugin_scoreboard *counters = nullptr; // of each vCPU: instructions since the last sample

qemu_plugin_u64 executed() {
    return {counters, 0};
}

// Samples at equal distances would see only some of a loop whose length divides them: the distance varies by an eighth
// around the period, in the same way at each run.
std::uint64_t wobble(std::uint64_t seed) {
    seed = (seed ^ seed >> 30) * 0xbf58476d1ce4e5b9; // splitmix64
    seed = (seed ^ seed >> 27) * 0x94d049bb133111eb;
    return (seed ^ seed >> 31) % (period / 4);
}

// A block's address and whether a function begins there, as the pointer that its callback gets: an address says its highest
// bit twice, and guests could make more blocks than anybody should remember.
void *packed(std::uint64_t address, bool isEntry) {
    return reinterpret_cast<void *>(address << 1 | std::uint64_t(isEntry));
}

std::uint64_t addressOf(const void *block) {
    return std::uint64_t(std::int64_t(reinterpret_cast<std::uintptr_t>(block)) >> 1);
}

bool isEntry(const void *block) {
    return (reinterpret_cast<std::uintptr_t>(block) & 1) != 0;
}

void onSample(unsigned vcpu, void *block) {
    thread_local std::uint64_t taken = 0;
    qemu_plugin_u64_set(executed(), vcpu, wobble(++taken));
    thread_local std::vector<std::uint64_t> stack;
    readStack(vcpu, guest->frames, addressOf(block), isEntry(block), stack);
    samples->add(VcpuRegisters::read(vcpu, Register::pageTables) & guest->systemCalls.spaceMask, stack);
}

void onVcpu(qemu_plugin_id_t, unsigned vcpu) {
    VcpuRegisters::learn(vcpu, guest->registers, guest->systemCalls);
}

void onBlock(qemu_plugin_id_t, qemu_plugin_tb *block) {
    std::array<char, 4> code{};
    const std::size_t length =
        qemu_plugin_insn_data(qemu_plugin_tb_get_insn(block, 0), code.data(), code.size());
    const bool beginsFunction = isFunctionEntry(guest->frames, {code.data(), length});
    qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(block, QEMU_PLUGIN_INLINE_ADD_U64, executed(),
                                                      qemu_plugin_tb_n_insns(block));
    qemu_plugin_register_vcpu_tb_exec_cond_cb(block, onSample, QEMU_PLUGIN_CB_R_REGS, QEMU_PLUGIN_COND_GE,
                                              executed(), period + period / 8,
                                              packed(qemu_plugin_tb_vaddr(block), beginsFunction));
}

void onExit(qemu_plugin_id_t, void *) {
    samples->write(*file, period);
}

int take(std::string_view key, const char *value) {
    if (key == "output") {
        const std::string problem = file->open(value, format::profile);
        return problem.empty() ? 0 : refuse(name, "output", problem);
    }
    if (key == "period") {
        const char *const end = value + std::strlen(value);
        const auto [after, error] = std::from_chars(value, end, period);
        if (error == std::errc() && after == end && period >= format::minPeriod &&
            period <= format::maxPeriod)
            return 0;
        return refuse(name, "period",
                      "period takes a number of instructions from " + std::to_string(format::minPeriod) +
                          " to " + std::to_string(format::maxPeriod) + ", not '" + value + "'");
    }
    return refuse(name, std::string(key),
                  "there is no option '" + std::string(key) + "'; options: output, period");
}

} // namespace

extern "C" {

QEMU_PLUGIN_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

QEMU_PLUGIN_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int count,
                                           char **words) {
    guest = takeOptions(name, info, count, words, take);
    if (!guest)
        return -1;
    if (!file->isOpen())
        return refuse(name, "output", "output=FILE says where what was found goes");
    samples = new Samples(guest->frames.userEnd, guest->frames.kernelStart);
    counters = qemu_plugin_scoreboard_new(sizeof(std::uint64_t));
    qemu_plugin_register_vcpu_init_cb(id, onVcpu);
    qemu_plugin_register_vcpu_tb_trans_cb(id, onBlock);
    qemu_plugin_register_atexit_cb(id, onExit, nullptr);
    return 0;
}
}
