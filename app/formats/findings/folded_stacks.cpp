// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/findings/folded_stacks.hpp"

#include <limits>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype maxCountBytes = 24; // with its blank and the line's end

} // namespace

app::Result<FoldedStacks> FoldedStacks::read(QIODevice &file) {
    FoldedStacks found;
    quint64 offset = 0;
    for (;;) {
        const auto refuse = [offset](const QString &why) {
            return tl::unexpected(app::Error{u"folded-stacks"_s, why, offset, {}});
        };
        QByteArray line = file.readLine(maxLineBytes + 1);
        if (line.isEmpty())
            return found;
        const quint64 next = offset + quint64(line.size());
        line = line.trimmed();
        const qsizetype blank = line.lastIndexOf(' ');
        if (qMax(blank, line.size() - maxCountBytes) > maxLineBytes - maxCountBytes)
            return refuse(u"A line is longer than %1 KiB."_s.arg(maxLineBytes / 1024));
        bool isNumber = false;
        const quint64 count = line.mid(blank + 1).toULongLong(&isNumber, 10);
        if (!line.isEmpty()) {
            if (blank <= 0 || !isNumber ||
                count > quint64(std::numeric_limits<qint64>::max()) - found.m_total)
                return refuse(u"A line must be function names joined by ;, a blank, and a count."_s);
            if (line.first(blank).count(';') >= maxFrames)
                return refuse(u"A stack has more than %1 functions."_s.arg(maxFrames));
            if (found.m_stacks.size() >= maxStacks)
                return refuse(u"There are more than %1 stacks."_s.arg(maxStacks));
            found.m_stacks[line.first(blank)] += count;
            found.m_total += count;
        }
        offset = next;
    }
}

void FoldedStacks::add(const QByteArrayList &frames, quint64 count) {
    QByteArray line;
    for (QByteArray frame : frames) {
        frame.replace(';', ':').replace('\n', ' ');
        line += (line.isEmpty() ? "" : ";") + frame;
    }
    m_stacks[line] += count;
    m_total += count;
}

QByteArray FoldedStacks::text() const {
    QByteArray all;
    for (auto stack = m_stacks.cbegin(); stack != m_stacks.cend(); ++stack)
        all += stack.key() + ' ' + QByteArray::number(stack.value()) + '\n';
    return all;
}

} // namespace nitroscope::formats
