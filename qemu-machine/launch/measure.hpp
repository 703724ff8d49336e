// SPDX-License-Identifier: GPL-2.0-or-later
//
// Measures an EIF as the platform does: PCR 0, 1 and 2 and the CRC32, each in one pass over the file, PCR 2
// in parallel to the others or in step with them. The machine, the window and the command line tool share
// this code. Specification: image-format README, "EIF measurements":
//
//   PCR x = SHA384(48 zero bytes || SHA384(content)), content = section data in file order:
//   PCR 0: kernel, command line, all ramdisks   PCR 1: kernel, command line, first ramdisk   PCR 2: all other
//   ramdisks
//
// PCR 1's content is nearly always the beginning of PCR 0's; then its hash is forked from PCR 0's running
// state and costs nothing. The CRC is computed from the same chunks as PCR 0. Reading goes in chunks that
// stay in the CPU's cache while they are hashed.

#pragma once

#include "firmware/eif/image.hpp"
#include "qemu-machine/launch/file_source.hpp"
#include "qemu-machine/launch/hash/digest.hpp"

#include <functional>
#include <optional>
#include <stop_token>
#include <string>

namespace nitroscope::launch {

// What the machine asks for besides the file.
struct MeasureExtras {
    std::string append;                  // An experiment: added to the command line after one space.
    const ByteSource *ramdisk = nullptr; // An experiment: one more, last ramdisk.
    // How many processors are better not all taken: with 1, PCR 0 and PCR 2 share a thread where this
    // computer can hash them in step (sha384_pair.hpp). That takes a little longer than two threads on two
    // idle processors, and much less than two threads on one.
    unsigned processors = 2;
};

enum class MeasureStatus {
    done,
    cancelled,
    readFailed,   // A file changed or the disk failed; see failedOffset.
    cryptoFailed, // OpenSSL has no SHA-384 or no memory.
};

enum class MeasuredFile { eif, extraRamdisk };

struct Measurements {
    MeasureStatus status = MeasureStatus::done;
    uint64_t failedOffset = 0; // In the file that could not be read.
    MeasuredFile failedFile = MeasuredFile::eif;
    // Absent where the sections they are made of are not whole.
    std::optional<Digest> pcr0, pcr1, pcr2;
    // Absent where the section table is broken.
    std::optional<uint32_t> crc;
};

// Called on the calling thread with bytes processed and bytes to process in all.
using MeasureProgress = std::function<void(uint64_t done, uint64_t total)>;

// Blocks; the calling thread does PCR 0, up to two more threads do what cannot be done with it. Cancels
// within one chunk.
Measurements measure(const ByteSource &source, const eif::Image &image, const MeasureExtras &extras = {},
                     std::stop_token stop = {}, const MeasureProgress &progress = {});

} // namespace nitroscope::launch
