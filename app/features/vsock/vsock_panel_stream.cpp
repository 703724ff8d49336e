// SPDX-License-Identifier: GPL-2.0-or-later
//
// The vsock panel's stream: following a flow, finding in it, copying and saving.
#include "app/features/vsock/stream_view.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/lists/following_table.hpp"
#include "app/ui/text/byte_text.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QEvent>
#include <QGuiApplication>
#include <QLabel>
#include <QTabWidget>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 maxShown = 1 << 20; // bytes of a stream in the view; a file gets all of it

} // namespace

void VsockPanel::restartStream() {
    m_streamFlow = currentFlow();
    m_streamNext = 0;
    m_streamShown = 0;
    m_streamFull = false;
    m_stream->restart();
    if (currentFlow() < 0) {
        m_streamTitle->setText(u"Choose a flow above"_s);
        return;
    }
    const VsockFlow &flow = m_account.flows()[static_cast<size_t>(currentFlow())];
    m_streamTitle->setText(u"Flow %1: %2:%3 %4 %5:%6"_s.arg(flow.id)
                               .arg(flow.guestCid)
                               .arg(flow.guestPort)
                               .arg(flow.guestDialed ? u"→"_s : u"←"_s)
                               .arg(flow.peerCid)
                               .arg(flow.peerPort));
    continueStream();
}

void VsockPanel::continueStream() {
    if (m_streamFlow < 0 || !m_bytes || m_streamFull ||
        m_views->currentIndex() != static_cast<int>(View::stream))
        return;
    auto pieces = StreamReader::read(m_account, *m_bytes, m_streamFlow, m_streamNext,
                                     maxShown - m_streamShown, &m_streamNext);
    const auto wanted = static_cast<StreamDirection>(m_streamDirection->currentIndex());
    std::erase_if(pieces, [wanted](const StreamPiece &piece) {
        return wanted != StreamDirection::both && piece.fromGuest != (wanted == StreamDirection::fromGuest);
    });
    for (const StreamPiece &piece : pieces)
        m_streamShown += static_cast<quint64>(piece.bytes.size());
    m_stream->append(pieces);
    m_streamFull = m_streamNext < m_account.packets().size();
    if (m_streamFull)
        m_stream->appendNote(u"… the first %1 are shown; save the stream to have all of it."_s.arg(
            shortSizeText(m_streamShown)));
}

QByteArray VsockPanel::streamBytes(StreamDirection direction) const {
    return currentFlow() < 0 || !m_bytes ? QByteArray()
                                         : StreamSource(m_account, m_bytes, currentFlow(), direction).read();
}

void VsockPanel::saveStream() {
    if (currentFlow() < 0 || !m_bytes)
        return;
    static const char *const names[] = {"", "-from-guest", "-to-guest"};
    const int direction = m_streamDirection->currentIndex();
    emit streamSaveWanted(
        StreamSource(m_account, m_bytes, currentFlow(), static_cast<StreamDirection>(direction)),
        u"flow-%1%2.bin"_s.arg(m_account.flows()[static_cast<size_t>(currentFlow())].id)
            .arg(QLatin1String(names[direction])));
}

void VsockPanel::copyPayload(ByteSpelling spelling) {
    if (m_payload->hasFocus() && m_payload->copy(spelling))
        return;
    if (currentPacket() < 0 || !m_bytes)
        return;
    const QByteArray payload =
        StreamReader::payload(m_account.packets()[static_cast<size_t>(currentPacket())], *m_bytes);
    if (!payload.isEmpty())
        QGuiApplication::clipboard()->setText(spellBytes(payload, spelling));
}

void VsockPanel::copy() {
    if (m_stream->hasFocus())
        m_stream->copy();
    else if (m_payload->hasFocus())
        m_payload->copy(ByteSpelling::hexDigits);
    else
        QGuiApplication::clipboard()->setText(
            selectedCellsText(m_packets->hasFocus() ? *m_packets : *m_flows));
}

void VsockPanel::selectAll() {
    if (m_stream->hasFocus())
        m_stream->selectAll();
    else if (m_payload->hasFocus())
        m_payload->selectAll();
    else
        (m_packets->hasFocus() ? m_packets : m_flows)->selectAll();
}

void VsockPanel::find() {
    m_filter->startTyping();
}

// What the filter bar says is also what one looks for in the stream.
void VsockPanel::findInStream(bool backwards) {
    if (m_filter->text().isEmpty()) {
        find();
        return;
    }
    if (m_views->currentIndex() != static_cast<int>(View::stream))
        return;
    const auto flags = backwards ? QTextDocument::FindBackward : QTextDocument::FindFlags();
    if (m_stream->find(m_filter->text(), flags))
        return;
    m_stream->moveCursor(backwards ? QTextCursor::End : QTextCursor::Start);
    m_stream->find(m_filter->text(), flags);
}

void VsockPanel::changeEvent(QEvent *event) {
    Panel::changeEvent(event);
    // Its colours are in the text. Later, because its own palette may change after ours.
    if (event->type() == QEvent::PaletteChange && m_streamFlow >= 0)
        QMetaObject::invokeMethod(this, &VsockPanel::restartStream, Qt::QueuedConnection);
}

} // namespace nitroscope::app
