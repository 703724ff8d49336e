// SPDX-License-Identifier: GPL-2.0-or-later
//
// A record in words: one line for lists, one JSON object for scripts. The text is made when it is shown,
// never stored.
#pragma once

#include "app/proto/pcapng/record.hpp"

#include <QJsonObject>

namespace nitroscope::pcapng {

// "ExtendPCR", "boot-stage", "REQUEST"; empty for console text and foreign packets.
QString kindOf(const Record &record);

// What happened, in one line without time and interface: "41 ExtendPCR → ReadOnlyIndex in 2.346 ms".
QString summaryOf(const Record &record);

// The PCR a record is about: of a PCR change, or the index in an NSM request.
std::optional<int> pcrOf(const Record &record);

// Every field, with the names of docs/capture-format.md; byte strings in hex. Keys never change their
// meaning.
QJsonObject toJson(const Record &record);

} // namespace nitroscope::pcapng
