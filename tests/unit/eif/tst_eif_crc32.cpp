// SPDX-License-Identifier: GPL-2.0-or-later
//
// All three CRC32 implementations (table, carry-less multiply, sparse polynomial) against zlib's, in the very
// source the firmware is built from.
#include "firmware/boot/crc/crc_fold.hpp"
#include "firmware/boot/crc/crc_sparse.hpp"
#include "firmware/eif/crc32.hpp"

#include <memory>
#include <QtTest>
#include <random>
#include <vector>
#include <zlib.h>

using namespace nitroscope;

namespace {

using Update = std::function<uint32_t(uint32_t, const std::byte *, size_t)>;

uint32_t zlibState(uint32_t state, const std::byte *data, size_t size) {
    if (size == 0)
        return state; // zlib's crc32 of a null buffer means something else
    return ~static_cast<uint32_t>(
        ::crc32(~state & 0xffffffff, reinterpret_cast<const Bytef *>(data), static_cast<uInt>(size)));
}

} // namespace

Q_DECLARE_METATYPE(Update)

class TestEifCrc32 : public QObject {
    Q_OBJECT

    std::mt19937 m_random{20261123};
    std::vector<std::byte> m_data;

    void methods() {
        QTest::addColumn<Update>("update");
        QTest::newRow("table") << Update(eif::detail::crcBytes);
        if (__builtin_cpu_supports("pclmul"))
            QTest::newRow("fold") << Update(boot::crcByFolding);
        auto sparse = std::make_shared<boot::SparseCrc>();
        QTest::newRow("sparse") << Update([sparse](uint32_t state, const std::byte *data, size_t size) {
            return sparse->update(state, data, size);
        });
    }

private slots:
    void initTestCase() {
        m_data.resize(1 << 20);
        for (std::byte &b : m_data)
            b = static_cast<std::byte>(m_random());
        if (!__builtin_cpu_supports("pclmul"))
            qWarning("this CPU has no PCLMULQDQ: the folding code is not tested");
    }

    void update_everyShortLength_equalsZlib_data() { methods(); }
    void update_everyShortLength_equalsZlib() {
        QFETCH(const Update, update);
        for (size_t size = 0; size <= 300; ++size)
            for (size_t alignment = 0; alignment < 17; ++alignment) {
                // A copy of the exact size, so that the sanitizer sees reads beyond it.
                const std::vector<std::byte> exact(m_data.begin() + static_cast<ptrdiff_t>(alignment),
                                                   m_data.begin() + static_cast<ptrdiff_t>(alignment + size));
                const auto state = static_cast<uint32_t>(m_random());
                QCOMPARE(update(state, exact.data(), size), zlibState(state, exact.data(), size));
            }
    }

    void update_randomSizesAndAlignments_equalsZlib_data() { methods(); }
    void update_randomSizesAndAlignments_equalsZlib() {
        QFETCH(const Update, update);
        for (int i = 0; i < 300; ++i) {
            const size_t at = m_random() % 64, size = m_random() % (m_data.size() - 64);
            const auto state = static_cast<uint32_t>(m_random());
            QCOMPARE(update(state, m_data.data() + at, size), zlibState(state, m_data.data() + at, size));
        }
    }

    // Lengths where the sparse method starts, and where its blocks of 16 KiB end.
    void update_lengthsAroundBlocks_equalsZlib_data() { methods(); }
    void update_lengthsAroundBlocks_equalsZlib() {
        QFETCH(const Update, update);
        for (const size_t around : {12024, 16384, 16384 + 3006, 32768, 65536 + 140, 65536 + 791})
            for (size_t size = around - 20; size < around + 20; ++size)
                QCOMPARE(update(1, m_data.data() + 3, size), zlibState(1, m_data.data() + 3, size));
    }

    void crc32_inPieces_equalsWhole() {
        eif::Crc32 whole, pieces;
        const std::span<const std::byte> all(m_data.data(), 10000);
        whole.update(all);
        for (size_t at = 0; at < all.size(); at += 7)
            pieces.update(all.subspan(at, std::min<size_t>(7, all.size() - at)));
        QCOMPARE(pieces.value(), whole.value());
    }

    void crc32_checkValue_isThePublishedOne() {
        eif::Crc32 crc;
        crc.update(std::as_bytes(std::span("123456789", 9)));
        QCOMPARE(crc.value(), 0xcbf43926u);
        QCOMPARE(eif::Crc32().value(), 0u);
    }
};

QTEST_APPLESS_MAIN(TestEifCrc32)
#include "tst_eif_crc32.moc"
