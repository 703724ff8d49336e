// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the aarch64 boot firmware computes before it touches memory: where things go, and the device tree that it
// completes. The same headers as in the ROM, on the host.
#include "firmware/boot/arm64/device_tree.hpp"
#include "firmware/boot/target/arm64_plan.hpp"

#include <QByteArray>
#include <QtEndian>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::boot;
using arm64::DeviceTree;

namespace {

constexpr uint64_t mebi = 1 << 20, gibi = 1 << 30, base = NITRO_ARM64_RAM_BASE;

eif::ArmImage kernelOf(uint64_t textOffset, uint64_t imageSize = 16 * mebi) {
    return {.textOffset = textOffset, .imageSize = imageSize, .flags = 0xa, .fileSize = 10 * mebi};
}

// A flattened tree, written by hand after the Devicetree Specification.
class TreeMaker {
public:
    TreeMaker &begin(const char *name) {
        word(1);
        text(m_structure, name);
        return *this;
    }
    TreeMaker &end() {
        word(2);
        return *this;
    }
    TreeMaker &property(const char *name, const QByteArray &value) {
        word(3);
        word(quint32(value.size()));
        word(quint32(m_strings.size()));
        m_strings += QByteArray(name) + '\0';
        m_structure += value;
        pad(m_structure);
        return *this;
    }
    QByteArray made() {
        word(9);
        constexpr quint32 header = 40, reserved = 16;
        const auto structureAt = header + reserved, stringsAt = structureAt + quint32(m_structure.size());
        QByteArray tree;
        for (const quint32 field :
             {0xd00dfeedu, stringsAt + quint32(m_strings.size()), structureAt, stringsAt, header, 17u, 16u,
              0u, quint32(m_strings.size()), quint32(m_structure.size())})
            put(tree, field);
        return tree + QByteArray(reserved, '\0') + m_structure + m_strings;
    }

private:
    static void put(QByteArray &bytes, quint32 value) {
        char buffer[4];
        qToBigEndian(value, buffer);
        bytes.append(buffer, 4);
    }
    static void pad(QByteArray &bytes) { bytes.append((4 - bytes.size() % 4) % 4, '\0'); }
    static void text(QByteArray &bytes, const char *words) {
        bytes += QByteArray(words) + '\0';
        pad(bytes);
    }
    void word(quint32 value) { put(m_structure, value); }

    QByteArray m_structure, m_strings;
};

QByteArray usualTree() {
    return TreeMaker()
        .begin("")
        .property("compatible", "linux,dummy-virt")
        .begin("memory@80000000")
        .property("reg", QByteArray::fromHex("00000000800000000000000020000000"))
        .end()
        .begin("cpus")
        .begin("chosen") // not the one that counts
        .property("bootargs", "below another node")
        .end()
        .end()
        .begin("chosen")
        .property("bootargs", QByteArray(64, '\0'))
        .property("linux,initrd-start", QByteArray(8, '\0'))
        .end()
        .end()
        .made();
}

std::span<std::byte> bytesOf(QByteArray &bytes) {
    return std::as_writable_bytes(std::span(bytes.data(), size_t(bytes.size())));
}

QByteArray valueOf(QByteArray &tree, std::string_view node, std::string_view name) {
    const auto value = DeviceTree(bytesOf(tree)).property(node, name);
    return {reinterpret_cast<const char *>(value.data()), qsizetype(value.size())};
}

} // namespace

class TestFirmwareArm64 : public QObject {
    Q_OBJECT

private slots:
    void plan_usualMachine_isAsFirecrackerHasIt() {
        const Plan plan = arm64::makePlan(kernelOf(0), 3 * mebi + 5, 512 * mebi);
        QVERIFY(plan.verdict == Plan::Verdict::fits);
        QCOMPARE(plan.kernelAddress, base);
        QCOMPARE(plan.kernelEnd, base + 16 * mebi);
        QCOMPARE(plan.deviceTreeAddress, base + 510 * mebi);
        QCOMPARE(plan.ramdiskAddress, base + 510 * mebi - 3 * mebi - 4096);
        QCOMPARE(plan.freeEnd, plan.ramdiskAddress);
    }

    void plan_anyTextOffset_isAddedToTheStartOfMemory() {
        for (const uint64_t offset :
             {uint64_t{0}, uint64_t{0x80000}, uint64_t{0x200000}, uint64_t{0x123000}}) {
            const Plan plan = arm64::makePlan(kernelOf(offset), mebi, 512 * mebi);
            QVERIFY(plan.verdict == Plan::Verdict::fits);
            QCOMPARE(plan.kernelAddress, base + offset);
        }
    }

    void plan_whatItNeeds_isEnoughAndOneMiBLessIsNot() {
        for (const uint64_t ramdisks : {uint64_t{0}, uint64_t{1}, 7 * mebi, 100 * mebi + 1})
            for (const uint64_t offset : {uint64_t{0}, uint64_t{0x80000}, uint64_t{0x200000}}) {
                const Plan none = arm64::makePlan(kernelOf(offset), ramdisks, 0);
                QVERIFY(none.verdict == Plan::Verdict::memoryTooSmall);
                QVERIFY(arm64::makePlan(kernelOf(offset), ramdisks, none.needed).verdict ==
                        Plan::Verdict::fits);
                const Plan less = arm64::makePlan(kernelOf(offset), ramdisks, none.needed - 2 * mebi);
                QVERIFY(less.verdict == Plan::Verdict::memoryTooSmall);
                QCOMPARE(less.needed, none.needed);
            }
    }

    void plan_largeMemory_keepsRamdisksWithinTheWindow() {
        const Plan plan = arm64::makePlan(kernelOf(0x200000), gibi, 100 * gibi);
        QVERIFY(plan.verdict == Plan::Verdict::fits);
        QVERIFY(plan.ramdiskAddress + gibi <= base + 32 * gibi);
        QCOMPARE(plan.deviceTreeAddress, base + 100 * gibi - 2 * mebi);
        QCOMPARE(plan.freeEnd, uint64_t{0});
        QVERIFY(arm64::makePlan(kernelOf(0), 33 * gibi, 100 * gibi).verdict ==
                Plan::Verdict::ramdiskTooLarge);
    }

    void plan_wildHeaders_areNoOverflow() {
        for (const uint64_t wild :
             {~uint64_t{0}, ~uint64_t{0} - base, uint64_t{1} << 63, uint64_t{1} << 49}) {
            QVERIFY(arm64::makePlan(kernelOf(wild), mebi, 512 * mebi).verdict ==
                    Plan::Verdict::memoryTooSmall);
            QVERIFY(arm64::makePlan(kernelOf(0, wild), mebi, 512 * mebi).verdict ==
                    Plan::Verdict::memoryTooSmall);
        }
    }

    void tree_property_isThatOfTheNodeBelowTheRoot() {
        QByteArray tree = usualTree();
        QCOMPARE(valueOf(tree, "memory", "reg").toHex(), QByteArray("00000000800000000000000020000000"));
        QCOMPARE(valueOf(tree, "chosen", "bootargs").size(), 64);
        QVERIFY(valueOf(tree, "memory", "bootargs").isEmpty());
        QVERIFY(valueOf(tree, "chose", "bootargs").isEmpty());
        QVERIFY(valueOf(tree, "chosen", "bootarg").isEmpty());
        QVERIFY(valueOf(tree, "", "compatible").isEmpty());
    }

    void tree_filled_isReadAsItWasFilled() {
        for (const QByteArray text : {"", "a", "abc", "console=ttyS0"}) {
            QByteArray tree = usualTree();
            const qsizetype size = tree.size();
            DeviceTree deviceTree(bytesOf(tree));
            const QByteArray value = text + '\0';
            QVERIFY(deviceTree.fill("chosen", "bootargs",
                                    std::as_bytes(std::span(value.data(), size_t(value.size())))));
            QVERIFY(deviceTree.fill("chosen", "linux,initrd-start", 0x9fc00000));
            QCOMPARE(tree.size(), size);
            QCOMPARE(valueOf(tree, "chosen", "bootargs"), value);
            QCOMPARE(valueOf(tree, "chosen", "linux,initrd-start").toHex(), QByteArray("000000009fc00000"));
            QCOMPARE(valueOf(tree, "memory", "reg").size(), 16);
        }
    }

    void tree_tooLongAValue_isRefusedAndChangesNothing() {
        QByteArray tree = usualTree();
        const QByteArray before = tree;
        const QByteArray value(65, 'x');
        QVERIFY(
            !DeviceTree(bytesOf(tree))
                 .fill("chosen", "bootargs", std::as_bytes(std::span(value.data(), size_t(value.size())))));
        QCOMPARE(tree, before);
    }

    void tree_removedProperty_isGoneAndTheRestStays() {
        QByteArray tree = usualTree();
        DeviceTree(bytesOf(tree)).remove("chosen", "bootargs");
        QVERIFY(valueOf(tree, "chosen", "bootargs").isEmpty());
        QCOMPARE(valueOf(tree, "chosen", "linux,initrd-start").size(), 8);
    }

    void tree_cutAtEveryByte_isNoneOrStaysWithinItsBytes() {
        const QByteArray whole = usualTree();
        for (qsizetype size = 0; size < whole.size(); ++size) {
            std::vector<std::byte> cut(reinterpret_cast<const std::byte *>(whole.data()),
                                       reinterpret_cast<const std::byte *>(whole.data()) + size);
            DeviceTree tree(cut);
            QVERIFY(tree.property("chosen", "bootargs").empty());
            QVERIFY(!tree.fill("chosen", "bootargs", 1));
        }
    }

    void tree_eachByteDamaged_staysWithinItsBytes() {
        const QByteArray whole = usualTree();
        for (qsizetype at = 0; at < whole.size(); ++at)
            for (const char value : {'\0', '\x01', '\x7f', '\xff'}) {
                std::vector<std::byte> bytes(reinterpret_cast<const std::byte *>(whole.data()),
                                             reinterpret_cast<const std::byte *>(whole.data()) +
                                                 whole.size());
                bytes[size_t(at)] = std::byte(value);
                DeviceTree tree(bytes);
                (void)tree.fill("chosen", "bootargs", 1);
                tree.remove("memory", "reg");
            }
    }
};

QTEST_APPLESS_MAIN(TestFirmwareArm64)
#include "tst_firmware_arm64.moc"
