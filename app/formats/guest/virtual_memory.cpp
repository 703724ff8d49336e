// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/guest/virtual_memory.hpp"

namespace nitroscope::guest {

using namespace Qt::Literals::StringLiterals;
namespace {

QString hex(quint64 value) {
    return u"0x"_s + QString::number(value, 16);
}

QString rightsText(const arch::PageRights &rights) {
    return (rights.isWritable ? u"writable"_s : u"read-only"_s) +
           (rights.isUser ? u", user"_s : u", kernel"_s) +
           (rights.isExecutable ? QString() : u", no execution"_s);
}

tl::unexpected<app::Error> notMapped(quint64 address, const QString &message) {
    return tl::unexpected(app::Error{u"not-mapped"_s, message, address, {}});
}

// Without tables addresses are physical ones.
app::Result<Translation> flat(const arch::PagingMode &mode, quint64 address, QStringList *steps) {
    if (address >= mode.flatEnd)
        return notMapped(address,
                         u"Paging is off: there are no addresses above %1 GiB."_s.arg(mode.flatEnd >> 30));
    if (steps)
        *steps << u"Paging is off: addresses are physical."_s;
    return Translation{address, 4096, true, true, true};
}

QString stepText(const QString &what, quint64 entryAt, quint64 entry, const arch::PageTableEntry &decoded,
                 quint64 pageBytes) {
    const QString start = u"%1 at %2 = %3: "_s.arg(what, hex(entryAt), hex(entry));
    const QString rights = rightsText(decoded.rights);
    return start +
           (decoded.isPage
                ? u"page of %1 KiB at %2, %3"_s.arg(pageBytes / 1024).arg(hex(decoded.address), rights)
                : u"next table at %1, %2"_s.arg(hex(decoded.address), rights));
}

// The walk; `steps` gets its lines when it is wanted.
app::Result<Translation> walk(const PhysicalMemory &memory, const AddressTranslation &how, quint64 address,
                              QStringList *steps) {
    if (!how.paging)
        return notMapped(address, u"No page tables are known yet."_s);
    const arch::PagingMode &mode = *how.paging;
    if (mode.levels.empty())
        return flat(mode, address, steps);
    const auto first = mode.firstTable(how, address);
    if (!first)
        return notMapped(address,
                         u"%1 is not canonical: no address of this paging mode."_s.arg(hex(address)));
    quint64 at = *first;
    if (steps)
        *steps << u"%1: the %2 is at %3"_s.arg(QLatin1String(mode.rootName),
                                               QLatin1String(mode.levels[0].name), hex(at));
    Translation result{0, 4096, true, true, true};
    for (const arch::PageTableLevel &level : mode.levels) {
        const quint64 index = (address >> level.shift) & ((quint64(1) << level.indexBits) - 1);
        const quint64 entryAt = at + index * quint64(level.entryBytes);
        quint64 entry = 0;
        if (const auto read = memory.read(
                entryAt, std::as_writable_bytes(std::span(&entry, 1)).first(size_t(level.entryBytes)));
            !read)
            return tl::unexpected(read.error());
        const arch::PageTableEntry decoded = mode.decode(level, entry);
        if (!decoded.isPresent)
            return notMapped(address, u"%1 is not mapped: %2[%3] at %4 is %5, which is not present."_s
                                          .arg(hex(address), QLatin1String(level.name))
                                          .arg(index)
                                          .arg(hex(entryAt), hex(entry)));
        if (decoded.restricts) {
            result.isWritable = result.isWritable && decoded.rights.isWritable;
            result.isUser = result.isUser && decoded.rights.isUser;
            result.isExecutable = result.isExecutable && decoded.rights.isExecutable;
        }
        at = decoded.address;
        if (decoded.isPage) {
            result.pageBytes = quint64(1) << level.shift;
            result.physical = at + (address & (result.pageBytes - 1));
        }
        if (steps)
            *steps << stepText(u"%1[%2]"_s.arg(QLatin1String(level.name)).arg(index), entryAt, entry, decoded,
                               result.pageBytes);
        if (decoded.isPage)
            return result;
    }
    return notMapped(address, u"The tables end without a page."_s);
}

} // namespace

app::Result<Translation> VirtualMemory::translate(quint64 address) const {
    return walk(m_memory, m_translation, address, nullptr);
}

QStringList VirtualMemory::explain(quint64 address) const {
    QStringList steps;
    const auto result = walk(m_memory, m_translation, address, &steps);
    if (!result) {
        steps << result.error().message;
        return steps;
    }
    const PhysicalRange range = m_memory.rangeAt(result->physical);
    steps << u"Physical address %1 (%2)"_s.arg(hex(result->physical), range.name);
    return steps;
}

app::Result<void> VirtualMemory::read(quint64 address, std::span<std::byte> out) const {
    while (!out.empty()) {
        const auto place = translate(address);
        if (!place)
            return tl::unexpected(place.error());
        const quint64 left = place->pageBytes - (address & (place->pageBytes - 1));
        const size_t piece = size_t(qMin<quint64>(out.size(), left));
        if (auto read = m_memory.read(place->physical, out.first(piece)); !read) {
            app::Error error = read.error();
            error.offset = address + (error.offset.value_or(place->physical) - place->physical);
            return tl::unexpected(error);
        }
        out = out.subspan(piece);
        address += piece;
    }
    return {};
}

quint64 VirtualMemory::plainBytes(quint64 address, quint64 bytes) const {
    quint64 plain = 0;
    while (plain < bytes && address + plain >= address) {
        const auto place = translate(address + plain);
        if (!place)
            break;
        const quint64 left = place->pageBytes - ((address + plain) & (place->pageBytes - 1));
        const quint64 piece = qMin(bytes - plain, left);
        const quint64 found = m_memory.plainBytes(place->physical, piece);
        plain += found;
        if (found < piece)
            break;
    }
    return plain;
}

QByteArray VirtualMemory::readUpTo(quint64 address, quint64 bytes) const {
    QByteArray result;
    while (quint64(result.size()) < bytes) {
        const quint64 at = address + quint64(result.size());
        const auto place = translate(at);
        if (!place)
            break;
        const quint64 left = place->pageBytes - (at & (place->pageBytes - 1));
        const quint64 piece = qMin(bytes - quint64(result.size()), left);
        const QByteArray read = m_memory.readUpTo(place->physical, piece);
        result += read;
        if (quint64(read.size()) < piece)
            break;
    }
    return result;
}

QByteArray VirtualMemory::text(quint64 address, quint64 most) const {
    const QByteArray bytes = readUpTo(address, most);
    return bytes.first(qsizetype(qstrnlen(bytes.constData(), size_t(bytes.size()))));
}

} // namespace nitroscope::guest
