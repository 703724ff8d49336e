// SPDX-License-Identifier: GPL-2.0-or-later
//
// A small language to choose records: `interface==nsm and result!=Success`, `time>=1.5s and time<2s`,
// `pcr==16 or (kind==boot-stage and not text contains ramdisk)`.
//
//   expression = term { "or" term }
//   term       = factor { "and" factor }
//   factor     = "not" factor | "(" expression ")" | field operator value
//   operator   = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains"
//
// A value is a word, a number with an optional unit of time (ns, us, ms, s), or a text in double quotes.
// Words compare without regard to case. A comparison with a field that a record does not have is false, also
// with "!=", so that `result!=Success` finds failed NSM responses and nothing else.
#pragma once

#include "app/core/result.hpp"
#include "app/proto/pcapng/record.hpp"

#include <memory>

namespace nitroscope::pcapng {

class RecordFilter {
public:
    struct Node;

    // The fields and operators, for --help.
    static QString help();

    // An error has the offset of the character where the expression went wrong. An empty text matches
    // everything.
    static app::Result<RecordFilter> parse(const QString &text);

    // `firstHostNs` is the time of the stream's first record, where `time` counts from.
    bool matches(const Record &record, qint64 firstHostNs) const;

private:
    std::shared_ptr<const Node> m_root;
};

} // namespace nitroscope::pcapng
