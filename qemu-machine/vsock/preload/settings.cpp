// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/preload/settings.hpp"

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <unistd.h>

namespace nitroscope::preload {
namespace {

constexpr uint32_t defaultCid = 16, consolePortBase = 10000;

Settings parsed;

// Takes one "CID=PATH" or "PATH".
void addEnclave(const char *text, size_t length) {
    Enclave enclave;
    enclave.cid = defaultCid;
    if (length > 0 && text[0] >= '0' && text[0] <= '9') {
        char *end = nullptr;
        enclave.cid = static_cast<uint32_t>(std::strtoul(text, &end, 10));
        if (*end != '=')
            end = const_cast<char *>(text + length); // a number alone: no path
        else
            ++end;
        length -= static_cast<size_t>(end - text);
        text = end;
    }
    // The longest suffix, "_4294967295", must fit as well.
    if (length == 0 || length + 12 > sizeof enclave.path || parsed.count == Settings::limit) {
        static constexpr char message[] =
            "libnitroscope-vsock: NITROSCOPE_VSOCK is not CID=PATH[,CID=PATH...] with short paths\n";
        [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
        return;
    }
    std::memcpy(enclave.path, text, length);
    parsed.enclaves[parsed.count++] = enclave;
}

// Up to the comma before the next "CID="; a path may have commas of its own.
size_t entryLength(const char *text) {
    size_t length = std::strcspn(text, ",");
    for (; text[length] != 0; length += 1 + std::strcspn(text + length + 1, ",")) {
        const char *next = text + length + 1;
        const size_t digits = std::strspn(next, "0123456789");
        if (digits > 0 && next[digits] == '=')
            break;
    }
    return length;
}

void parse() {
    const char *debug = std::getenv("NITROSCOPE_VSOCK_DEBUG");
    parsed.debug = debug != nullptr && *debug != 0 && std::strcmp(debug, "0") != 0;
    const char *text = std::getenv("NITROSCOPE_VSOCK");
    while (text != nullptr && *text != 0) {
        const size_t length = entryLength(text);
        addEnclave(text, length);
        text += length + (text[length] == ',');
    }
}

// Keeps errno.
[[gnu::format(printf, 1, 0)]] void say(const char *format, va_list list) {
    const int error = errno;
    char line[384];
    int length = std::snprintf(line, sizeof line, "libnitroscope-vsock[%d]: ", getpid());
    length += std::vsnprintf(line + length, sizeof line - static_cast<size_t>(length) - 1, format, list);
    length = length < static_cast<int>(sizeof line) - 2 ? length : static_cast<int>(sizeof line) - 2;
    line[length++] = '\n';
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line, static_cast<size_t>(length));
    errno = error;
}

} // namespace

const Settings &settings() {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, parse);
    return parsed;
}

const Enclave *Settings::find(uint32_t cid, uint32_t port) const {
    for (size_t i = 0; i < count; ++i)
        if (enclaves[i].cid == cid || (cid == consoleCid && port == consolePortBase + enclaves[i].cid))
            return &enclaves[i];
    return nullptr;
}

bool makeName(const Enclave &enclave, const char *suffix, sockaddr_un &name) {
    name = {};
    name.sun_family = AF_UNIX;
    const int length = std::snprintf(name.sun_path, sizeof name.sun_path, "%s%s", enclave.path, suffix);
    return length > 0 && static_cast<size_t>(length) < sizeof name.sun_path;
}

void tell(const char *format, ...) {
    if (!settings().debug)
        return;
    va_list list;
    va_start(list, format);
    say(format, list);
    va_end(list);
}

void warn(const char *format, ...) {
    static std::atomic<bool> isSaid{false};
    if (isSaid.exchange(true))
        return;
    va_list list;
    va_start(list, format);
    say(format, list);
    va_end(list);
}

} // namespace nitroscope::preload
