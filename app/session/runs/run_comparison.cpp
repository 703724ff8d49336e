// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/runs/run_comparison.hpp"

#include <algorithm>
#include <cstdlib>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

using Subject = RunDifference::Subject;

constexpr size_t maxCells = 4'000'000; // of the table that finds the longest common part
constexpr qint64 minStageNs = 1'000'000;

QString millisecondsText(qint64 ns) {
    return u"%1 ms"_s.arg(static_cast<double>(ns) / 1e6, 0, 'f', 3);
}

struct StageTime {
    QString name;
    qint64 took = 0;
};

std::vector<StageTime> durations(const RunFacts &run) {
    std::vector<StageTime> times;
    qint64 before = run.stages.empty() ? 0 : run.stages.front().ns;
    for (const RunFacts::Stage &stage : run.stages)
        times.push_back({stage.name, stage.ns - std::exchange(before, stage.ns)});
    return times;
}

bool isMuchLonger(qint64 a, qint64 b) {
    const qint64 more = std::abs(a - b);
    return more > minStageNs && more > std::min(a, b) / 4;
}

void compareStages(const RunFacts &left, const RunFacts &right, QVector<RunDifference> &all) {
    const std::vector<StageTime> a = durations(left), b = durations(right);
    QStringList leftNames, rightNames;
    for (const StageTime &stage : a)
        leftNames << stage.name;
    for (const StageTime &stage : b)
        rightNames << stage.name;
    for (const auto &[i, j] : alignLines(leftNames, rightNames)) {
        RunDifference row{Subject::stage, i >= 0 ? leftNames[i] : rightNames[j], {}, {}, true};
        if (i >= 0)
            row.left = u'+' + millisecondsText(a[static_cast<size_t>(i)].took);
        if (j >= 0)
            row.right = u'+' + millisecondsText(b[static_cast<size_t>(j)].took);
        if (i >= 0 && j >= 0)
            row.differs = leftNames[i] != rightNames[j] ||
                          isMuchLonger(a[static_cast<size_t>(i)].took, b[static_cast<size_t>(j)].took);
        all << row;
    }
}

void comparePcrs(const RunFacts &left, const RunFacts &right, QVector<RunDifference> &all) {
    for (size_t pcr = 0; pcr < left.pcrs.size(); ++pcr)
        if (!left.pcrs[pcr].isEmpty() || !right.pcrs[pcr].isEmpty())
            all << RunDifference{
                Subject::pcr, u"PCR %1"_s.arg(pcr), QString::fromLatin1(left.pcrs[pcr].toHex()),
                QString::fromLatin1(right.pcrs[pcr].toHex()), left.pcrs[pcr] != right.pcrs[pcr]};
}

void compareLines(Subject subject, const QStringList &left, const QStringList &right,
                  QVector<RunDifference> &all) {
    int number = 0;
    for (const auto &[i, j] : alignLines(left, right)) {
        const QString a = i >= 0 ? left[i] : QString(), b = j >= 0 ? right[j] : QString();
        all << RunDifference{subject, QString::number(++number), a, b, i < 0 || j < 0 || a != b};
    }
}

} // namespace

QString subjectText(Subject subject) {
    switch (subject) {
    case Subject::stage:
        return u"Boot stage"_s;
    case Subject::pcr:
        return u"PCR"_s;
    case Subject::request:
        return u"NSM request"_s;
    case Subject::flow:
        return u"Flow"_s;
    case Subject::console:
        return u"Console"_s;
    }
    return {};
}

std::vector<std::pair<int, int>> alignLines(const QStringList &left, const QStringList &right) {
    std::vector<std::pair<int, int>> pairs;
    const auto n = static_cast<int>(left.size()), m = static_cast<int>(right.size());
    int head = 0;
    for (; head < std::min(n, m) && left[head] == right[head]; ++head)
        pairs.emplace_back(head, head);
    int tail = 0;
    while (tail < std::min(n, m) - head && left[n - 1 - tail] == right[m - 1 - tail])
        ++tail;
    const int a = n - head - tail, b = m - head - tail;
    const size_t width = static_cast<size_t>(b) + 1;
    if ((static_cast<size_t>(a) + 1) * width > maxCells) {
        for (int i = 0; i < std::max(a, b); ++i)
            pairs.emplace_back(i < a ? head + i : -1, i < b ? head + i : -1);
    } else {
        // How long the longest common part is from each pair of positions on.
        std::vector<quint32> common((static_cast<size_t>(a) + 1) * width, 0);
        const auto at = [&](int i, int j) -> quint32 & {
            return common[static_cast<size_t>(i) * width + static_cast<size_t>(j)];
        };
        for (int i = a - 1; i >= 0; --i)
            for (int j = b - 1; j >= 0; --j)
                at(i, j) = left[head + i] == right[head + j] ? at(i + 1, j + 1) + 1
                                                             : std::max(at(i + 1, j), at(i, j + 1));
        for (int i = 0, j = 0; i < a || j < b;) {
            if (i < a && j < b && left[head + i] == right[head + j])
                pairs.emplace_back(head + i++, head + j++);
            else if (j == b || (i < a && at(i + 1, j) >= at(i, j + 1)))
                pairs.emplace_back(head + i++, -1);
            else
                pairs.emplace_back(-1, head + j++);
        }
    }
    for (int i = tail; i > 0; --i)
        pairs.emplace_back(n - i, m - i);
    return pairs;
}

QVector<RunDifference> compareRuns(const RunFacts &left, const RunFacts &right) {
    QVector<RunDifference> all;
    compareStages(left, right, all);
    comparePcrs(left, right, all);
    compareLines(Subject::request, left.requests, right.requests, all);
    compareLines(Subject::flow, left.flows, right.flows, all);
    compareLines(Subject::console, left.console, right.console, all);
    return all;
}

} // namespace nitroscope::app
