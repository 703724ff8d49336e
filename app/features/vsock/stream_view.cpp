// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/stream_view.hpp"

#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/visible_lines.hpp"
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QMouseEvent>
#include <QScrollBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

StreamView::StreamView(QWidget *parent) : QPlainTextEdit(parent) {
    setReadOnly(true);
    setUndoRedoEnabled(false);
    setFont(theme::monospace());
    setWordWrapMode(QTextOption::WrapAnywhere);
    setFrameShape(QFrame::NoFrame);
    setAccessibleName(u"Stream"_s);
    setContextMenuPolicy(Qt::NoContextMenu); // the panel's
}

void StreamView::restart() {
    clear();
    setExtraSelections({});
    m_starts.clear();
}

void StreamView::put(const QString &text, const QTextCharFormat &format) {
    QTextCursor end(document());
    end.movePosition(QTextCursor::End);
    end.insertText(text, format);
}

void StreamView::append(const std::vector<StreamPiece> &pieces) {
    const bool following = verticalScrollBar()->value() == verticalScrollBar()->maximum();
    for (const StreamPiece &piece : pieces) {
        const QColor hue = theme::seriesColor(palette(), piece.fromGuest ? 0 : 1);
        QTextCharFormat format;
        format.setBackground(theme::rangeBackground(palette(), hue));
        const int start = document()->characterCount() - 1;
        // A change of direction starts a line, so that the colours are not all there is.
        const bool turns = m_starts.empty() || m_lastFromGuest != piece.fromGuest;
        if (turns || m_form == Form::hex) {
            QTextCharFormat caption;
            caption.setForeground(theme::mutedText(palette()));
            QString line = start > 0 && document()->characterAt(start - 1) != QChar::ParagraphSeparator
                               ? u"\n"_s
                               : QString();
            if (turns)
                line += piece.fromGuest ? u"▸ from the guest\n"_s : u"◂ to the guest\n"_s;
            put(line, caption);
        }
        m_lastFromGuest = piece.fromGuest;
        m_starts.push_back({start, piece.packet});
        put(m_form == Form::text ? visibleLines(piece.bytes)
                                 : spellBytes(piece.bytes, ByteSpelling::hexDump, piece.offset).trimmed(),
            format);
        if (piece.missing > 0) {
            QTextCharFormat gap;
            gap.setForeground(theme::toneColor(palette(), Tone::attention));
            put(u"[%1 bytes not captured]"_s.arg(piece.missing), gap);
        }
    }
    if (following)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
}

void StreamView::appendNote(const QString &note) {
    QTextCharFormat format;
    format.setForeground(theme::mutedText(palette()));
    put(u"\n"_s + note, format);
}

int StreamView::packetAt(int position) const {
    const auto after =
        std::upper_bound(m_starts.begin(), m_starts.end(), position,
                         [](int wanted, const Start &start) { return wanted < start.position; });
    return after == m_starts.begin() ? -1 : std::prev(after)->packet;
}

bool StreamView::showPacket(int packet) {
    const auto at = std::find_if(m_starts.begin(), m_starts.end(),
                                 [packet](const Start &start) { return start.packet == packet; });
    if (at == m_starts.end())
        return false;
    QTextCursor cursor(document());
    cursor.setPosition(at->position);
    cursor.setPosition(std::next(at) == m_starts.end() ? document()->characterCount() - 1
                                                       : std::next(at)->position,
                       QTextCursor::KeepAnchor);
    QTextEdit::ExtraSelection mark;
    mark.cursor = cursor;
    mark.format.setBackground(palette().highlight());
    mark.format.setForeground(palette().highlightedText());
    setExtraSelections({mark});
    QTextCursor place(document());
    place.setPosition(at->position);
    setTextCursor(place);
    ensureCursorVisible();
    return true;
}

void StreamView::mouseReleaseEvent(QMouseEvent *event) {
    QPlainTextEdit::mouseReleaseEvent(event);
    if (event->button() != Qt::LeftButton || textCursor().hasSelection())
        return;
    if (const int packet = packetAt(cursorForPosition(event->position().toPoint()).position()); packet >= 0)
        emit packetClicked(packet);
}

} // namespace nitroscope::app
