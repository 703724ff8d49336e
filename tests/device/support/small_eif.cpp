// SPDX-License-Identifier: GPL-2.0-or-later
//
// SmallEif: see the header. All numbers of an EIF are big-endian, those of the kernel's setup header
// little-endian.
#include "tests/device/support/small_eif.hpp"

#include <QCryptographicHash>
#include <QDataStream>
#include <QIODevice>

#include <zlib.h>

namespace nitroscope::test {

namespace {

constexpr qsizetype headerBytes = 548;
constexpr qsizetype sectionHeaderBytes = 12;
constexpr int tableEntries = 32;

QByteArray sha384(const QByteArray &bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha384);
}

void put(QByteArray &bytes, qsizetype offset, quint64 value, int size) {
    for (int i = 0; i < size; ++i)
        bytes[offset + i] = static_cast<char>(value >> (8 * i));
}

} // namespace

// Field offsets: Linux, Documentation/arch/x86/boot.rst.
SmallEif::SmallEif() : kernel(8192, '\x90') {
    put(kernel, 0x1f1, 1, 1);                  // setup_sects
    put(kernel, 0x1f4, (8192 - 1024) / 16, 4); // syssize
    put(kernel, 0x1fe, 0xaa55, 2);             // boot_flag
    put(kernel, 0x200, 0x66eb, 2);             // jump; the header ends 0x66 bytes after 0x202
    kernel.replace(0x202, 4, "HdrS");
    put(kernel, 0x206, 0x020f, 2);     // protocol 2.15
    put(kernel, 0x20e, 0, 2);          // no version text
    put(kernel, 0x211, 0x01, 1);       // LOADED_HIGH
    put(kernel, 0x22c, 0x7fffffff, 4); // initrd_addr_max
    put(kernel, 0x230, 0x200000, 4);   // kernel_alignment
    put(kernel, 0x234, 1, 1);          // relocatable_kernel
    put(kernel, 0x236, 0x0001, 2);     // XLF_KERNEL_64
    put(kernel, 0x238, 2047, 4);       // cmdline_size
    put(kernel, 0x248, 0, 8);          // payload_offset and payload_length
    put(kernel, 0x258, 0x1000000, 8);  // pref_address
    put(kernel, 0x260, 0x100000, 4);   // init_size
}

QByteArray SmallEif::bytes() const {
    struct Section {
        quint16 type;
        QByteArray content;
    };
    const QByteArray metadata =
        R"({"ImageName":"small","ImageVersion":"1","BuildMetadata":{"BuildTime":"2026-01-01",)"
        R"("BuildTool":"test","BuildToolVersion":"1","OperatingSystem":"Linux",)"
        R"("KernelVersion":"6.12"},"DockerInfo":{},"CustomMetadata":null})";
    const QList<Section> sections{
        {1, kernel}, {2, commandLine}, {5, metadata}, {3, firstRamdisk}, {3, secondRamdisk}};

    QList<quint64> offsets(tableEntries, 0), sizes(tableEntries, 0);
    quint64 offset = headerBytes;
    QByteArray body;
    QDataStream bodyStream(&body, QIODevice::WriteOnly);
    for (qsizetype i = 0; i < sections.size(); ++i) {
        offsets[i] = offset;
        sizes[i] = static_cast<quint64>(sections[i].content.size());
        offset += sectionHeaderBytes + sizes[i];
        bodyStream << sections[i].type << quint16(0) << sizes[i];
        bodyStream.writeRawData(sections[i].content.constData(),
                                static_cast<int>(sections[i].content.size()));
    }

    QByteArray header;
    QDataStream stream(&header, QIODevice::WriteOnly);
    stream.writeRawData(".eif", 4);
    stream << quint16(4) << quint16(0) << quint64(0) << quint64(0) << quint16(0)
           << static_cast<quint16>(sections.size());
    for (quint64 value : offsets)
        stream << value;
    for (quint64 value : sizes)
        stream << value;
    stream << quint32(0);
    // The CRC leaves out itself, the header's last field.
    const QByteArray covered = header + body;
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef *>(covered.constData()), static_cast<uInt>(covered.size()));
    stream << static_cast<quint32>(crc);
    return header + body;
}

QByteArray SmallEif::pcr(int index) const {
    const QByteArray content = index == 0   ? kernel + commandLine + firstRamdisk + secondRamdisk
                               : index == 1 ? kernel + commandLine + firstRamdisk
                                            : secondRamdisk;
    return sha384(QByteArray(48, '\0') + sha384(content));
}

QByteArray SmallEif::textPcr(const QByteArray &text) {
    return sha384(QByteArray(48, '\0') + text);
}

} // namespace nitroscope::test
