// SPDX-License-Identifier: GPL-2.0-or-later
//
// Widgets one below the other without gaps, of which one takes the room that is left: how panels are built.
#pragma once

#include <initializer_list>
#include <QVBoxLayout>
#include <QWidget>

namespace nitroscope::app {

inline void fillColumn(QWidget &column, std::initializer_list<QWidget *> parts,
                       const QWidget *growing = nullptr) {
    auto *layout = new QVBoxLayout(&column);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    for (QWidget *part : parts)
        layout->addWidget(part, part == growing ? 1 : 0);
}

inline QWidget *makeColumn(std::initializer_list<QWidget *> parts, const QWidget *growing) {
    auto *column = new QWidget;
    fillColumn(*column, parts, growing);
    return column;
}

} // namespace nitroscope::app
