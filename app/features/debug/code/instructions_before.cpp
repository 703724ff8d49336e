// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/disassembler.hpp"

#include <algorithm>

namespace nitroscope::app {
namespace {

// Where chains meet: `weight` of an offset is the number of starts whose chain passes through it.
struct Chains {
    std::vector<int> next; // offset after the instruction that begins here
    std::vector<bool> decodes;
    std::vector<int> weight;
};

Chains chainsOf(const Disassembler &disassembler, QByteArrayView bytes, const CodeSegment &segment) {
    const auto size = static_cast<size_t>(bytes.size());
    Chains chains{std::vector<int>(size), std::vector<bool>(size), std::vector<int>(size + 1, 0)};
    for (size_t i = 0; i < size; ++i) {
        const int length = disassembler.lengthAt(bytes.sliced(static_cast<qsizetype>(i)), segment);
        chains.decodes[i] = length > 0;
        chains.next[i] = static_cast<int>(i) + std::max(length, 1);
        ++chains.weight[i];
        if (chains.next[i] <= static_cast<int>(size))
            chains.weight[static_cast<size_t>(chains.next[i])] += chains.weight[i];
    }
    return chains;
}

// The start of the likeliest instruction that ends at `end`; -1 when none does.
int predecessor(const Chains &chains, int end, int longest) {
    int best = -1, bestWeight = -1;
    for (int at = end - 1; at >= std::max(0, end - longest); --at) {
        const auto i = static_cast<size_t>(at);
        if (chains.next[i] != end)
            continue;
        const int weight = chains.decodes[i] ? chains.weight[i] : 0;
        if (weight > bestWeight) {
            best = at;
            bestWeight = weight;
        }
    }
    return best;
}

} // namespace

std::vector<Instruction> instructionsBefore(const Disassembler &disassembler, QByteArrayView bytes,
                                            quint64 end, const CodeSegment &segment, int count,
                                            std::optional<quint64> start) {
    const auto size = static_cast<quint64>(bytes.size());
    if (count <= 0 || bytes.isEmpty())
        return {};
    const quint64 begin = end - size;
    const auto last = [count](std::vector<Instruction> list) {
        if (static_cast<int>(list.size()) > count)
            list.erase(list.begin(), list.end() - count);
        return list;
    };
    if (start && *start - begin < size) {
        const QByteArrayView code = bytes.sliced(static_cast<qsizetype>(*start - begin));
        auto list = disassembler.decode(code, *start, segment, static_cast<int>(code.size()),
                                        Disassembler::Tail::end);
        if (!list.empty() && list.back().end() == end && list.back().kind != InstructionKind::invalid)
            return last(std::move(list));
    }
    const Chains chains = chainsOf(disassembler, bytes, segment);
    std::vector<int> starts;
    for (int at = static_cast<int>(size); at > 0 && static_cast<int>(starts.size()) < count;) {
        const int before = predecessor(chains, at, disassembler.longest());
        at = before >= 0 ? before : at - 1; // nothing ends here: a byte of its own
        starts.push_back(at);
    }
    std::vector<Instruction> list;
    for (auto at = starts.rbegin(); at != starts.rend(); ++at) {
        const auto next = at + 1 == starts.rend() ? static_cast<qsizetype>(size) : *(at + 1);
        const auto one = disassembler.decode(bytes.sliced(*at, next - *at), begin + static_cast<quint64>(*at),
                                             segment, 1, Disassembler::Tail::end);
        if (!one.empty())
            list.push_back(one.front());
    }
    return list;
}

} // namespace nitroscope::app
