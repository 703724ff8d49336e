// SPDX-License-Identifier: GPL-2.0-or-later
//
// See ramdisk_index.hpp.

#include "app/formats/ramdisk/ramdisk_index.hpp"

#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

namespace {

// A failure of the moment must not be all that is ever known.
bool isLasting(const Ramdisk &ramdisk) {
    return !ramdisk.problem || ramdisk.problem->code != u"file-changed"_s;
}

} // namespace

void RamdiskIndexCache::endReading() {
    const std::lock_guard lock(m_mutex);
    m_isReading = false;
    m_ended.notify_all();
}

app::Result<RamdiskIndexPointer> RamdiskIndexCache::get(const launch::ByteSource &source,
                                                        const eif::Image &image,
                                                        const RamdiskLimits &limits) {
    const Bounds bounds = {limits.unpack.outputBytes, limits.unpack.memoryBytes, limits.entries};
    std::unique_lock lock(m_mutex);
    if (!m_ended.wait(lock, limits.unpack.stop, [this] { return !m_isReading; }))
        return app::failure(u"cancelled"_s, u"Reading the ramdisk was cancelled."_s);
    if (m_index && m_bounds == bounds)
        return m_index;
    m_isReading = true;
    lock.unlock();
    struct Ending { // whatever happens meanwhile, running out of memory included
        RamdiskIndexCache &cache;
        ~Ending() { cache.endReading(); }
    } ending{*this};
    auto ramdisks = readRamdisks(source, image, limits);
    if (!ramdisks)
        return tl::unexpected(ramdisks.error());
    const bool isKept = std::ranges::all_of(*ramdisks, isLasting);
    auto index = std::make_shared<const RamdiskIndex>(*std::move(ramdisks));
    if (isKept) {
        lock.lock();
        m_index = index;
        m_bounds = bounds;
        lock.unlock();
    }
    return index;
}

} // namespace nitroscope::formats
