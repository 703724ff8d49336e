// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/profile/flame_graph.hpp"

#include "app/core/output/visible_text.hpp"

#include <algorithm>
#include <QHash>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

FlameGraph::FlameGraph(const formats::FoldedStacks &stacks) {
    m_frames.push_back({u"all"_s, 0, 0, 0, -1, 0, {}});
    QHash<std::pair<int, QByteArray>, int> known;
    for (auto stack = stacks.stacks().cbegin(); stack != stacks.stacks().cend(); ++stack) {
        int number = 0;
        m_frames[0].total += stack.value();
        for (const QByteArray &name : stack.key().split(';')) {
            const auto found = known.constFind({number, name});
            int next = found == known.cend() ? -1 : *found;
            if (next < 0) {
                next = int(m_frames.size());
                known.insert({number, name}, next);
                m_frames[size_t(number)].children.push_back(next);
                const int depth = m_frames[size_t(number)].depth + 1;
                m_depth = std::max(m_depth, depth);
                m_frames.push_back({visibleText(QString::fromUtf8(name)), 0, 0, 0, number, depth, {}});
            }
            number = next;
            m_frames[size_t(number)].total += stack.value();
        }
        m_frames[size_t(number)].self += stack.value();
    }
    for (FlameFrame &frame : m_frames)
        std::sort(frame.children.begin(), frame.children.end(),
                  [this](int a, int b) { return m_frames[size_t(a)].name < m_frames[size_t(b)].name; });
    for (size_t number = 0; number < m_frames.size(); ++number) // parents come first
        place(int(number));
}

void FlameGraph::place(int number) {
    quint64 at = m_frames[size_t(number)].start;
    for (const int child : m_frames[size_t(number)].children) {
        m_frames[size_t(child)].start = at;
        at += m_frames[size_t(child)].total;
    }
}

bool FlameGraph::isWithin(int inner, int outer) const {
    while (inner >= 0 && inner != outer)
        inner = frame(inner).parent;
    return inner == outer;
}

int FlameGraph::sibling(int number, int by) const {
    const int depth = frame(number).depth;
    int best = number;
    quint64 distance = ~quint64(0);
    for (size_t i = 0; i < m_frames.size(); ++i) {
        const FlameFrame &other = m_frames[i];
        const bool isBeyond = by < 0 ? other.start < frame(number).start : other.start > frame(number).start;
        const quint64 apart = by < 0 ? frame(number).start - other.start : other.start - frame(number).start;
        if (other.depth == depth && isBeyond && apart < distance) {
            distance = apart;
            best = int(i);
        }
    }
    return best;
}

int FlameGraph::largestChild(int number) const {
    const std::vector<int> &children = frame(number).children;
    const auto largest = std::max_element(children.begin(), children.end(),
                                          [this](int a, int b) { return frame(a).total < frame(b).total; });
    return largest == children.end() ? -1 : *largest;
}

std::vector<int> FlameGraph::matches(const QString &text) const {
    std::vector<int> found;
    for (size_t i = 1; i < m_frames.size() && !text.isEmpty(); ++i)
        if (m_frames[i].name.contains(text, Qt::CaseInsensitive))
            found.push_back(int(i));
    std::sort(found.begin(), found.end(), [this](int a, int b) {
        return std::tuple(frame(a).start, frame(a).depth, a) < std::tuple(frame(b).start, frame(b).depth, b);
    });
    return found;
}

quint64 FlameGraph::samplesIn(const std::vector<int> &frames) const {
    std::vector<std::pair<quint64, quint64>> ranges; // frames are within each other, or apart
    for (const int number : frames)
        ranges.emplace_back(frame(number).start, frame(number).start + frame(number).total);
    std::sort(ranges.begin(), ranges.end());
    quint64 sum = 0, end = 0;
    for (const auto &[from, to] : ranges) {
        if (to <= end)
            continue;
        sum += to - std::max(from, end);
        end = to;
    }
    return sum;
}

QString FlameGraph::describe(int number) const {
    const FlameFrame &one = frame(number);
    const double all = double(std::max<quint64>(1, total()));
    return u"%1: %2 samples, %3 % of all, %4 % itself"_s.arg(one.name)
        .arg(one.total)
        .arg(100 * double(one.total) / all, 0, 'f', 1)
        .arg(100 * double(one.self) / all, 0, 'f', 1);
}

} // namespace nitroscope::app
