// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo's agent: does in the guest what a test or a benchmark on the host asks for. One line is a command;
// the answer is one line, "ok …" or "failed: …". Bytes of transfers are those of pattern.hpp;
// with seed 0 they are zeros that nobody looks at, for benchmarks.
//
//   take BYTES SEED CHUNK      the bytes follow on this connection; they are checked. With "sha384" at the
//                              end of the line the answer is "ok BYTES DIGEST" of what was received
//   give BYTES SEED CHUNK      the bytes are the answer, without a line; then the connection ends. With
//                              "sha384" at the end of the line "ok BYTES DIGEST" of what was sent follows
//   buffer BYTES               gives this connection a buffer of that size
//   ping COUNT                 COUNT times: one byte is read and sent back; no answer line
//   send PORT BYTES SEED       dials 3:PORT, sends the bytes, ends its data, waits for the peer's end
//   receive PORT BYTES SEED    dials 3:PORT, checks what comes, until the end
//   many PORT COUNT            COUNT connections to 3:PORT at once, each with a line that must come back
//   refused PORT               dials 3:PORT: "ok ERRNO MILLISECONDS" of the failure
//   reach CID PORT             dials CID:PORT and closes: "ok ERRNO MILLISECONDS", 0 when it worked
//   relay PORT                 dials 3:PORT; from here on both connections are one, until both have ended
//   last PORT                  dials 3:PORT, reads to the end, then sends "after the end", and closes
//   messages PORT              seqpacket: sends messages of 1 to 20000 bytes, checks that the same come back
#pragma once

namespace nitroscope::demo {

// Serves commands until the connection ends.
void serveAgent(int fd);

// The same on a virtio-serial port, if this guest has one; for the benchmark's comparison.
void startSerialAgent();

} // namespace nitroscope::demo
