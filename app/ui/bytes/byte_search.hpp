// SPDX-License-Identifier: GPL-2.0-or-later
//
// Finding bytes in a ByteSource without holding up the window: the search runs on a worker in 1 MiB blocks,
// can be cancelled between blocks, and wraps around once.
#pragma once

#include "app/ui/bytes/byte_source.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <QByteArray>
#include <QObject>

namespace nitroscope::app {

enum class SearchDirection { forward, backward };

// The search itself, usable from any thread. Starts at `from` (forward: first candidate, backward: candidates
// before it), wraps around, returns the match's offset or nothing. `cancelled` is looked at once per block.
struct ByteMatch {
    quint64 offset = 0;
    bool wrapped = false;
};
std::optional<ByteMatch> findBytes(const ByteSource &source, const QByteArray &needle, quint64 from,
                                   SearchDirection direction, const std::atomic<bool> &cancelled);

class ByteSearch : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    ~ByteSearch() override;

    // A search still running is cancelled; its result never arrives.
    void start(std::shared_ptr<const ByteSource> source, const QByteArray &needle, quint64 from,
               SearchDirection direction);
    void cancel();

signals:
    void found(quint64 offset, quint64 length, bool wrapped);
    void notFound();

private:
    std::shared_ptr<std::atomic<bool>> m_cancelled;
};

} // namespace nitroscope::app
