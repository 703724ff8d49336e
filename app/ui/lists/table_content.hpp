// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a table or tree shows: which of its columns, and all of that as a file.
#pragma once

#include <QByteArray>

class QAbstractItemView;
class QHeaderView;

namespace nitroscope::app {

// A right click on the header shows and hides columns; one always stays. What is chosen is part of the header's state.
void letColumnsBeChosen(QHeaderView &header);

enum class TableForm { csv, json };
// Everything that the view shows in the columns that it shows, rows in its order: with a line of titles, or as an array
// of objects by title.
QByteArray tableContent(const QAbstractItemView &view, TableForm form);

} // namespace nitroscope::app
