// SPDX-License-Identifier: GPL-2.0-or-later
//
// Header and splitter positions as text for Panel::viewState(), and back. Wrong text leaves the widget as it
// is.
#pragma once

#include <QHeaderView>
#include <QSplitter>
#include <QString>

namespace nitroscope::app {

template <class StatefulWidget>
QString stateText(const StatefulWidget &widget) {
    return QString::fromLatin1(widget.saveState().toBase64());
}

template <class StatefulWidget>
void restoreStateText(StatefulWidget &widget, const QString &text) {
    if (!text.isEmpty())
        widget.restoreState(QByteArray::fromBase64(text.toLatin1()));
}

} // namespace nitroscope::app
