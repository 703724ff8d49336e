// SPDX-License-Identifier: GPL-2.0-or-later
//
// The fields that record_filter.hpp's language knows, and what a record has in them.
#pragma once

#include "app/proto/pcapng/record.hpp"

#include <optional>
#include <span>

namespace nitroscope::pcapng {

enum class FilterField {
    interface,
    kind,
    result,
    direction,
    verdict,
    text,
    time,
    clock,
    duration,
    transaction,
    flow,
    rule,
    pcr,
    length,
    port
};

struct FilterFieldName {
    const char *name;
    FilterField field;
    bool isNumber;
    const char *help;
};

std::span<const FilterFieldName> filterFields();

// Nothing when the record has no such field. `field` must be a text.
std::optional<QString> textIn(const Record &record, FilterField field);
// Likewise of a number; times in nanoseconds. `firstHostNs` is where FilterField::time counts from. A port is
// no single number.
std::optional<qint64> numberIn(const Record &record, FilterField field, qint64 firstHostNs);

} // namespace nitroscope::pcapng
