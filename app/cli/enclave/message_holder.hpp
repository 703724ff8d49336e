// SPDX-License-Identifier: GPL-2.0-or-later
//
// Keeps our messages and the guest's console apart when both go to the same terminal or file: a message
// waits while the guest is in the middle of a line, but not for long, because a prompt never ends its line.
#pragma once

#include <QObject>
#include <QStringList>
#include <QTimer>

namespace nitroscope::cli {

class MessageHolder : public QObject {
public:
    enum class Line { ended, open };

    explicit MessageHolder(QObject *parent = nullptr);

    // Says it now or, inside a line of the console, later.
    void tell(const QString &text);
    // Where the console is after what was just written. Releases what waits when its line has ended.
    void consoleAt(Line line);
    // Says what waits, on a new line.
    void release();
    bool isHolding() const { return !m_held.isEmpty(); }

private:
    QStringList m_held;
    QTimer m_patience;
    Line m_line = Line::ended;
    const bool m_isShared; // standard output and standard error are the same file
};

} // namespace nitroscope::cli
