// SPDX-License-Identifier: GPL-2.0-or-later
//
// The two jumps by which a compressed x86-64 kernel leaves itself (Linux,
// arch/x86/boot/compressed/head_64.S): the entry code copies the whole image to the end of the room that was
// reserved for unpacking and jumps into the copy; the copy unpacks the kernel and jumps to where it put it,
// which KASLR chooses. There are no symbols for them, but their shape has been the same since 4.x:
//
//       48 8d 83 <disp32>   lea  .Lrelocated(%rbx),%rax     disp32 = offset of .Lrelocated in the image
//       ff e0               jmp  *%rax                      <- intoCopy
//   .Lrelocated:            ... less than 512 bytes ...
//       e8 <rel32>          call extract_kernel             returns the kernel's first instruction
//       4c 89 fe or 5e      (boot_params into %rsi)
//       ff e0               jmp  *%rax                      <- out, in the copy
#pragma once

#include <optional>
#include <QByteArrayView>

namespace nitroscope::formats {

// Offsets from the start of the protected-mode code (startup_32).
struct DecompressorJumps {
    quint64 intoCopy = 0;
    quint64 relocated = 0; // .Lrelocated; in the copy it is where `intoCopy` goes
    quint64 out = 0;
};

// `code` is the protected-mode part of a bzImage, of which [payloadOffset, +payloadBytes) is the compressed
// kernel and not looked at. Nothing unless there is exactly one place of this shape.
std::optional<DecompressorJumps> findDecompressorJumps(QByteArrayView code, quint64 payloadOffset,
                                                       quint64 payloadBytes);

} // namespace nitroscope::formats
