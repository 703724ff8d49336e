// SPDX-License-Identifier: GPL-2.0-or-later
//
// A terminal's picture: paints a TerminalScreen, scrolls through its history, selects, copies, finds, and
// turns keys into input. It stays at the bottom while output arrives unless the user has scrolled up.
#pragma once

#include "app/features/console/terminal_screen.hpp"

#include <optional>
#include <QAbstractScrollArea>
#include <QClipboard>

namespace nitroscope::app {

class TerminalView : public QAbstractScrollArea {
    Q_OBJECT
public:
    explicit TerminalView(TerminalScreen &screen, QWidget *parent = nullptr);

    // Keys reach the guest. Off: the enclave has ended, text is dimmed and only selecting and scrolling work.
    void setLive(bool live);
    bool isLive() const { return m_live; }
    bool hasSelection() const { return m_anchor != m_head; }
    QString selectedText() const;
    void selectAll();
    bool copySelection() const;
    void scrollToEnd();
    // Next or previous line that holds the text, from the present match; wraps. False when there is none.
    enum class FindDirection { next, previous };
    bool find(const QString &text, FindDirection direction);

    QSize sizeHint() const override;

signals:
    // What is pasted: the clipboard, or by the middle button the selection (of X11 and Wayland).
    void pasteRequested(QClipboard::Mode from);
    void selectionChanged();

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    bool focusNextPrevChild(bool next) override;
    QVariant inputMethodQuery(Qt::InputMethodQuery query) const override;

private:
    // A place between cells. Lines count from the oldest ever, so that it survives the ring dropping lines.
    struct Place {
        quint64 line = 0;
        int column = 0;
        auto operator<=>(const Place &) const = default;
    };
    struct Cell {
        qreal width;
        int height;
    };
    Cell cell() const;
    void screenChanged();
    void fitScreen();
    Place placeAt(const QPoint &point) const;
    void paintLine(QPainter &painter, const Cell &cell, int number, qreal y) const;
    void setSelection(Place anchor, Place head);
    void offerSelection() const;

    TerminalScreen &m_screen;
    bool m_live = false;
    Place m_anchor, m_head; // selection
    quint64 m_seenDropped = 0;
};

} // namespace nitroscope::app
