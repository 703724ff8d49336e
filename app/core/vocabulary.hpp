// SPDX-License-Identifier: GPL-2.0-or-later
//
// Texts for the words of a protocol's vocabulary (nsm-device/core/nsm_protocol.h and its like). A table beside them says
// static_assert(hasTexts(…)), so that a word that is added there cannot be forgotten here:
//
//   constexpr WordText texts[] = {{"seed", "measured at launch"}, …};
//   constexpr std::string_view words[] = {NSM_CAUSE_LIST(NITROSCOPE_WORD)};
//   static_assert(hasTexts(texts, words));
#pragma once

#include <algorithm>
#include <QString>
#include <span>
#include <string_view>

#define NITROSCOPE_WORD(constant, word) std::string_view(word),

namespace nitroscope::app {

struct WordText {
    std::string_view word;
    const char *text;
};

// Whether each word has its text and each text its word, in the order of the vocabulary.
consteval bool hasTexts(std::span<const WordText> texts, std::span<const std::string_view> words) {
    return std::ranges::equal(texts, words, {}, &WordText::word);
}

// The word itself when it has none, as one of a later machine.
inline QString textOf(std::span<const WordText> texts, const QString &word) {
    for (const WordText &entry : texts)
        if (word == QLatin1String(entry.word.data(), qsizetype(entry.word.size())))
            return QString::fromLatin1(entry.text);
    return word;
}

} // namespace nitroscope::app
