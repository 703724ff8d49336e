// SPDX-License-Identifier: GPL-2.0-or-later
//
// The compressed names of kallsyms: 256 tokens of text, names as strings of token numbers (the first letter
// that comes out is nm's type), and markers that say where every 256th name begins.
#pragma once

#include <array>
#include <optional>
#include <QByteArray>

namespace nitroscope::symbols {

// All offsets count from the start of the bytes searched.
struct TokenTable {
    quint64 table = 0;  // 256 texts, each ended by a zero byte
    quint64 index = 0;  // 256 u16: offsets of the texts in the table
    quint64 digits = 0; // where the text "0" stands, from which the table was found
};

struct NamesTable {
    quint64 names = 0, markers = 0, countAt = 0;
    quint32 count = 0;
    int markerBytes = 4;
};

struct NameEntry {
    quint64 start = 0, end = 0; // of the token numbers, after the length
};

// Names that a search may step over before it gives up: a hostile image can offer very many false beginnings.
// A real kernel takes less than a hundredth of it.
struct SearchBudget {
    quint64 names = 300'000'000;
};

// The first token table whose digits stand at `from` or behind.
std::optional<TokenTable> findTokens(QByteArrayView bytes, quint64 from);
std::array<QByteArrayView, 256> tokensOf(QByteArrayView bytes, const TokenTable &tokens);
// Names and markers stand before the tokens in all layouts.
std::optional<NamesTable> findNames(QByteArrayView bytes, const TokenTable &tokens, SearchBudget &budget);
// A length of one byte, or of two when bit 7 of the first is set (ULEB128, since 6.1).
std::optional<NameEntry> nameAt(QByteArrayView bytes, quint64 offset);

} // namespace nitroscope::symbols
