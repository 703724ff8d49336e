// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU's words: target/i386/cpu-dump.c, in 64-bit code
//
//     CPU#0
//     RAX=0000000000000000 RBX=… RIP=ffffffff81000000 RFL=00000046 [---Z-P-] CPL=0 II=0 A20=1 SMM=0 HLT=1
//     CS =0010 0000000000000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]
//     CR0=80050033 CR2=0000000000000000 CR3=0000000002a0a000 CR4=000006f0
//
// and with EAX, EIP and EFL elsewhere. The layout of a status: System V ABI's user_regs_struct in Linux's
// include/linux/elfcore.h.
#include "app/core/arch/x86/core_dump.hpp"

#include "app/core/arch/x86/registers.hpp"

#include <cctype>
#include <cstring>
#include <optional>
#include <QHash>

namespace nitroscope::arch::x86 {
namespace {

constexpr qsizetype maxText = 4 << 20; // 288 CPUs have 1 MiB
constexpr qsizetype maxCpus = 1024;

const QHash<QByteArray, int> &numbers() {
    static const QHash<QByteArray, int> all = [] {
        QHash<QByteArray, int> found;
        for (const Register &one : registers)
            if (one.bytes <= 8)
                found.insert(QByteArray(one.name).toUpper(), one.number);
        for (const NarrowRegister &part : narrow)
            if (part.bit == 0 && part.width == 32)
                found.insert(QByteArray(part.name).toUpper(), part.number);
        found.insert("RFL", eflags);
        found.insert("EFL", eflags);
        return found;
    }();
    return all;
}

void put(QByteArray &packet, int number, std::uint64_t value) {
    const Register &one = registers[std::size_t(number)];
    std::memcpy(packet.data() + one.offset, &value, std::size_t(std::min(one.bytes, 8)));
}

bool isNameByte(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The hexadecimal number at the start of the text, and what is behind it and its blanks.
std::optional<std::uint64_t> takeNumber(QByteArrayView &text) {
    qsizetype length = 0;
    while (length < text.size() && std::isxdigit(static_cast<unsigned char>(text[length])))
        ++length;
    bool isNumber = false;
    const std::uint64_t value = text.first(length).toULongLong(&isNumber, 16);
    text = text.sliced(length);
    while (!text.isEmpty() && text.front() == ' ')
        text = text.sliced(1);
    return isNumber ? std::optional(value) : std::nullopt;
}

// All "NAME=NUMBER" and "NAME =NUMBER" of a line. A segment's base is its second number.
void readLine(QByteArrayView line, QByteArray &packet) {
    while (!line.isEmpty()) {
        const qsizetype equals = line.indexOf('=');
        if (equals < 0)
            return;
        qsizetype end = equals;
        while (end > 0 && line[end - 1] == ' ')
            --end;
        qsizetype start = end;
        while (start > 0 && isNameByte(line[start - 1]))
            --start;
        const int number = numbers().value(line.sliced(start, end - start).toByteArray(), -1);
        line = line.sliced(equals + 1);
        const auto value = takeNumber(line);
        if (number < 0 || !value)
            continue;
        put(packet, number, *value);
        if (number != fs && number != gs)
            continue;
        if (const auto base = takeNumber(line))
            put(packet, number == fs ? fsBase : gsBase, *base);
    }
}

std::vector<QByteArray> registersOf(QByteArrayView text) {
    std::vector<QByteArray> cpus;
    for (QByteArrayView rest = text.first(std::min(text.size(), maxText)); !rest.isEmpty();) {
        const qsizetype end = rest.indexOf('\n');
        const QByteArrayView line = end < 0 ? rest : rest.first(end);
        rest = end < 0 ? QByteArrayView() : rest.sliced(end + 1);
        if (line.startsWith("CPU#")) {
            if (qsizetype(cpus.size()) == maxCpus)
                break;
            cpus.emplace_back(table.packetBytes, '\0');
        } else if (!cpus.empty()) {
            readLine(line, cpus.back());
        }
    }
    return cpus;
}

// struct user_regs_struct; -1 is orig_rax, which only a system call has.
constexpr std::array statusOrder{
    int(r15),    int(r14), int(r13), int(r12),    int(rbp),    int(rbx), int(r11), int(r10), int(r9),
    int(r8),     int(rax), int(rcx), int(rdx),    int(rsi),    int(rdi), -1,       int(rip), int(cs),
    int(eflags), int(rsp), int(ss),  int(fsBase), int(gsBase), int(ds),  int(es),  int(fs),  int(gs)};
constexpr qsizetype threadOffset = 32, registersOffset = 112, statusBytes = 336;
static_assert(registersOffset + qsizetype(statusOrder.size()) * 8 + 8 == statusBytes);

QByteArray status(QByteArrayView packet, std::uint32_t thread) {
    QByteArray all(statusBytes, '\0');
    std::memcpy(all.data() + threadOffset, &thread, sizeof thread);
    for (std::size_t i = 0; i < statusOrder.size(); ++i) {
        const std::uint64_t value =
            statusOrder[i] < 0 ? ~std::uint64_t(0)
                               : table.value({packet.data(), std::size_t(packet.size())}, statusOrder[i]);
        std::memcpy(all.data() + registersOffset + qsizetype(i) * 8, &value, sizeof value);
    }
    return all;
}

} // namespace

const CoreDump coreDump{registersOf, status};

} // namespace nitroscope::arch::x86
