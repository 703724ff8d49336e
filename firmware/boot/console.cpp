// SPDX-License-Identifier: GPL-2.0-or-later
//
// 16550A at 0x3f8 (National Semiconductor PC16550D data sheet).
#include "firmware/boot/console.hpp"

#include "firmware/boot/x86/cpu.hpp"

namespace nitroscope::boot {

namespace {

enum Com1 : uint16_t {
    data = 0x3f8, // divisor low byte while DLAB is set
    interruptEnable = 0x3f9,
    fifoControl = 0x3fa,
    lineControl = 0x3fb,
    modemControl = 0x3fc,
    lineStatus = 0x3fd,
};
constexpr uint8_t transmitterEmpty = 0x20; // in lineStatus

void put(char c) {
    while (!(inByte(lineStatus) & transmitterEmpty)) // a port that is not there reads all ones
        pause();
    outByte(data, static_cast<uint8_t>(c));
}

void put(std::string_view words) {
    for (const char c : words)
        put(c);
}

} // namespace

void initConsole() {
    outByte(interruptEnable, 0);
    outByte(lineControl, 0x80); // divisor latch
    outByte(data, 1);           // 115200
    outByte(interruptEnable, 0);
    outByte(lineControl, 0x03);  // 8n1
    outByte(fifoControl, 0x07);  // on and empty
    outByte(modemControl, 0x03); // DTR, RTS
}

void printLine(std::string_view words) {
    put("nitroscope: ");
    put(words);
    put("\r\n");
}

} // namespace nitroscope::boot
