// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bars/filter_menu.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/lists/filtered_list_model.hpp"

#include <QMenu>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void addFilterMenu(QMenu &menu, const FilteredListModel &list, const QModelIndex &cell, FilterBar &bar) {
    const QString term = list.filterTerm(cell);
    if (term.isEmpty())
        return;
    QString shown = visibleText(term.size() > 60 ? term.left(59) + u'…' : term);
    QMenu *filters = menu.addMenu(u"Apply as F&ilter: "_s + shown.replace(u'&', u"&&"_s));
    const QString present = bar.text().trimmed();
    const auto add = [&](const QString &text, const QString &filter) {
        QObject::connect(filters->addAction(text), &QAction::triggered, &bar,
                         [&bar, filter] { bar.setText(filter); });
    };
    add(u"&Selected"_s, term);
    add(u"&Not Selected"_s, u"not "_s + term);
    if (present.isEmpty() || !bar.isExpression())
        return;
    add(u"… &and Selected"_s, u"(%1) and %2"_s.arg(present, term));
    add(u"… &or Selected"_s, u"(%1) or %2"_s.arg(present, term));
    add(u"… and not Se&lected"_s, u"(%1) and not %2"_s.arg(present, term));
}

} // namespace nitroscope::app
