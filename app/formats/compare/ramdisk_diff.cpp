// SPDX-License-Identifier: GPL-2.0-or-later
//
// Compares two ramdisks file by file; see eif_diff.hpp. Each is read once; of every file a hash is kept, not
// its content. Numbers that an archiver makes up (inode, device) are told once for all files, because they
// change together.

#include "app/formats/compare/eif_diff.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <map>
#include <QCryptographicHash>
#include <QDateTime>
#include <QSet>

namespace nitroscope::formats {

namespace {

using Kind = EifDifference::Kind;

struct Item {
    RamdiskEntry entry;
    QByteArray digest = {}; // SHA-256 of the content.
    QByteArray target = {}; // Of a symbolic link.
    // Where the content lies and how long it is: in another entry for most names of a file that has several.
    quint32 contentMember = 0, size = 0;
    quint64 contentHeader = 0;

    void takeContentOf(const Item &item) {
        digest = item.digest;
        size = item.size;
        contentMember = item.contentMember;
        contentHeader = item.contentHeader;
    }
};

struct Listing {
    std::vector<Item> items;
    std::vector<RamdiskMember> members;
    QHash<QByteArray, std::vector<quint32>> byPath;
    std::optional<app::Error> problem;
};

// Which of a file's names brings the content is the archiver's choice.
void joinHardLinks(std::vector<Item> &items) {
    std::map<RamdiskEntry::LinkKey, size_t> withContent;
    for (size_t i = 0; i < items.size(); ++i)
        if (items[i].entry.isHardLinked() && items[i].size > 0)
            withContent[items[i].entry.linkKey()] = i;
    for (Item &item : items)
        if (item.entry.isHardLinked() && item.size == 0)
            if (const auto found = withContent.find(item.entry.linkKey()); found != withContent.end())
                item.takeContentOf(items[found->second]);
}

app::Result<Listing> list(const ByteRegion &region, const RamdiskLimits &limits) {
    constexpr qsizetype maxTargetLength = 4096;
    Listing listing;
    RamdiskReader reader(region, limits);
    std::vector<std::byte> piece(64 * 1024);
    QCryptographicHash hash(QCryptographicHash::Sha256);
    const auto readAll = [&]() -> app::Result<bool> {
        const auto more = reader.next();
        if (!more || !*more)
            return more;
        Item item{.entry = reader.entry()};
        item.contentMember = item.entry.member;
        item.contentHeader = item.entry.headerOffset;
        item.size = item.entry.size;
        hash.reset();
        while (true) {
            const auto count = reader.read(piece);
            if (!count)
                return tl::unexpected(count.error());
            if (*count == 0)
                break;
            const QByteArrayView bytes(reinterpret_cast<const char *>(piece.data()),
                                       static_cast<qsizetype>(*count));
            hash.addData(bytes.toByteArray());
            if (item.entry.isLink() && item.target.size() < maxTargetLength)
                item.target += bytes;
        }
        if (item.entry.size > 0)
            item.digest = hash.result();
        listing.byPath[item.entry.path].push_back(static_cast<quint32>(listing.items.size()));
        listing.items.push_back(std::move(item));
        return true;
    };
    while (true) {
        const auto more = readAll();
        if (!more && more.error().code == u"cancelled"_s)
            return tl::unexpected(more.error());
        if (!more)
            listing.problem = more.error();
        if (!more || !*more)
            break;
    }
    listing.members = reader.members();
    joinHardLinks(listing.items);
    return listing;
}

QString timeText(quint32 seconds) {
    return QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(Qt::ISODate);
}

QString describe(const Item &item) {
    const RamdiskEntry &entry = item.entry;
    QString text = u"%1 %2:%3 %4"_s.arg(QString::fromLatin1(modeText(entry.mode)))
                       .arg(entry.owner)
                       .arg(entry.group)
                       .arg(sizeText(item.size));
    return entry.isLink() ? text + u" → "_s + printableText(item.target) : text;
}

class Comparer {
public:
    Comparer(EifComparison &result, const QString &where, const std::vector<int> &pcrs,
             const ByteRegion &before, const ByteRegion &after, const RamdiskLimits &limits)
        : m_result(result), m_where(where), m_pcrs(pcrs), m_regionA(before), m_regionB(after),
          m_limits(limits) {}

    app::Result<void> run() {
        auto a = list(m_regionA, m_limits);
        if (!a)
            return tl::unexpected(a.error());
        auto b = list(m_regionB, m_limits);
        if (!b)
            return tl::unexpected(b.error());
        for (const auto &problem : {a->problem, b->problem})
            if (problem)
                m_result.problems << u"%1: %2"_s.arg(m_where, problem->text());
        const size_t count = m_result.differences.size();
        compareMembers(*a, *b);
        for (const Item &item : a->items)
            if (!b->byPath.contains(item.entry.path))
                add(Kind::removed, item, u"file"_s, describe(item), {});
        QSet<QByteArray> seen;
        for (const Item &item : b->items) {
            const auto found = a->byPath.constFind(item.entry.path);
            if (found == a->byPath.constEnd()) {
                add(Kind::added, item, u"file"_s, {}, describe(item));
            } else if (!seen.contains(item.entry.path)) {
                seen.insert(item.entry.path);
                comparePath(*a, *found, *b, b->byPath[item.entry.path]);
            }
        }
        compareOrder(*a, *b);
        if (m_numbers > 0)
            addWhole(u"inode, device or link numbers"_s, u"%1 entries"_s.arg(m_numbers),
                     u"other numbers made up by the archiver"_s);
        if (m_result.differences.size() == count)
            addWhole(u"encoding of the archive"_s, sizeText(m_regionA.size),
                     u"%1; the same files, packed differently (padding, trailer, compression level)"_s.arg(
                         sizeText(m_regionB.size)));
        return {};
    }

private:
    void add(Kind kind, const Item &item, const QString &what, const QString &before, const QString &after) {
        m_result.differences.push_back(
            {kind, m_where + u": "_s + printableText(item.entry.path), what, before, after, m_pcrs});
    }
    void addWhole(const QString &what, const QString &before, const QString &after) {
        m_result.differences.push_back({Kind::changed, m_where, what, before, after, m_pcrs});
    }

    void compareMembers(const Listing &a, const Listing &b) {
        const auto text = [](const Listing &listing) {
            QStringList names;
            for (const RamdiskMember &member : listing.members)
                names << (member.compression == Compression::none ? u"not compressed"_s
                                                                  : compressionName(member.compression));
            return names.join(u", "_s);
        };
        if (text(a) != text(b))
            addWhole(u"compression"_s, text(a), text(b));
    }

    void comparePath(const Listing &a, const std::vector<quint32> &left, const Listing &b,
                     const std::vector<quint32> &right) {
        if (left.size() != right.size())
            add(Kind::changed, b.items[right[0]], u"times it occurs"_s, QString::number(left.size()),
                QString::number(right.size()));
        for (size_t i = 0; i < std::min(left.size(), right.size()); ++i)
            compareItems(a.items[left[i]], b.items[right[i]]);
    }

    void compareItems(const Item &a, const Item &b) {
        const RamdiskEntry &x = a.entry, &y = b.entry;
        const auto field = [&](const char *what, const QString &before, const QString &after) {
            if (before != after)
                add(Kind::changed, b, QString::fromLatin1(what), before, after);
        };
        field("mode", QString::fromLatin1(modeText(x.mode)), QString::fromLatin1(modeText(y.mode)));
        field("owner", u"%1:%2"_s.arg(x.owner).arg(x.group), u"%1:%2"_s.arg(y.owner).arg(y.group));
        field("modified", timeText(x.modified), timeText(y.modified));
        field("device", u"%1:%2"_s.arg(x.specialMajor).arg(x.specialMinor),
              u"%1:%2"_s.arg(y.specialMajor).arg(y.specialMinor));
        if (x.isLink() && y.isLink())
            field("target", printableText(a.target), printableText(b.target));
        else if (a.size != b.size)
            field("size", sizeText(a.size), sizeText(b.size));
        else if (a.digest != b.digest)
            addContent(a, b);
        if (x.inode != y.inode || x.deviceMajor != y.deviceMajor || x.deviceMinor != y.deviceMinor ||
            x.links != y.links || x.checksum != y.checksum)
            ++m_numbers;
    }

    // Same size, other bytes: says where the first is, as long as there are few such files.
    void addContent(const Item &a, const Item &b) {
        constexpr int maxLooked = 20;
        constexpr quint64 maxBytes = 64 * 1024 * 1024;
        QString at;
        if (++m_looked <= maxLooked && a.size <= maxBytes) {
            const auto x = content(m_regionA, a), y = content(m_regionB, b);
            if (x && y) {
                const auto [left, right] = std::ranges::mismatch(*x, *y);
                at = u", first difference at byte %1"_s.arg(left - x->begin());
            }
        }
        add(Kind::changed, b, u"content"_s, u"SHA-256 %1"_s.arg(QString::fromLatin1(a.digest.toHex())),
            u"SHA-256 %1%2"_s.arg(QString::fromLatin1(b.digest.toHex()), at));
    }

    app::Result<QByteArray> content(const ByteRegion &region, const Item &wanted) const {
        RamdiskReader reader(region, m_limits);
        QByteArray bytes(static_cast<qsizetype>(wanted.size), '\0');
        while (true) {
            const auto more = reader.next();
            if (!more)
                return tl::unexpected(more.error());
            if (!*more)
                return app::failure(u"file-changed"_s, u"The file was changed."_s);
            const RamdiskEntry &entry = reader.entry();
            if (entry.member != wanted.contentMember || entry.headerOffset != wanted.contentHeader)
                continue;
            for (qsizetype done = 0; done < bytes.size();) {
                const auto count = reader.read(std::as_writable_bytes(
                    std::span(bytes.data() + done, static_cast<size_t>(bytes.size() - done))));
                if (!count || *count == 0)
                    return app::failure(u"file-changed"_s, u"The file was changed."_s);
                done += static_cast<qsizetype>(*count);
            }
            return bytes;
        }
    }

    void compareOrder(const Listing &a, const Listing &b) {
        // Only of the files that both have.
        const auto common = [](const Listing &from, const Listing &other) {
            QList<QByteArray> paths;
            for (const Item &item : from.items)
                if (other.byPath.contains(item.entry.path))
                    paths << item.entry.path;
            return paths;
        };
        const QList<QByteArray> left = common(a, b), right = common(b, a);
        const auto [x, y] = std::ranges::mismatch(left, right);
        if (x != left.end() && y != right.end())
            addWhole(u"order of the files"_s,
                     u"'%1' is number %2"_s.arg(printableText(*x)).arg(x - left.begin() + 1),
                     u"'%1' is there"_s.arg(printableText(*y)));
    }

    EifComparison &m_result;
    const QString &m_where;
    const std::vector<int> &m_pcrs;
    ByteRegion m_regionA, m_regionB;
    const RamdiskLimits &m_limits;
    int m_numbers = 0; // Entries whose numbers differ.
    int m_looked = 0;
};

} // namespace

app::Result<void> compareRamdisks(EifComparison &comparison, const QString &where,
                                  const std::vector<int> &pcrs, const ByteRegion &before,
                                  const ByteRegion &after, const RamdiskLimits &limits) {
    return Comparer(comparison, where, pcrs, before, after, limits).run();
}

} // namespace nitroscope::formats
