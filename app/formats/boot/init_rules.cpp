// SPDX-License-Identifier: GPL-2.0-or-later
//
// See init_rules.hpp.

#include "app/formats/boot/init_rules.hpp"

#include "app/formats/kernel/command_line.hpp"

#include <algorithm>

namespace nitroscope::formats {

QList<QByteArray> initLines(const QByteArray &text) {
    QList<QByteArray> lines = text.split('\n');
    if (lines.last().isEmpty()) // behind the last line break
        lines.removeLast();
    for (QByteArray &line : lines)
        if (const qsizetype zero = line.indexOf('\0'); zero >= 0)
            line.truncate(zero);
    return lines;
}

QByteArray firstProgramOf(const QByteArray &commandLine) {
    QByteArray program = "/init";
    for (const QByteArray &word : kernelWords(commandLine))
        if (word.startsWith("rdinit="))
            program = word.mid(7);
    return program;
}

std::optional<ScriptLine> readScriptLine(const QByteArray &front) {
    constexpr qsizetype maxLine = 256; // BINPRM_BUF_SIZE
    if (!front.startsWith("#!"))
        return std::nullopt;
    const auto isBlank = [](char c) { return c == ' ' || c == '\t'; };
    QByteArray line = front.first(std::min(front.size(), maxLine));
    const qsizetype lineBreak = line.indexOf('\n');
    line = line.mid(2, lineBreak < 0 ? -1 : lineBreak - 2);
    const qsizetype zero = line.indexOf('\0');
    const bool isCut = lineBreak < 0 && zero < 0 && front.size() >= maxLine;
    if (zero >= 0)
        line.truncate(zero);
    while (!line.isEmpty() && isBlank(line.back()))
        line.chop(1);
    line.remove(0, std::ranges::find_if_not(line, isBlank) - line.begin());
    const qsizetype length = std::ranges::find_if(line, isBlank) - line.begin();
    if (length == 0 || (isCut && length == line.size()))
        return std::nullopt;
    QByteArray argument = line.mid(length);
    argument.remove(0, std::ranges::find_if_not(argument, isBlank) - argument.begin());
    return ScriptLine{line.first(length), argument};
}

} // namespace nitroscope::formats
