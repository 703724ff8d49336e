// SPDX-License-Identifier: GPL-2.0-or-later
//
// One line that names what all panels show: image, CID, memory, CPUs, debug mode, live or ended, or the capture. Amber in
// debug mode, blue for a capture, and always in words, too. Its values can be copied.
#pragma once

#include "app/ui/text/roles.hpp"

#include <QFrame>
#include <QStringList>

namespace nitroscope::app {

class ElidedLabel;
class Frame;

class SessionStrip : public QFrame {
    Q_OBJECT
public:
    // Registers the commands that copy what it says.
    explicit SessionStrip(Frame &frame);

    QString text() const;

protected:
    void paintEvent(QPaintEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;

private:
    void refresh();
    void describeSession(const QString &path);
    void updateActions();
    QString gdbCommand() const;

    Frame &m_frame;
    ElidedLabel *m_label;
    QStringList m_facts;
    Tone m_tone = Tone::normal;
    bool m_isCapture = false;
    quint64 m_cid = 0;   // as the machine says; 0: not yet
    QString m_gdbSocket; // empty: no gdb can connect
};

} // namespace nitroscope::app
