// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock in the guest, and what the demo's application does with it:
//
//   port 5000, listening    echo; each connection is a process of its own
//   port 6000, listening    the agent: tests and benchmarks tell it what to do (agent.hpp)
//   3:8000, connecting      a request and its answer, each time the application shows that it lives
#pragma once

#include <cstdint>
#include <string>

namespace nitroscope::demo {

constexpr uint32_t parentCid = 3, echoPort = 5000, agentPort = 6000, requestPort = 8000;

// A connected socket, or -1 with errno.
int dial(uint32_t cid, uint32_t port, int type);
int dialParent(uint32_t port, int type);

// Starts a process that accepts connections to `port` and runs `serve` with each in a process of its own,
// which ends with it.
void startService(uint32_t port, int type, void (*serve)(int fd));

void serveEcho(int fd);

// Sends "request <number>\n" to 3:8000, ends its data and reads the answer: what came of it, in words.
std::string askParent(unsigned long number);

// Writes all; false with errno.
bool sendAll(int fd, const void *bytes, size_t size);

} // namespace nitroscope::demo
