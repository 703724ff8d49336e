// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: code and names of a foreign guest. The first byte chooses the mode, the second where to look
// back from; every byte must be covered exactly once, forwards and backwards, and nothing of an operand's
// text may be lost when it is cut into tokens.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/features/debug/code/branch_arrows.hpp"
#include "app/features/debug/code/branch_condition.hpp"
#include "app/features/debug/code/code_tokens.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

void require(bool holds) {
    if (!holds)
        abort();
}

// Every address has a name, and some of them are strange.
class HostileSymbols : public SymbolSource {
public:
    std::optional<NamedPlace> place(quint64 address) const override {
        return NamedPlace{u"[rip]%1]\n"_s.arg(address % 7), address & 0xff, {}, true};
    }
    std::optional<quint64> address(const QString &) const override { return std::nullopt; }
    QVector<QString> complete(const QString &, int) const override { return {}; }
    QVector<SourcePlace> source(quint64) const override { return {}; }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 3 || size > 4096)
        return 0;
    const CpuMode modes[] = {CpuMode::bits16, CpuMode::bits32, CpuMode::bits64};
    const CodeSegment segment{modes[data[0] % 3], data[0] & 0x80 ? 0xffff0000U : 0U};
    const QByteArrayView code(data + 2, qsizetype(size) - 2);
    const quint64 address = data[0] & 0x40 ? ~quint64{0} - size : 0xfffff000; // also at the very end
    static const auto disassembler = makeDisassembler(arch::x86_64());
    const HostileSymbols symbols;
    const auto list = disassembler->decode(code, address, segment, int(size), Disassembler::Tail::end);
    quint64 at = address;
    std::vector<CodeLine> lines;
    for (const Instruction &instruction : list) {
        require(instruction.address == at && instruction.length >= 1 && instruction.length <= 15);
        at = instruction.end();
        CodeLine line;
        line.address = instruction.address;
        line.text = symbolise(instruction, &symbols).text;
        QString joined;
        for (const CodeToken &token : tokensOf(line.text, arch::x86_64()))
            joined += token.text;
        require(joined == line.text);
        (void)isTaken(instruction, arch::x86_64(), QByteArray(arch::x86::table.packetBytes, char(data[1])));
        line.instruction = instruction;
        lines.push_back(std::move(line));
    }
    require(at == address + static_cast<quint64>(code.size()));
    for (const BranchArrow &arrow : branchArrows(lines, 5))
        require(arrow.lane < 5 && arrow.from >= 0 && arrow.to >= -1 && arrow.to <= int(lines.size()));
    const qsizetype cut = 1 + data[1] % code.size();
    const auto before = instructionsBefore(*disassembler, code.first(cut),
                                           address + static_cast<quint64>(cut), segment, 8, address);
    quint64 end = address + static_cast<quint64>(cut);
    for (auto each = before.rbegin(); each != before.rend(); ++each) {
        require(each->end() == end);
        end = each->address;
    }
    return 0;
}
