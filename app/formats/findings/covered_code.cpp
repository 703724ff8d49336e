// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/findings/covered_code.hpp"

#include <QtEndian>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr char versionLine[] = "DRCOV VERSION: 2",
               flavor[] = "DRCOV FLAVOR: ", moduleTable[] = "Module Table: version 2, count ",
               columns[] = "Columns: id, base, end, entry, path",
               blockTable[] = "BB Table: ", blocks[] = " bbs";
constexpr qsizetype partBytes = 8;

QByteArray hex(quint64 number) {
    return "0x" + QByteArray::number(number, 16);
}

// Lines of the text part, and where they are.
class Lines {
public:
    explicit Lines(QIODevice &file) : m_file(file) {}

    // Nothing when it does not begin so, or is not whole.
    std::optional<QByteArray> after(QByteArrayView start) {
        const QByteArray line = m_file.readLine(CoveredCode::maxLineBytes + 1);
        if (!line.endsWith('\n') || !line.startsWith(start))
            return std::nullopt;
        m_offset += quint64(line.size());
        return line.sliced(start.size()).trimmed();
    }
    tl::unexpected<app::Error> refuse(const QString &why) const {
        return tl::unexpected(app::Error{u"drcov"_s, why, m_offset, {}});
    }

private:
    QIODevice &m_file;
    quint64 m_offset = 0;
};

std::optional<CoveredModule> moduleOf(const QByteArray &line, qsizetype number) {
    // A path may have commas in it.
    QByteArrayList words;
    qsizetype at = 0;
    for (int i = 0; i < 4; ++i) {
        const qsizetype comma = line.indexOf(',', at);
        if (comma < 0)
            return std::nullopt;
        words << line.mid(at, comma - at).trimmed();
        at = comma + 1;
    }
    bool isGood = words[0].toLongLong() == number;
    CoveredModule module;
    module.path = line.mid(at).trimmed();
    for (const auto &[word, field] : {std::pair(1, &module.base), {2, &module.end}, {3, &module.entry}}) {
        bool isNumber = false;
        *field = words[word].toULongLong(&isNumber, 16);
        isGood = isGood && isNumber;
    }
    return isGood && module.base <= module.end && module.path.size() <= CoveredCode::maxPathBytes
               ? std::optional(module)
               : std::nullopt;
}

} // namespace

QByteArray CoveredCode::drcov() const {
    QByteArray all = QByteArray(versionLine) + '\n' + flavor + "drcov-64\n" + moduleTable +
                     QByteArray::number(modules.size()) + '\n' + columns + '\n';
    for (qsizetype i = 0; i < modules.size(); ++i) {
        QByteArray path = modules[i].path;
        all += QByteArray::number(i) + ", " + hex(modules[i].base) + ", " + hex(modules[i].end) + ", " +
               hex(modules[i].entry) + ", " + path.replace('\n', ' ') + '\n';
    }
    all += blockTable + QByteArray::number(parts.size()) + blocks + '\n';
    for (const CoveredPart &part : parts) {
        char bytes[partBytes];
        qToLittleEndian(part.offset, bytes);
        qToLittleEndian(part.bytes, bytes + 4);
        qToLittleEndian(part.module, bytes + 6);
        all.append(bytes, partBytes);
    }
    return all;
}

app::Result<CoveredCode> CoveredCode::readDrcov(QIODevice &file) {
    Lines lines(file);
    CoveredCode found;
    if (!lines.after(versionLine) || !lines.after(flavor))
        return lines.refuse(u"This is no drcov file of version 2."_s);
    const auto count = lines.after(moduleTable);
    const qint64 modules = count ? count->toLongLong() : -1;
    if (modules < 0 || modules > maxModules || !lines.after(columns))
        return lines.refuse(
            u"Its table of modules is not of version 2, or has more than %1."_s.arg(maxModules));
    for (qint64 i = 0; i < modules; ++i) {
        const auto line = lines.after({});
        const auto module = line ? moduleOf(*line, i) : std::nullopt;
        if (!module)
            return lines.refuse(u"A module must be a number, base, end, entry and path."_s);
        found.modules.append(*module);
    }
    const auto table = lines.after(blockTable);
    const qint64 parts = table && table->endsWith("bbs") ? table->chopped(3).trimmed().toLongLong() : -1;
    if (parts < 0 || parts > maxParts)
        return lines.refuse(u"Its table of blocks is not there, or has more than %1."_s.arg(maxParts));
    for (qint64 i = 0; i < parts; ++i) {
        char bytes[partBytes];
        if (file.read(bytes, partBytes) != partBytes)
            return lines.refuse(u"The table of blocks is cut off: %1 of %2 are there."_s.arg(i).arg(parts));
        const CoveredPart part{qFromLittleEndian<quint32>(bytes), qFromLittleEndian<quint16>(bytes + 4),
                               qFromLittleEndian<quint16>(bytes + 6)};
        if (part.module >= found.modules.size())
            return lines.refuse(u"Block %1 is of a module that is not in the table."_s.arg(i));
        found.parts.append(part);
    }
    return found;
}

} // namespace nitroscope::formats
