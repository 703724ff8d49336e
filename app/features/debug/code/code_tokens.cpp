// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/code/code_tokens.hpp"

#include <QSet>
#include <QString>

namespace nitroscope::app {
namespace {

QSet<QString> registerNames() {
    QSet<QString> names;
    for (const char *name :
         {"rip", "eip", "ip", "al", "ah", "bl", "bh", "cl", "ch", "dl", "dh", "sil", "dil", "bpl", "spl"})
        names.insert(QString::fromLatin1(name));
    for (const char *name : {"ax", "bx", "cx", "dx", "si", "di", "bp", "sp"})
        for (const char *prefix : {"", "e", "r"})
            names.insert(QString::fromLatin1(prefix) + QString::fromLatin1(name));
    for (const char *name : {"cs", "ds", "es", "fs", "gs", "ss", "st"})
        names.insert(QString::fromLatin1(name));
    for (int i = 0; i < 32; ++i)
        for (const char *prefix : {"xmm", "ymm", "zmm"})
            names.insert(QString::fromLatin1(prefix) + QString::number(i));
    for (int i = 0; i < 16; ++i) {
        for (const char *ending : {"", "d", "w", "b"})
            names.insert(QStringLiteral("r%1").arg(i) + QString::fromLatin1(ending));
        for (const char *prefix : {"cr", "dr", "mm", "k"})
            names.insert(QString::fromLatin1(prefix) + QString::number(i));
    }
    return names;
}

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

bool isRegisterName(QStringView word) {
    static const QSet<QString> names = registerNames();
    return names.contains(word.toString());
}

std::vector<CodeToken> tokensOf(QStringView operands) {
    std::vector<CodeToken> tokens;
    for (qsizetype at = 0; at < operands.size();) {
        qsizetype end = at + 1;
        const bool word = isWord(operands[at]);
        while (end < operands.size() && isWord(operands[end]) == word)
            ++end;
        const QStringView part = operands.mid(at, end - at);
        CodeTone tone = CodeTone::text;
        if (word)
            tone = part[0].isDigit()      ? CodeTone::number
                   : isRegisterName(part) ? CodeTone::reg
                   : isSizeWord(part)     ? CodeTone::comment
                                          : CodeTone::symbol;
        tokens.push_back({part, tone});
        at = end;
    }
    return tokens;
}

} // namespace nitroscope::app
