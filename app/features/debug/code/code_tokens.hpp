// SPDX-License-Identifier: GPL-2.0-or-later
//
// Operand text cut into the parts that a reader wants to tell apart by colour.
#pragma once

#include "app/core/arch/architecture.hpp"

#include <QStringView>
#include <vector>

namespace nitroscope::app {

enum class CodeTone {
    text,
    mnemonic,
    flow, // mnemonics that change where the code goes on
    reg,
    number,
    symbol,
    comment,
    address,
    bytes,
};

struct CodeToken {
    QStringView text;
    CodeTone tone = CodeTone::text;
};

// The views point into `operands`.
std::vector<CodeToken> tokensOf(QStringView operands, const arch::Architecture &architecture);

} // namespace nitroscope::app
