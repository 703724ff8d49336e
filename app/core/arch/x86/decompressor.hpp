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

#include "app/core/arch/linux_kernel.hpp"

namespace nitroscope::arch::x86 {

// See LinuxBoot::findJumps; `code` is the protected-mode part of a bzImage (startup_32).
std::optional<UnpackingJumps> findDecompressorJumps(QByteArrayView code, std::uint64_t payloadOffset,
                                                    std::uint64_t payloadBytes);

} // namespace nitroscope::arch::x86
