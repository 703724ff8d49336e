// SPDX-License-Identifier: GPL-2.0-or-later
//
// 16550A (National Semiconductor PC16550D data sheet).
#include "firmware/boot/console.hpp"

#include "firmware/boot/cpu.hpp"
#include "firmware/boot/ports.hpp"

namespace nitroscope::boot {

namespace {

enum Register : unsigned {
    data = 0,            // divisor low byte while DLAB is set,
    interruptEnable = 1, // and its high byte
    fifoControl = 2,
    lineControl = 3,
    modemControl = 4,
    lineStatus = 5,
};
constexpr uint8_t transmitterEmpty = 0x20; // in lineStatus

void put(char c) {
    while (!(uart::read(lineStatus) & transmitterEmpty))
        pause();
    uart::write(data, static_cast<uint8_t>(c));
}

void put(std::string_view words) {
    for (const char c : words)
        put(c);
}

} // namespace

void initConsole() {
    uart::write(interruptEnable, 0);
    uart::write(lineControl, 0x80); // divisor latch
    uart::write(data, uart::divisor);
    uart::write(interruptEnable, 0);
    uart::write(lineControl, 0x03);  // 8n1
    uart::write(fifoControl, 0x07);  // on and empty
    uart::write(modemControl, 0x03); // DTR, RTS
}

void printLine(std::string_view words) {
    put("nitroscope: ");
    put(words);
    put("\r\n");
}

} // namespace nitroscope::boot
