// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/guest/virtual_memory.hpp"

#include <array>

namespace nitroscope::guest {
namespace {

constexpr quint64 present = 1, writable = 2, user = 4, large = 0x80, noExecute = quint64(1) << 63;
constexpr quint64 frameMask = 0x000ffffffffff000; // bits 51..12

// One table of a walk, from the root on.
struct Level {
    const char *name;
    int shift;      // of the address bits that index it
    int indexBits;  //
    int entryBytes; //
    bool hasLarge;  // an entry may map a large page
};

constexpr Level pml5{"PML5", 48, 9, 8, false}, pml4{"PML4", 39, 9, 8, false}, pdpt{"PDPT", 30, 9, 8, true},
    directory{"PD", 21, 9, 8, true}, table{"PT", 12, 9, 8, false};
constexpr std::array levels5{pml5, pml4, pdpt, directory, table};
constexpr std::array paeLevels{Level{"PDPT", 30, 2, 8, false}, directory, table};
constexpr std::array levels32{Level{"PD", 22, 10, 4, true}, Level{"PT", 12, 10, 4, false}};

std::span<const Level> levelsOf(Paging paging) {
    switch (paging) {
    case Paging::levels5:
        return levels5;
    case Paging::levels4:
        return std::span(levels5).subspan(1);
    case Paging::pae:
        return paeLevels;
    case Paging::bits32:
        return levels32;
    default:
        return {};
    }
}

QString hex(quint64 value) {
    return QStringLiteral("0x") + QString::number(value, 16);
}

bool isCanonical(quint64 address, Paging paging) {
    if (paging != Paging::levels4 && paging != Paging::levels5)
        return address <= 0xffffffff;
    const int bits = paging == Paging::levels5 ? 57 : 48;
    const qint64 extended = qint64(address << (64 - bits)) >> (64 - bits);
    return quint64(extended) == address;
}

QString rights(quint64 entry, int entryBytes) {
    QString text = entry & writable ? QStringLiteral("writable") : QStringLiteral("read-only");
    text += entry & user ? QStringLiteral(", user") : QStringLiteral(", kernel");
    if (entryBytes == 8 && entry & noExecute)
        text += QStringLiteral(", no execution");
    return text;
}

tl::unexpected<app::Error> notMapped(quint64 address, const QString &message) {
    return tl::unexpected(app::Error{QStringLiteral("not-mapped"), message, address, {}});
}

// The walk; `steps` gets its lines when it is wanted.
app::Result<Translation> walk(const PhysicalMemory &memory, const AddressTranslation &how, quint64 address,
                              QStringList *steps) {
    if (how.paging == Paging::off) {
        if (address > 0xffffffff)
            return notMapped(address, QStringLiteral("Paging is off: there are no addresses above 4 GiB."));
        if (steps)
            *steps << QStringLiteral("Paging is off: addresses are physical.");
        return Translation{address, 4096, true, true, true};
    }
    if (!isCanonical(address, how.paging))
        return notMapped(
            address,
            QStringLiteral("%1 is not canonical: no address of this paging mode.").arg(hex(address)));
    const std::span<const Level> levels = levelsOf(how.paging);
    // The PAE root is aligned to 32 bytes only.
    quint64 at = how.paging == Paging::pae ? how.root & 0xffffffe0 : how.root & frameMask;
    if (how.paging == Paging::bits32)
        at &= 0xfffff000;
    if (steps)
        *steps << QStringLiteral("CR3: the %1 is at %2").arg(QLatin1String(levels[0].name), hex(at));
    Translation result{0, 4096, true, true, true};
    for (const Level &level : levels) {
        const quint64 index = (address >> level.shift) & ((quint64(1) << level.indexBits) - 1);
        const quint64 entryAt = at + index * quint64(level.entryBytes);
        quint64 entry = 0;
        if (const auto read = memory.read(
                entryAt, std::as_writable_bytes(std::span(&entry, 1)).first(size_t(level.entryBytes)));
            !read)
            return tl::unexpected(read.error());
        const QString what = QStringLiteral("%1[%2]").arg(QLatin1String(level.name)).arg(index);
        if (!(entry & present))
            return notMapped(address,
                             QStringLiteral("%1 is not mapped: %2 at %3 is %4, which is not present.")
                                 .arg(hex(address), what, hex(entryAt), hex(entry)));
        // The PAE root's entries have no rights.
        if (!(how.paging == Paging::pae && level.shift == pdpt.shift)) {
            result.isWritable = result.isWritable && entry & writable;
            result.isUser = result.isUser && entry & user;
            result.isExecutable = result.isExecutable && !(level.entryBytes == 8 && entry & noExecute);
        }
        const bool isPage = level.shift == table.shift || (level.hasLarge && entry & large);
        if (isPage) {
            result.pageBytes = quint64(1) << level.shift;
            const quint64 within = address & (result.pageBytes - 1);
            // 4 MiB pages: bits 39..32 of the frame are in bits 20..13 (PSE-36).
            const quint64 frame = how.paging == Paging::bits32 && level.shift == 22
                                      ? (entry & 0xffc00000) | (entry >> 13 & 0xff) << 32
                                      : entry & frameMask & ~(result.pageBytes - 1);
            result.physical = frame + within;
        } else {
            at = level.entryBytes == 4 ? entry & 0xfffff000 : entry & frameMask;
        }
        if (steps)
            *steps << (isPage ? QStringLiteral("%1 at %2 = %3: page of %4 KiB at %5, %6")
                                    .arg(what, hex(entryAt), hex(entry))
                                    .arg(result.pageBytes / 1024)
                                    .arg(hex(result.physical & ~(result.pageBytes - 1)),
                                         rights(entry, level.entryBytes))
                              : QStringLiteral("%1 at %2 = %3: next table at %4, %5")
                                    .arg(what, hex(entryAt), hex(entry), hex(at),
                                         rights(entry, level.entryBytes)));
        if (isPage)
            return result;
    }
    return notMapped(address, QStringLiteral("The tables end without a page."));
}

} // namespace

AddressTranslation AddressTranslation::of(quint64 cr0, quint64 cr3, quint64 cr4, quint64 efer) {
    constexpr quint64 pagingOn = quint64(1) << 31, pae = 1 << 5, la57 = 1 << 12, longModeActive = 1 << 10;
    if (!(cr0 & pagingOn))
        return {Paging::off, cr3};
    if (efer & longModeActive)
        return {cr4 & la57 ? Paging::levels5 : Paging::levels4, cr3};
    return {cr4 & pae ? Paging::pae : Paging::bits32, cr3};
}

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
    steps << QStringLiteral("Physical address %1 (%2)").arg(hex(result->physical), range.name);
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
