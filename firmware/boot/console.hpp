// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plain lines on the first serial port, 115200 8n1, polled. An enclave's console is this UART.
#pragma once

#include <string_view>

namespace nitroscope::boot {

void initConsole();

// Writes "nitroscope: ", the words and a line end.
void printLine(std::string_view words);

} // namespace nitroscope::boot
