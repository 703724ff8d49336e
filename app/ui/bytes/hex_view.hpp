// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bytes of any number as offset, hex digits and characters, 16 to a row. Offsets are 64-bit; the scroll bar's
// 31 bits are stretched over them (HexGeometry). The view reads only the rows it paints.
#pragma once

#include "app/formats/tree/node.hpp"
#include "app/ui/bytes/byte_source.hpp"
#include "app/ui/bytes/hex_geometry.hpp"
#include "app/ui/text/byte_text.hpp"

#include <memory>
#include <QAbstractScrollArea>
#include <vector>

namespace nitroscope::app {

// What a stretch of bytes is marked as; which colour that is, is decided when it is painted, so that marks follow a
// change from light to dark.
enum class HexMark {
    band,    // of `number`: neighbours differ
    changed, // new since the last look
    chosen,
};

// Later ranges are painted over earlier ones.
struct HexHighlight {
    formats::ByteRange range;
    HexMark mark = HexMark::chosen;
    int number = 0;
};

class HexView : public QAbstractScrollArea {
    Q_OBJECT
public:
    // A copy larger than this is refused rather than filling the clipboard; bytes.
    static constexpr quint64 copyLimit = 16 << 20;

    explicit HexView(QWidget *parent = nullptr);

    void setSource(std::shared_ptr<const ByteSource> source);
    std::shared_ptr<const ByteSource> source() const { return m_source; }
    // The source's bytes or size have changed.
    void refresh();
    void setHighlights(std::vector<HexHighlight> highlights);
    const std::vector<HexHighlight> &highlights() const { return m_highlights; }

    // The bytes may be out of date: painted dimmed.
    void setStale(bool stale);

    quint64 cursor() const { return m_cursor; }
    quint64 topOffset() const { return m_geometry.offsetOfRow(m_topRow); }
    const HexGeometry &geometry64() const { return m_geometry; }
    formats::ByteRange selection() const;
    // What is marked as chosen elsewhere, in a tree beside it; empty when nothing is.
    formats::ByteRange markedRange() const;
    QByteArray selectedBytes() const { return bytesIn(selection()); }
    // Nothing when there are more than copyLimit.
    QByteArray bytesIn(const formats::ByteRange &range) const;
    // Puts the cursor there, drops the selection and scrolls as little as needed.
    void goTo(quint64 offset);
    // Selects and shows the range; the start when it is taller than the view. Does not emit cursorMoved().
    void showRange(const formats::ByteRange &range);
    void select(const formats::ByteRange &range);
    void selectAll();
    // The selection in that spelling; false when nothing is selected or it exceeds copyLimit.
    bool copy(ByteSpelling spelling) const;

    QSize sizeHint() const override;

signals:
    // By the user, not by showRange().
    void cursorMoved(quint64 offset);
    void selectionChanged();

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;

private:
    enum class Moving { cursorOnly, extendSelection };
    struct Columns { // x positions in the viewport, from font metrics
        qreal cell, offset, hex, text, end;
    };
    Columns columns() const;
    qreal xOfByte(const Columns &at, int column) const;
    int rowHeight() const;
    void updateGeometry64();
    void setTopRow(quint64 row);
    void moveCursor(quint64 offset, Moving moving);
    std::optional<quint64> offsetAt(const QPoint &point) const;
    void paintRow(QPainter &painter, const Columns &at, int line, const QByteArray &bytes,
                  qsizetype available) const;
    QColor colorOf(const HexHighlight &highlight) const;
    QColor backgroundOf(quint64 offset) const;

    std::shared_ptr<const ByteSource> m_source;
    std::vector<HexHighlight> m_highlights;
    HexGeometry m_geometry;
    quint64 m_topRow = 0;
    quint64 m_cursor = 0;
    quint64 m_anchor = 0;        // other end of the selection
    bool m_hasSelection = false; // a selection of one byte is a selection, too
    bool m_stale = false;
    int m_offsetDigits = 8;
    int m_wheelRest = 0;
};

} // namespace nitroscope::app
