// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two hashes in step against OpenSSL's: every place of a block's border, chunks of any size in any order, and
// digests taken on the way.

#include "qemu-machine/launch/hash/sha384_pair.hpp"

#include <QTest>
#include <random>
#include <vector>

using namespace nitroscope::launch;
using For = Sha384Pair::For;
using Bytes = std::span<const std::byte>;

namespace {

std::vector<std::byte> noise(size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(size);
    for (std::byte &each : bytes)
        each = static_cast<std::byte>(random());
    return bytes;
}

Digest expected(Bytes first, Bytes second = {}) {
    Sha384 hash;
    hash.update(first);
    hash.update(second);
    return hash.finish();
}

} // namespace

class Sha384PairTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        if (!Sha384Pair::isSupported())
            QSKIP("this processor has no AVX-512 with vectors of 256 bits");
    }

    void digest_nothing_isThatOfTheEmptyMessage() {
        const Sha384Pair pair;
        QCOMPARE(pair.first(), expected({}));
        QCOMPARE(pair.second(), expected({}));
    }

    void digest_everyPlaceInABlock_equalsOpenSsl() {
        const auto bytes = noise(700, 1);
        for (const size_t before : {0, 1, 64, 111, 112, 113, 127, 128, 129, 200}) {
            for (size_t size = 0; size <= 400; ++size) {
                const Bytes head = Bytes(bytes).first(before), body = Bytes(bytes).subspan(before, size);
                Sha384Pair pair;
                pair.update(head, For::first);
                pair.update(body, For::both);
                QCOMPARE(pair.first(), expected(head, body));
                QCOMPARE(pair.second(), expected(body));
            }
        }
    }

    void digest_chunksOfAnySize_equalsOpenSsl() {
        std::mt19937 random(2);
        for (int run = 0; run < 200; ++run) {
            const auto bytes = noise(20'000, random());
            Sha384Pair pair;
            Sha384 first, second;
            for (Bytes left = bytes; !left.empty();) {
                const Bytes chunk = left.first(std::min<size_t>(left.size(), random() % 1'500));
                const bool isForBoth = random() % 3 != 0;
                left = left.subspan(chunk.size());
                pair.update(chunk, isForBoth ? For::both : For::first);
                first.update(chunk);
                if (isForBoth)
                    second.update(chunk);
            }
            QCOMPARE(pair.first(), first.finish());
            QCOMPARE(pair.second(), second.finish());
        }
    }

    void digest_onTheWay_changesNothing() {
        const auto bytes = noise(1'000, 3);
        Sha384Pair pair;
        for (size_t i = 0; i < bytes.size(); ++i) {
            QCOMPARE(pair.first(), expected(Bytes(bytes).first(i)));
            QCOMPARE(pair.second(), pair.first());
            pair.update(Bytes(bytes).subspan(i, 1), For::both);
        }
    }
};

QTEST_GUILESS_MAIN(Sha384PairTest)
#include "tst_sha384_pair.moc"
