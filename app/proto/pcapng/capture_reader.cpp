// SPDX-License-Identifier: GPL-2.0-or-later
//
// See capture_reader.hpp. Faults inside a block cost that block or its options; only bad framing ends the
// reading.
#include "app/proto/pcapng/capture_reader.hpp"

#include "app/core/output/write_all.hpp"
#include "app/proto/pcapng/options.hpp"
#include "app/proto/pcapng/record_decoder.hpp"
#include "qemu-machine/capture/core/section.hpp"

#include <algorithm>
#include <cerrno>
#include <limits>
#include <QFileDevice>
#include <unistd.h>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype maxNameLength = 256; // characters kept of a foreign interface name or comment
constexpr qsizetype maxCommentLength = 4096;
constexpr qint64 maximum = std::numeric_limits<qint64>::max();
using Wide = __int128;

Source sourceOf(quint16 linkType, const QString &name) {
    if (linkType == NITRO_CAPTURE_LINK_VSOCK) // not one of the "user" range: whatever its name is
        return Source::vsock;
    for (int i = 0; i < NITRO_CAPTURE_INTERFACES; ++i) {
        const capture::InterfaceName &known = capture::interfaceNames[static_cast<std::size_t>(i)];
        if (known.linkType == linkType &&
            name == QLatin1String(known.name.data(), qsizetype(known.name.size())))
            return static_cast<Source>(i);
    }
    return Source::foreign;
}

} // namespace

qint64 toNanoseconds(quint64 ticks, const Interface &interface) {
    constexpr Wide second = 1'000'000'000;
    const unsigned exponent = interface.resolution & 0x7f;
    Wide result = 0;
    if (interface.resolution & 0x80) {
        // Powers of two from 64 on leave less than one second of the 64-bit number.
        if (exponent < 64)
            result = Wide(ticks >> exponent) * second +
                     (Wide(ticks & ((quint64{1} << exponent) - 1)) * second >> exponent);
    } else if (exponent <= 9) {
        result = ticks;
        for (unsigned i = exponent; i < 9; ++i)
            result *= 10;
    } else {
        result = ticks;
        for (unsigned i = 9; i < exponent && result > 0; ++i)
            result /= 10;
    }
    result += Wide(interface.offsetSeconds) * second;
    return static_cast<qint64>(std::clamp<Wide>(result, -Wide(maximum), maximum));
}

CaptureReader::CaptureReader(Sink sink)
    : m_sink(std::move(sink)), m_blocks([this](const Block &block) { takeBlock(block); }, m_diagnostics) {}

void CaptureReader::takeBlock(const Block &block) {
    switch (block.type) {
    case blockType::sectionHeader:
        return takeSection(block);
    case blockType::interfaceDescription:
        return takeInterface(block);
    case blockType::enhancedPacket:
        return takePacket(block);
    case blockType::interfaceStatistics:
        return takeStatistics(block);
    default:
        ++m_skippedBlocks;
    }
}

void CaptureReader::takeSection(const Block &block) {
    ++m_sections;
    m_interfaces.clear();
    const auto version = load<quint16>(block.body, 4, block.order);
    if (version != versionMajor)
        m_diagnostics.add(block.offset + blockHeadBytes + 4, u"unknown pcapng version %1"_s.arg(version));
}

void CaptureReader::takeInterface(const Block &block) {
    if (block.body.size() < qsizetype(interfaceDescriptionBytes))
        m_diagnostics.add(block.offset, u"the interface description is too short"_s);
    if (m_interfaces.size() >= maxInterfaces)
        return m_diagnostics.add(block.offset, u"more than %1 interfaces"_s.arg(maxInterfaces));
    Interface interface;
    interface.linkType = load<quint16>(block.body, 0, block.order);
    OptionWalker options(block.body.sliced(std::min<qsizetype>(interfaceDescriptionBytes, block.body.size())),
                         block.order);
    while (const auto option = options.next()) {
        if (option->code == option::interfaceName)
            interface.name = QString::fromUtf8(option->value).left(maxNameLength);
        else if (option->code == option::timeResolution && option->value.size() == 1)
            interface.resolution = static_cast<quint8>(option->value[0]);
        else if (option->code == option::timeOffset && option->value.size() == 8)
            interface.offsetSeconds = load<qint64>(option->value, 0, block.order);
    }
    if (options.isMalformed())
        m_diagnostics.add(block.offset, u"an option of the interface description is malformed"_s);
    interface.source = sourceOf(interface.linkType, interface.name);
    // Even a bad description counts, or every later interface would have the wrong number.
    m_interfaces.push_back(interface);
}

void CaptureReader::takePacket(const Block &block) {
    if (block.body.size() < qsizetype(enhancedPacketBytes))
        return m_diagnostics.add(block.offset, u"the packet block is too short"_s);
    const auto id = load<quint32>(block.body, 0, block.order);
    if (id >= m_interfaces.size())
        return m_diagnostics.add(block.offset + blockHeadBytes,
                                 u"a packet of interface %1, which is not described"_s.arg(id));
    const auto captured = load<quint32>(block.body, 12, block.order);
    const auto room = static_cast<quint64>(block.body.size()) - enhancedPacketBytes;
    if (captured > room)
        return m_diagnostics.add(
            block.offset + blockHeadBytes + 12,
            u"a packet of %1 bytes in a block with room for %2"_s.arg(captured).arg(room));
    const Interface &interface = m_interfaces[id];
    Record record;
    record.offset = block.offset;
    record.blockLength = block.length;
    record.dataOffset = block.offset + blockHeadBytes + enhancedPacketBytes;
    record.source = interface.source;
    record.hostNs = toNanoseconds(quint64{load<quint32>(block.body, 4, block.order)} << 32 |
                                      load<quint32>(block.body, 8, block.order),
                                  interface);
    record.captured = captured;
    record.original = load<quint32>(block.body, 16, block.order);
    readPacketOptions(
        block,
        std::min<quint64>(enhancedPacketBytes + padded(captured), static_cast<quint64>(block.body.size())),
        record);
    const QByteArrayView data = block.body.sliced(enhancedPacketBytes, captured);
    if (const QString fault = decodeContent(data, interface.linkType, record); !fault.isEmpty())
        m_diagnostics.add(block.offset + blockHeadBytes + enhancedPacketBytes, fault);
    m_sink(record);
}

void CaptureReader::readPacketOptions(const Block &block, std::size_t at, Record &record) {
    OptionWalker options(block.body.sliced(static_cast<qsizetype>(at)), block.order);
    while (const auto option = options.next()) {
        if (option->code == option::packetFlags && option->value.size() == 4) {
            const auto direction = load<quint32>(option->value, 0, block.order) & 3;
            record.direction = direction < 3 ? static_cast<Direction>(direction) : Direction::none;
        } else if (option->code == option::comment) {
            record.comment = QString::fromUtf8(option->value).left(maxCommentLength);
        } else if (option->code == option::customBytes &&
                   option->value.size() >= NITRO_CAPTURE_OPTION_BYTES) {
            // The number of the enterprise is in the section's byte order, what follows is ours:
            // little-endian always.
            const QByteArrayView own = option->value;
            if (load<quint32>(own, NITRO_CAPTURE_OPTION_PEN_AT, block.order) != NITRO_CAPTURE_PEN ||
                load<quint32>(own, NITRO_CAPTURE_OPTION_MAGIC_AT) != NITRO_CAPTURE_OPTION_MAGIC ||
                load<quint8>(own, NITRO_CAPTURE_OPTION_VERSION_AT) > NITRO_CAPTURE_VERSION)
                continue;
            record.verdict = static_cast<Verdict>(load<quint8>(own, NITRO_CAPTURE_OPTION_VERDICT_AT));
            record.rule = load<quint32>(own, NITRO_CAPTURE_OPTION_RULE_AT);
            record.flow = load<quint64>(own, NITRO_CAPTURE_OPTION_FLOW_AT);
            record.virtualNs = load<qint64>(own, NITRO_CAPTURE_OPTION_VIRTUAL_AT);
            if (own.size() >= NITRO_CAPTURE_OPTION_BYTES_ICOUNT)
                record.icount = load<quint64>(own, NITRO_CAPTURE_OPTION_ICOUNT_AT);
        }
    }
    if (options.isMalformed())
        m_diagnostics.add(block.offset, u"an option of the packet is malformed"_s);
}

void CaptureReader::takeStatistics(const Block &block) {
    const auto id = load<quint32>(block.body, 0, block.order);
    if (block.body.size() < qsizetype(interfaceStatisticsBytes) || id >= m_interfaces.size())
        return m_diagnostics.add(block.offset, u"interface statistics that belong to no interface"_s);
    OptionWalker options(block.body.sliced(interfaceStatisticsBytes), block.order);
    while (const auto option = options.next()) {
        if (option->value.size() != 8)
            continue;
        const auto number = load<quint64>(option->value, 0, block.order);
        if (option->code == option::received)
            m_interfaces[id].received = number;
        else if (option->code == option::dropped)
            m_interfaces[id].dropped = number;
    }
    if (options.isMalformed())
        m_diagnostics.add(block.offset, u"an option of the interface statistics is malformed"_s);
}

namespace {

struct Portion {
    qint64 bytes = 0; // negative when it failed
    QString problem = {};
};

// What there is: QFile::read() waits until a pipe has brought all that there is room for.
Portion readPortion(QIODevice &device, QByteArray &buffer) {
    const auto *file = qobject_cast<QFileDevice *>(&device);
    if (!file || !file->isSequential() || file->handle() < 0) {
        const qint64 bytes = device.read(buffer.data(), buffer.size());
        return {bytes, bytes < 0 ? device.errorString() : QString()};
    }
    ssize_t bytes = 0;
    do
        bytes = ::read(file->handle(), buffer.data(), static_cast<size_t>(buffer.size()));
    while (bytes < 0 && errno == EINTR);
    return {bytes, bytes < 0 ? app::systemText(errno) : QString()};
}

} // namespace

app::Result<void> readAll(QIODevice &device, CaptureReader &reader, const std::function<bool()> &goesOn) {
    constexpr qint64 chunk = 1 << 20; // bytes per read
    QByteArray buffer(chunk, Qt::Uninitialized);
    while (!reader.failed() && (!goesOn || goesOn())) {
        const Portion portion = readPortion(device, buffer);
        if (portion.bytes < 0)
            return app::failure(u"capture-unreadable"_s, portion.problem);
        if (portion.bytes == 0)
            break;
        reader.feed(QByteArrayView(buffer).first(static_cast<qsizetype>(portion.bytes)));
    }
    reader.finish();
    if (reader.sections() > 0)
        return {};
    const auto &faults = reader.diagnostics().list();
    app::Error error;
    error.code = u"capture-not-pcapng"_s;
    error.message = faults.empty() ? u"the file is empty"_s : faults.back().message;
    if (!faults.empty())
        error.offset = faults.back().offset;
    return tl::unexpected(error);
}

} // namespace nitroscope::pcapng
