// SPDX-License-Identifier: GPL-2.0-or-later
//
// The Edit commands that every panel may answer: they go to the panel that had the focus last; menus and
// dialogs do not count.
#pragma once

#include <QObject>
#include <QPointer>

namespace nitroscope::app {

class Frame;
class Panel;

class EditCommands : public QObject {
    Q_OBJECT
public:
    explicit EditCommands(Frame &frame);

private:
    void trackFocus(QWidget *now);

    QPointer<Panel> m_panel;
};

} // namespace nitroscope::app
