// SPDX-License-Identifier: GPL-2.0-or-later
//
// A disassembly around any address: margin with breakpoints and the current instruction, arrows of jumps,
// addresses, bytes, instructions in colour, comments. It knows addresses only; there is no first and no last
// line, and moving up finds the boundaries of instructions on the way (CodeListing).
#pragma once

#include "app/features/debug/code/branch_arrows.hpp"
#include "app/features/debug/code/code_tokens.hpp"

#include <QAbstractScrollArea>
#include <QColor>
#include <QHash>

namespace nitroscope::app {

enum class BreakpointMark { set, disabled, waiting };

class DisassemblyView : public QAbstractScrollArea {
    Q_OBJECT
public:
    // The listing outlives the view.
    explicit DisassemblyView(CodeListing &listing, QWidget *parent = nullptr);

    // The next instruction to be executed; the registers (QEMU's `g`) tell whether its jump will be taken.
    void setCurrent(std::optional<quint64> pc);
    void setRegisters(const QByteArray &packet);
    void setBreakpoints(QHash<quint64, BreakpointMark> marks);
    void setStale(bool stale);
    void setShowsBytes(bool on);
    bool showsBytes() const { return m_showsBytes; }

    quint64 cursor() const { return m_cursor; }
    quint64 top() const { return m_top; }
    // Puts the cursor there. Scrolls only when the address is not in view, and then leaves context above.
    void showAddress(quint64 address);
    // Lines as last painted.
    const std::vector<CodeLine> &lines() const { return m_lines; }
    // The instruction under the cursor.
    std::optional<Instruction> current() const;
    // Selected lines as text.
    QString selectedText() const;
    void selectVisible();
    void refresh(); // memory, symbols or marks have changed

    QSize sizeHint() const override;

signals:
    void cursorMoved(quint64 address);
    // Return, or a double click on an instruction.
    void followWanted();
    void breakpointToggled(quint64 address); // a click into the margin

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    static constexpr int arrowLanes = 5;
    struct Columns { // x positions
        qreal cell, margin, arrows, address, bytes, mnemonic, operands;
    };
    Columns columns() const;
    int rowHeight() const;
    int visibleRows() const;
    void layOut();
    void setTop(quint64 address);
    void moveCursor(quint64 address, bool extends);
    void bringIntoView(quint64 address);
    int lineAt(const QPoint &point) const;
    QStringView wordAt(const QPoint &point) const;
    void paintLine(QPainter &painter, const Columns &at, const CodeLine &line, qreal y) const;
    void paintInstruction(QPainter &painter, const Columns &at, const CodeLine &line,
                          const QRectF &row) const;
    // Of an instruction its own address; of a gap all of what is left out there.
    bool isCurrent(const CodeLine &line) const;
    QColor currentRowColor() const;
    void paintMargin(QPainter &painter, const Columns &at, const CodeLine &line, const QRectF &row) const;
    void paintArrows(QPainter &painter, const Columns &at) const;
    QColor tone(CodeTone tone, const CodeLine &line) const;
    QString commentOf(const CodeLine &line) const;
    bool isSelected(quint64 address) const;

    CodeListing &m_listing;
    std::vector<CodeLine> m_lines;
    std::vector<BranchArrow> m_arrows;
    quint64 m_top = 0, m_cursor = 0, m_anchor = 0;
    quint64 m_windowBase = 0; // address that the scroll bar's 0 stands for
    std::optional<quint64> m_pc;
    QByteArray m_registers; // empty when they are not known
    QHash<quint64, BreakpointMark> m_breakpoints;
    QString m_word; // highlighted wherever it appears
    bool m_stale = false;
    bool m_showsBytes = true;
    int m_wheelRest = 0;
};

} // namespace nitroscope::app
