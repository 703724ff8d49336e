// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all panels have in common. The window gives the Edit commands to the panel that had the focus last; a
// panel answers those that make sense for it.
#pragma once

#include <QJsonObject>
#include <QWidget>

namespace nitroscope::app {

class Panel : public QWidget {
    Q_OBJECT
public:
    Panel(const QString &id, const QString &title, QWidget *parent) : QWidget(parent), m_title(title) {
        setObjectName(id);
        setAccessibleName(title);
    }

    QString id() const { return objectName(); }
    QString title() const { return m_title; }

    virtual void copy() {}
    virtual void selectAll() {}
    virtual void find() {}
    virtual void findNext() {}
    virtual void findPrevious() {}

    // Column widths, splitters: what a saved layout remembers of the panel.
    virtual QJsonObject viewState() const { return {}; }
    virtual void restoreViewState(const QJsonObject &) {}

private:
    QString m_title;
};

} // namespace nitroscope::app
