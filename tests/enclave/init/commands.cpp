// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/commands.hpp"

#include "tests/enclave/init/kernel_commands.hpp"
#include "tests/enclave/init/nsm_check.hpp"
#include "tests/enclave/init/text.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace nitroscope::demo {
namespace {

using Words = std::vector<std::string>;

constexpr uint32_t pcrIndexLimit = 0xffff, randomLimit = 1024;

void help(Enclave &enclave, const Words &);

std::string seconds(double value) {
    char text[32];
    snprintf(text, sizeof text, "%.3f s", value);
    return text;
}

void uptime(Enclave &enclave, const Words &) {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    enclave.console.line("up " +
                         seconds(static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9) +
                         " since the kernel started");
}

void memory(Enclave &enclave, const Words &) {
    struct sysinfo info {};
    sysinfo(&info);
    const auto mebibytes = [&](unsigned long amount) {
        return std::to_string(uint64_t{amount} * info.mem_unit >> 20) + " MiB ";
    };
    enclave.console.line(mebibytes(info.totalram) + "of memory for Linux, " + mebibytes(info.freeram) +
                         "free, " + mebibytes(info.sharedram) + "in ramdisks and tmpfs");
}

void nsm(Enclave &enclave, const Words &) {
    reportNsm(enclave);
}

void status(Enclave &enclave, const Words &words) {
    utsname system{};
    uname(&system);
    enclave.console.line(std::string(system.sysname) + ' ' + system.release + ", " +
                         std::to_string(get_nprocs()) + " processors");
    uptime(enclave, words);
    memory(enclave, words);
    enclave.console.line(enclave.nsm.available() ? "NSM: /dev/nsm is open" : "NSM: " + enclave.nsm.error());
    const auto &arguments = enclave.application.arguments();
    enclave.console.line(enclave.application.running()
                             ? "application: " + arguments.front() + " runs as process " +
                                   std::to_string(enclave.application.process())
                             : "application: not running");
}

std::optional<uint16_t> pcrIndex(Enclave &enclave, const Words &words) {
    const auto index = words.size() > 1 ? toNumber(words[1]) : std::nullopt;
    if (index && *index <= pcrIndexLimit)
        return static_cast<uint16_t>(*index);
    enclave.console.line(words[0] + ": give the number of a PCR, for example " + words[0] + " 16");
    return std::nullopt;
}

void pcr(Enclave &enclave, const Words &words) {
    if (const auto index = pcrIndex(enclave, words))
        reportPcr(enclave, "pcr", *index);
}

void extend(Enclave &enclave, const Words &words) {
    const auto index = pcrIndex(enclave, words);
    if (!index)
        return;
    std::string data; // the words again, one space between
    for (size_t i = 2; i < words.size(); ++i)
        data += (i > 2 ? " " : "") + words[i];
    if (data.empty())
        return enclave.console.line("extend: give a text to extend the PCR with");
    const auto value = enclave.nsm.extendPcr(*index, data);
    const std::string title = "extend " + words[1];
    enclave.console.report(value ? title + " \"" + data + "\" " + hex(*value)
                                 : title + " failed: " + value.error());
}

void random(Enclave &enclave, const Words &words) {
    const auto count = words.size() > 1 ? toNumber(words[1]) : std::optional<uint32_t>(16);
    if (!count || *count == 0 || *count > randomLimit)
        return enclave.console.line("random: give a number of bytes from 1 to " +
                                    std::to_string(randomLimit));
    const auto bytes = enclave.nsm.random(*count);
    enclave.console.report(bytes ? "random " + hex(*bytes) : "random failed: " + bytes.error());
}

void check(Enclave &enclave, const Words &) {
    checkNsm(enclave);
}

void attest(Enclave &enclave, const Words &words) {
    const auto word = [&](size_t index) { return words.size() > index ? words[index] : std::string(); };
    reportDocument(enclave, word(1), word(2), word(3));
}

void bench(Enclave &enclave, const Words &words) {
    const auto count = words.size() > 1 ? toNumber(words[1]) : std::optional<uint32_t>(1000);
    if (!count || *count == 0)
        return enclave.console.line("bench: give a number of requests");
    benchNsm(enclave, *count);
}

void dmesg(Enclave &enclave, const Words &) {
    constexpr int readAll = 3, bufferSize = 10; // syslog(2)
    std::string text(static_cast<size_t>(std::max(klogctl(bufferSize, nullptr, 0), 1)), '\0');
    const int length = klogctl(readAll, text.data(), static_cast<int>(text.size()));
    if (length < 0)
        return enclave.console.line(std::string("dmesg: ") + std::strerror(errno));
    text.resize(static_cast<size_t>(length));
    for (const auto &line : split(text, "\n"))
        enclave.console.line(line);
}

void tasks(Enclave &enclave, const Words &) {
    listTasks(enclave);
}

void cat(Enclave &enclave, const Words &words) {
    if (words.size() < 2)
        return enclave.console.line("cat: give a file, for example /proc/modules");
    showFile(enclave, words[1]);
}

void insmod(Enclave &enclave, const Words &words) {
    if (words.size() < 2)
        return enclave.console.line("insmod: give the file of a kernel module");
    loadModule(enclave, words[1]);
}

void rebootCommand(Enclave &enclave, const Words &) {
    enclave.console.report("rebooting");
    endByReboot();
}

void powerOff(Enclave &enclave, const Words &) {
    enclave.console.line("An enclave has no power switch, so the kernel will only halt.");
    enclave.console.report("halting");
    reboot(RB_POWER_OFF);
    enclave.console.line(std::string("poweroff: ") + std::strerror(errno));
}

struct Command {
    const char *name, *usage, *what;
    void (*run)(Enclave &, const Words &);
};

constexpr Command commands[] = {
    {"help", "help", "this list", help},
    {"status", "status", "kernel, processors, memory, NSM, application", status},
    {"nsm", "nsm", "what the NSM says of itself, and PCR 0 to 4", nsm},
    {"pcr", "pcr N", "value of a PCR", pcr},
    {"extend", "extend N TEXT", "extend a PCR with a text", extend},
    {"random", "random [N]", "random bytes from the NSM", random},
    {"attest", "attest [DATA]", "attestation document; also: nonce, public key", attest},
    {"check", "check", "examine the NSM as nsm-check does; locks all PCRs", check},
    {"bench", "bench [N]", "time N requests to the NSM", bench},
    {"uptime", "uptime", "time since the kernel started", uptime},
    {"mem", "mem", "memory", memory},
    {"dmesg", "dmesg", "kernel messages", dmesg},
    {"tasks", "tasks", "processes, their threads, and the kernel's", tasks},
    {"cat", "cat FILE", "show a file, for example /proc/modules", cat},
    {"insmod", "insmod FILE", "load a kernel module", insmod},
    {"reboot", "reboot", "reboot, which ends an enclave", rebootCommand},
    {"poweroff", "poweroff", "halt the kernel", powerOff},
};

void help(Enclave &enclave, const Words &) {
    for (const auto &command : commands) {
        std::string text = "  " + std::string(command.usage);
        text.resize(18, ' ');
        enclave.console.line(text + command.what);
    }
}

} // namespace

void runCommand(Enclave &enclave, const std::string &line) {
    const Words words = split(line, " \t");
    if (words.empty())
        return;
    for (const auto &command : commands)
        if (words[0] == command.name)
            return command.run(enclave, words);
    enclave.console.line("There is no command '" + words[0] + "' here; 'help' lists what there is.");
}

void reportPcr(Enclave &enclave, std::string_view name, uint16_t index) {
    const std::string title = std::string(name) + ' ' + std::to_string(index);
    const auto pcr = enclave.nsm.describePcr(index);
    enclave.console.report(pcr ? title + ' ' + hex(pcr->value) : title + " failed: " + pcr.error());
}

void reportNsm(Enclave &enclave) {
    if (!enclave.nsm.available())
        return enclave.console.report("nsm unavailable: " + enclave.nsm.error());
    const auto description = enclave.nsm.describe();
    if (!description)
        return enclave.console.report("nsm failed: " + description.error());
    const auto number = [](uint64_t value) { return std::to_string(value); };
    enclave.console.report("nsm module-id " + description->moduleId);
    enclave.console.report("nsm version " + number(description->versionMajor) + '.' +
                           number(description->versionMinor) + '.' + number(description->versionPatch));
    enclave.console.report("nsm digest " + description->digest);
    enclave.console.report("nsm max-pcrs " + number(description->maxPcrs));
    std::string locked = "nsm locked-pcrs";
    for (const uint64_t index : description->lockedPcrs)
        locked += ' ' + number(index);
    enclave.console.report(locked);
    for (uint16_t index = 0; index <= 4; ++index)
        reportPcr(enclave, "pcr", index);
}

void endByReboot() {
    sync();
    reboot(RB_AUTOBOOT);
    _exit(1); // panics the kernel, which ends the enclave as well
}

} // namespace nitroscope::demo
