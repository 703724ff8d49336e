// SPDX-License-Identifier: GPL-2.0-or-later
//
// Our icons: simple SVG shapes in one colour, painted in the palette's text colour (or another role) at
// whatever resolution the screen has.
#pragma once

#include "app/formats/tree/node.hpp"

#include <QIcon>
#include <QPalette>
#include <QString>

namespace nitroscope::app::icons {

// `name` is a file of app/resources/icons without its ending. An unknown name gives a null icon.
QIcon named(const QString &name);
QIcon named(const QString &name, const QColor &color);
QIcon severity(formats::Severity severity, const QPalette &palette);

} // namespace nitroscope::app::icons
