// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a recording has answered: one row for each time that it was written, read or run.
#pragma once

#include "app/session/target/debug_types.hpp"
#include "app/ui/lists/record_table.hpp"

namespace nitroscope::app {

class HistoryList : public RecordTable<HistoryHit> {
public:
    explicit HistoryList(QObject *parent = nullptr);
};

// "Who wrote 8 bytes at 0xffffffff82001000".
QString questionText(const HistoryQuestion &question);

} // namespace nitroscope::app
