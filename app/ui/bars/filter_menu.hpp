// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a list's context menu has of its filter bar.
#pragma once

class QMenu;
class QModelIndex;

namespace nitroscope::app {

class FilterBar;
class FilteredListModel;

// *Apply as Filter*: this value, all others, or together with what is filtered already. Nothing is added for a cell that
// the filter language has no field for.
void addFilterMenu(QMenu &menu, const FilteredListModel &list, const QModelIndex &cell, FilterBar &bar);

} // namespace nitroscope::app
