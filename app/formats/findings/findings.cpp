// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/findings/findings.hpp"

#include "plugins/format/findings_format.hpp"

#include <array>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;
namespace {

namespace format = plugins::format;

constexpr qsizetype maxLine = 2 * qsizetype(format::pageBytes) + 64; // a page's; stacks are shorter
constexpr quint16 maxBlockBytes = 16 * 512;                          // QEMU's longest block

// The words of a line, one after the other.
class Words {
public:
    explicit Words(QByteArrayView line) : m_rest(line) {}

    QByteArrayView word() {
        const qsizetype end = m_rest.indexOf(' ');
        const QByteArrayView found = end < 0 ? m_rest : m_rest.first(end);
        m_rest = end < 0 ? QByteArrayView() : m_rest.sliced(end + 1);
        return found;
    }
    // Hexadecimal, at most `most`; anything else spoils the line.
    quint64 number(quint64 most = ~quint64(0)) {
        const QByteArrayView digits = word();
        bool isNumber = false;
        const quint64 value = digits.toULongLong(&isNumber, 16);
        m_isGood = m_isGood && isNumber && digits.size() <= 16 && value <= most;
        return value;
    }
    bool atEnd() const { return m_rest.isEmpty(); }
    bool isGood() const { return m_isGood; }

private:
    QByteArrayView m_rest;
    bool m_isGood = true;
};

class Reader {
public:
    app::Result<Findings> read(QIODevice &file) {
        quint64 offset = 0;
        for (;;) {
            const QByteArray line = file.readLine(maxLine + 1);
            if (!line.endsWith('\n') && line.size() < maxLine && offset > 0)
                break; // the end, or cut off
            if (!line.endsWith('\n') || !take(QByteArrayView(line).chopped(1), offset == 0))
                return tl::unexpected(
                    app::Error{u"findings"_s,
                               offset == 0 ? u"This is no file of the plugins profile and coverage."_s
                                           : u"The plugins write no such line."_s,
                               offset,
                               {}});
            offset += quint64(line.size());
            if (m_found.isWhole)
                break;
        }
        return std::move(m_found);
    }

private:
    bool take(QByteArrayView line, bool isFirst) {
        if (isFirst)
            return takeFirst(line);
        Words words(line);
        const QByteArrayView word = words.word();
        const bool isProfile = m_found.kind == Findings::Kind::profile;
        if (word == format::page)
            return takePage(words);
        if (word == format::period && isProfile)
            m_found.period = words.number(format::maxPeriod);
        else if (word == format::map && isProfile)
            return takeMap(words);
        else if (word == format::stack && isProfile)
            return takeStack(words);
        else if (word == format::block && !isProfile)
            return takeBlock(words);
        else if (word == format::lost)
            m_found.lost = words.number();
        else if (word == format::end)
            m_found.isWhole = true;
        else
            return false;
        return words.isGood() && words.atEnd();
    }

    bool takeFirst(QByteArrayView line) {
        const QByteArray start = QByteArray(format::first) + ' ';
        if (line == start + format::coverage)
            m_found.kind = Findings::Kind::coverage;
        else if (line != start + format::profile)
            return false;
        return true;
    }

    bool takePage(Words &words) {
        const bool isNext = words.number() == quint64(m_found.pages.size());
        const quint64 address = words.number();
        const QByteArrayView digits = words.word();
        const QByteArray bytes = QByteArray::fromHex(digits.toByteArray());
        if (!words.isGood() || !words.atEnd() || !isNext ||
            m_found.pages.size() >= qsizetype(format::maxPages) || address % format::pageBytes != 0 ||
            digits.size() != 2 * qsizetype(format::pageBytes) || bytes.size() != qsizetype(format::pageBytes))
            return false;
        m_found.pages.append({address, bytes});
        return true;
    }

    bool takeMap(Words &words) {
        const auto process = quint32(words.number(format::maxProcesses));
        const quint64 page = words.number();
        if (!words.isGood() || !words.atEnd() || page >= quint64(m_found.pages.size()) ||
            m_found.maps.size() >= qsizetype(format::maxMaps))
            return false;
        m_found.maps.append({process, quint32(page)});
        return true;
    }

    bool takeStack(Words &words) {
        SampledStack stack;
        stack.count = words.number();
        stack.process = quint32(words.number(format::maxProcesses));
        while (!words.atEnd() && stack.addresses.size() <= qsizetype(format::maxFrames))
            stack.addresses.append(words.number());
        m_words += stack.addresses.size();
        if (!words.isGood() || stack.count == 0 || stack.addresses.isEmpty() ||
            stack.addresses.size() > qsizetype(format::maxFrames) ||
            m_words > qsizetype(format::maxStackWords))
            return false;
        m_found.stacks.append(std::move(stack));
        return true;
    }

    bool takeBlock(Words &words) {
        CoveredBlock block;
        block.address = words.number();
        block.bytes = quint16(words.number(maxBlockBytes));
        if (words.isGood() && !words.atEnd()) {
            Words copy = words;
            if (copy.word() == format::none && copy.atEnd()) {
                words = copy;
            } else {
                block.page = quint32(words.number(quint64(qMax<qsizetype>(1, m_found.pages.size())) - 1));
                if (m_found.pages.isEmpty())
                    return false;
            }
        } else {
            return false;
        }
        if (!words.isGood() || !words.atEnd() || block.bytes == 0 ||
            m_found.blocks.size() >= qsizetype(format::maxBlocks))
            return false;
        m_found.blocks.append(block);
        return true;
    }

    Findings m_found;
    qsizetype m_words = 0;
};

} // namespace

app::Result<Findings> readFindings(QIODevice &file) {
    return Reader().read(file);
}

} // namespace nitroscope::formats
