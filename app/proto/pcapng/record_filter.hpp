// SPDX-License-Identifier: GPL-2.0-or-later
//
// The language of app/core/filter over the records of a capture.
#pragma once

#include "app/core/filter/filter_expression.hpp"
#include "app/proto/pcapng/record.hpp"

namespace nitroscope::pcapng {

class RecordFilter {
public:
    // The fields and operators, for --help.
    static QString help();

    // An error has the offset of the character where the expression went wrong. An empty text matches
    // everything.
    static app::Result<RecordFilter> parse(const QString &text);

    // `firstHostNs` is the time of the stream's first record, where `time` counts from.
    bool matches(const Record &record, qint64 firstHostNs) const;

private:
    app::FilterExpression m_expression;
};

} // namespace nitroscope::pcapng
