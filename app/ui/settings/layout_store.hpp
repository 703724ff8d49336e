// SPDX-License-Identifier: GPL-2.0-or-later
//
// Named window layouts in one JSON file:
//
//   { "format": "nitroscope-layouts", "version": 1,
//     "layouts": [ { "name": "wide", "geometry": "<base64>", "docks": "<base64>", "panels": { "eif": {…} } }
//     ] }
//
// "docks" is QMainWindow::saveState() of the area that holds the docks, "panels" what each panel wants to
// remember (column widths, splitters). A file that is not exactly this is refused as a whole, with the
// reason; the caller then keeps the layout it has.
#pragma once

#include "app/core/result.hpp"

#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <vector>

namespace nitroscope::app {

struct WindowLayout {
    QString name;
    QByteArray geometry;
    QByteArray docks;
    QJsonObject panels;

    bool operator==(const WindowLayout &) const = default;
};

class LayoutStore {
public:
    static constexpr int version = 1;

    // A file that does not exist is an empty store.
    static Result<LayoutStore> load(const QString &path);
    static Result<LayoutStore> fromJson(const QByteArray &json);
    QByteArray toJson() const;
    // Written to a temporary file first and renamed, so that a crash never leaves half a file.
    Result<void> save(const QString &path) const;

    const std::vector<WindowLayout> &layouts() const { return m_layouts; }
    const WindowLayout *find(const QString &name) const;
    // Adds, or replaces the one with that name.
    void put(WindowLayout layout);
    bool remove(const QString &name);

private:
    std::vector<WindowLayout> m_layouts;
};

} // namespace nitroscope::app
