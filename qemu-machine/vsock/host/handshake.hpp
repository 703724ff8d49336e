// SPDX-License-Identifier: GPL-2.0-or-later
//
// The first line that a host program sends on the hybrid socket, as Firecracker defined it:
//
//   CONNECT <port>\n                      → OK <port of this end>\n, then the stream
//
// Two additions, for programs that know this device (the preload library does):
//
//   CONNECT <cid>:<port>\n                CID 0 is the console of debug mode, on port 10000 + enclave CID
//   CONNECT <port> <source port>\n        the port that the guest is to see; otherwise one is chosen
//   CONNECT <port> <source port> +<held bytes>\n
//                                        no OK: the program has sent so many bytes of no meaning, which are thrown
//                                        away when the guest has accepted. Until then its socket is not writable
//
// A Unix socket that comes with the line (SCM_RIGHTS) takes the place of the one that it came through.
//
// Bytes come from any local program, one by one or all at once, and may be anything: the line is bounded,
// numbers are decimal 32-bit, and whatever does not fit ends the parse for good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace nitroscope::vsock {

// A line may be at most this long, end included: the longest sensible one has 54 bytes.
constexpr size_t handshakeLimit = 64;
// More than a socket holds by itself.
constexpr uint32_t maxHeldBytes = 1u << 26;

struct Handshake {
    uint32_t port = 0;
    std::optional<uint32_t> cid;        // not given: the enclave's
    std::optional<uint32_t> sourcePort; // not given: the device chooses
    std::optional<uint32_t> heldBytes;  // not given: OK tells that the guest has accepted
    bool operator==(const Handshake &) const = default;
};

class HandshakeParser {
public:
    enum class State { reading, complete, failed };

    // Takes one byte. After `complete` and `failed` the state stays, and further bytes are not looked at.
    State feed(uint8_t byte);

    State state() const { return m_state; }
    size_t taken() const { return m_taken; } // bytes taken so far
    // What was asked for; of use once the state is complete.
    const Handshake &request() const { return m_request; }
    // Why the parse failed, in plain words; "" otherwise.
    const char *problem() const { return m_problem; }

private:
    enum class Part {
        keyword,
        beforeTarget,
        target,
        afterColon,
        beforeSource,
        source,
        beforeHeld,
        held,
        end
    };

    State fail(const char *why);
    State letter(uint8_t byte);
    State digit(uint8_t byte);
    State separator(uint8_t byte);
    State endOfLine();
    bool closeNumber();
    bool closeLast();

    Handshake m_request;
    const char *m_problem = "";
    size_t m_taken = 0;
    uint64_t m_number = 0;
    State m_state = State::reading;
    Part m_part = Part::keyword;
    bool m_hasDigits = false;
};

} // namespace nitroscope::vsock
