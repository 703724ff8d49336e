// SPDX-License-Identifier: GPL-2.0-or-later
//
// A few chunks of bytes between a thread that reads and one that hashes. One of each; the reader waits while
// all chunks are full, the hasher while all are empty. No byte is copied, nothing is allocated on the way.

#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <semaphore>
#include <span>

namespace nitroscope::launch {

// `Tag` goes with each chunk: where its bytes are from.
template <class Tag>
class ChunkRing {
public:
    struct Chunk {
        std::span<const std::byte> bytes;
        const Tag *tag = nullptr; // Null in the last one, which has no bytes.
    };

    explicit ChunkRing(size_t chunkBytes)
        : m_chunkBytes(chunkBytes), m_buffer(std::make_unique<std::byte[]>(count * chunkBytes)) {}

    // The reader's next empty chunk, of the size given to the constructor; waits for it.
    std::span<std::byte> beginWrite() {
        m_empty.acquire();
        return {m_buffer.get() + (m_written % count) * m_chunkBytes, m_chunkBytes};
    }
    // Hands over the chunk of the last beginWrite(); a null tag says that no more will come.
    void endWrite(std::span<const std::byte> bytes, const Tag *tag) {
        m_chunks[m_written++ % count] = {bytes, tag};
        m_full.release();
    }

    // The hasher's next chunk; waits for it. Valid until release().
    const Chunk &take() {
        m_full.acquire();
        return m_chunks[m_taken % count];
    }
    void release() {
        ++m_taken;
        m_empty.release();
    }

private:
    static constexpr size_t count = 4;

    size_t m_chunkBytes;
    std::unique_ptr<std::byte[]> m_buffer;
    std::array<Chunk, count> m_chunks = {};
    size_t m_written = 0; // The reader's.
    size_t m_taken = 0;   // The hasher's.
    std::counting_semaphore<count> m_empty{count}, m_full{0};
};

} // namespace nitroscope::launch
