// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/code_tokens.hpp"

#include <QString>

namespace nitroscope::app {
namespace {

bool isWord(QChar c) {
    return c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char('.') || c == QLatin1Char('$');
}

bool isSizeWord(QStringView word) {
    for (const char *size : {"byte", "word", "dword", "qword", "xmmword", "ymmword", "xword", "ptr", "far"})
        if (word == QLatin1String(size))
            return true;
    return false;
}

} // namespace

std::vector<CodeToken> tokensOf(QStringView operands, const arch::Architecture &architecture) {
    std::vector<CodeToken> tokens;
    for (qsizetype at = 0; at < operands.size();) {
        qsizetype end = at + 1;
        const bool word = isWord(operands[at]);
        while (end < operands.size() && isWord(operands[end]) == word)
            ++end;
        const QStringView part = operands.mid(at, end - at);
        CodeTone tone = CodeTone::text;
        if (word)
            tone = part[0].isDigit()                                       ? CodeTone::number
                   : architecture.instructions.isRegister(part.toLatin1()) ? CodeTone::reg
                   : isSizeWord(part)                                      ? CodeTone::comment
                                                                           : CodeTone::symbol;
        tokens.push_back({part, tone});
        at = end;
    }
    return tokens;
}

} // namespace nitroscope::app
