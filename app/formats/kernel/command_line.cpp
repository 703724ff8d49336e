// SPDX-License-Identifier: GPL-2.0-or-later
//
// See command_line.hpp.

#include "app/formats/kernel/command_line.hpp"

#include <algorithm>

namespace nitroscope::formats {

namespace {

bool isBlank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool isEnd(const CommandLineWord &word) {
    return word.text == "--";
}

} // namespace

QList<CommandLineWord> commandLineWords(const QByteArray &line) {
    QList<CommandLineWord> words;
    for (qsizetype at = 0; at < line.size() && line[at] != '\0';) {
        CommandLineWord word{.offset = at};
        bool isQuoted = false;
        for (; at < line.size() && line[at] != '\0' && (isQuoted || !isBlank(line[at])); ++at) {
            if (line[at] == '"')
                isQuoted = !isQuoted;
            else
                word.text += line[at];
        }
        word.length = at - word.offset;
        if (!word.text.isEmpty())
            words << word;
        if (at < line.size() && line[at] != '\0')
            ++at; // the blank
    }
    return words;
}

QList<QByteArray> kernelWords(const QByteArray &line) {
    QList<QByteArray> texts;
    for (const CommandLineWord &word : commandLineWords(line)) {
        if (isEnd(word))
            break;
        texts << word.text;
    }
    return texts;
}

bool endsKernelWords(const QByteArray &line) {
    return std::ranges::any_of(commandLineWords(line), isEnd);
}

std::optional<qsizetype> openQuote(const QByteArray &line) {
    std::optional<qsizetype> open;
    for (qsizetype at = 0; at < line.size() && line[at] != '\0'; ++at)
        if (line[at] == '"')
            open = open ? std::nullopt : std::optional(at);
    return open;
}

bool hasEarlyWord(const QByteArray &line, QByteArrayView word) {
    QByteArray words = line.first(qsizetype(qstrnlen(line.constData(), size_t(line.size()))));
    std::ranges::replace_if(
        words, [](char c) { return static_cast<unsigned char>(c) <= ' '; }, ' ');
    return words.split(' ').contains(word);
}

} // namespace nitroscope::formats
