// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is in all ramdisks of an image, and what the kernel makes of it: read once, then shared by everybody who
// asks about the same opened image, because reading may mean to unpack gigabytes.

#pragma once

#include "app/formats/ramdisk/ramdisk.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>

namespace nitroscope::formats {

class RamdiskIndex {
public:
    explicit RamdiskIndex(std::vector<Ramdisk> ramdisks)
        : m_ramdisks(std::move(ramdisks)), m_files(m_ramdisks) {}
    RamdiskIndex(const RamdiskIndex &) = delete;
    RamdiskIndex &operator=(const RamdiskIndex &) = delete;

    // In file order.
    const std::vector<Ramdisk> &ramdisks() const { return m_ramdisks; }
    const BootFiles &files() const { return m_files; }

private:
    std::vector<Ramdisk> m_ramdisks;
    BootFiles m_files; // Of m_ramdisks.
};
using RamdiskIndexPointer = std::shared_ptr<const RamdiskIndex>;

// The index of one image. Thread-safe: who comes while it is being read waits for it, or until stopped.
class RamdiskIndexCache {
public:
    // Source and image are the same in every call. Other limits than before read anew. Errors: "cancelled".
    app::Result<RamdiskIndexPointer> get(const launch::ByteSource &source, const eif::Image &image,
                                         const RamdiskLimits &limits);

private:
    struct Bounds {
        quint64 outputBytes = 0, memoryBytes = 0, entries = 0;
        friend bool operator==(const Bounds &, const Bounds &) = default;
    };
    void endReading();

    std::mutex m_mutex;
    std::condition_variable_any m_ended;
    bool m_isReading = false;
    RamdiskIndexPointer m_index;
    Bounds m_bounds;
};

} // namespace nitroscope::formats
