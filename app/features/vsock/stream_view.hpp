// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two directions of one conversation as text or as hex dumps, told apart by colour. Clicking a place tells
// which packet brought it. Grows at its end while more comes.
#pragma once

#include "app/features/vsock/vsock_stream.hpp"

#include <QPlainTextEdit>

namespace nitroscope::app {

class StreamView : public QPlainTextEdit {
    Q_OBJECT
public:
    enum class Form { text, hex };

    explicit StreamView(QWidget *parent = nullptr);

    void restart();
    void append(const std::vector<StreamPiece> &pieces);
    // A line about the whole, at the end.
    void appendNote(const QString &note);
    void setForm(Form form) { m_form = form; }
    Form form() const { return m_form; }
    // Marks the piece of a packet and shows it; false when it is not here.
    bool showPacket(int packet);

signals:
    void packetClicked(int packet);

protected:
    void mouseReleaseEvent(QMouseEvent *event) override;

private:
    int packetAt(int position) const;
    void put(const QString &text, const QTextCharFormat &format);

    struct Start {
        int position, packet;
    };
    std::vector<Start> m_starts; // ascending positions
    Form m_form = Form::text;
    bool m_lastFromGuest = false;
};

} // namespace nitroscope::app
