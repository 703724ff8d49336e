// SPDX-License-Identifier: GPL-2.0-or-later
//
// Folded stacks as a tree: each frame of a stack with the samples in it and in what it called. Plain arithmetic, no widget.
#pragma once

#include "app/formats/findings/folded_stacks.hpp"

#include <QString>
#include <vector>

namespace nitroscope::app {

struct FlameFrame {
    QString name;              // as it may be shown
    quint64 total = 0;         // samples, those of its callees included
    quint64 self = 0;          // without these
    quint64 start = 0;         // samples left of it
    int parent = -1;           // number of the frame; -1 of the first
    int depth = 0;             // 0 is the first, which has all
    std::vector<int> children; // by name
};

class FlameGraph {
public:
    FlameGraph() = default;
    explicit FlameGraph(const formats::FoldedStacks &stacks);

    bool isEmpty() const { return total() == 0; }
    quint64 total() const { return m_frames.empty() ? 0 : m_frames[0].total; }
    int depth() const { return m_depth; } // of the deepest frame
    // Number 0 is that of all samples; frames come behind their parents.
    const std::vector<FlameFrame> &frames() const { return m_frames; }
    const FlameFrame &frame(int number) const { return m_frames[size_t(number)]; }

    // Whether `inner` is called by `outer`, or is it.
    bool isWithin(int inner, int outer) const;
    // The frame beside it of the same depth: `by` is -1 or +1; the frame itself when there is none.
    int sibling(int number, int by) const;
    int largestChild(int number) const; // -1 when it has none
    // Frames whose names have the text, in the order in which they stand from left to right; empty for no text.
    std::vector<int> matches(const QString &text) const;
    // Samples in any of these frames, each once.
    quint64 samplesIn(const std::vector<int> &frames) const;
    // "serve: 42 samples, 12.3 % of all, 3.1 % itself"
    QString describe(int number) const;

private:
    void place(int number);

    std::vector<FlameFrame> m_frames;
    int m_depth = 0;
};

} // namespace nitroscope::app
