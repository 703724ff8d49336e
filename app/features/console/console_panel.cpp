// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/console/console_panel.hpp"

#include "app/features/console/terminal_view.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/find_bar.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/theme/theme.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

ConsolePanel::ConsolePanel(QWidget *parent)
    : Panel(u"console"_s, u"Console"_s, parent), m_view(new TerminalView(m_screen)),
      m_findBar(new FindBar(FindBar::Kinds::textOnly)), m_status(new QLabel) {
    m_stack = new EmptyStack(m_view, u"Nothing on the console yet"_s,
                             u"The serial console shows everything from the firmware's first line. "
                             "Press Run to start the enclave."_s);
    m_status->setFont(theme::caption());
    m_status->setContentsMargins(8, 2, 8, 2);
    m_status->hide();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_findBar);
    layout->addWidget(m_stack, 1);
    layout->addWidget(m_status);
    setFocusProxy(m_view);

    m_flushTimer.setInterval(16);
    m_pasteTimer.setInterval(11);
    connect(&m_flushTimer, &QTimer::timeout, this, &ConsolePanel::flush);
    connect(&m_pasteTimer, &QTimer::timeout, this, &ConsolePanel::sendPaste);
    connect(&m_screen, &TerminalScreen::typed, this, &ConsolePanel::input);
    connect(m_view, &TerminalView::pasteRequested, this,
            [this](QClipboard::Mode from) { pasteText(QGuiApplication::clipboard()->text(from)); });
    connect(m_findBar, &FindBar::nextRequested, this, &ConsolePanel::findNext);
    connect(m_findBar, &FindBar::previousRequested, this, &ConsolePanel::findPrevious);
    connect(m_findBar, &FindBar::dismissed, m_view, qOverload<>(&QWidget::setFocus));
}

void ConsolePanel::append(const QByteArray &bytes) {
    m_log += bytes;
    if (m_log.size() > logLimit)
        m_log.remove(0, m_log.size() - logLimit + logLimit / 8);
    m_pending += bytes;
    if (m_pending.size() > queueLimit) {
        const qsizetype skip = m_pending.size() - queueLimit / 2;
        m_pending.remove(0, skip);
        m_skipped += static_cast<quint64>(skip);
        updateStatus();
    }
    if (!m_flushTimer.isActive()) {
        flush(); // the first bytes appear at once, the rest at the timer's pace
        m_flushTimer.start();
    }
}

void ConsolePanel::flush() {
    if (m_pending.isEmpty()) {
        m_flushTimer.stop();
        emit flushed();
        return;
    }
    m_stack->setEmpty(false);
    m_screen.feed(m_pending.left(portion));
    m_pending.remove(0, std::min(portion, m_pending.size()));
}

void ConsolePanel::clear() {
    m_pending.clear();
    m_log.clear();
    m_paste.clear();
    m_pasteTimer.stop();
    m_skipped = 0;
    m_screen.clear();
    m_stack->setText(u"Nothing on the console yet"_s,
                     u"The serial console shows everything from the firmware's first line."_s);
    m_stack->setEmpty(true);
    updateStatus();
}

void ConsolePanel::setEnded() {
    setLive(false);
    m_stack->setText(u"The console stayed empty"_s,
                     u"The enclave ended before it wrote anything. The log may say more."_s);
}

void ConsolePanel::setLive(bool live) {
    m_view->setLive(live);
    if (!live) {
        m_paste.clear();
        m_pasteTimer.stop();
    }
    updateStatus();
}

void ConsolePanel::updateStatus() {
    QStringList parts;
    if (m_skipped > 0)
        parts << u"%1 not shown: the guest wrote faster than the terminal reads"_s.arg(sizeText(m_skipped));
    if (!m_paste.isEmpty())
        parts << u"Pasting, %1 to go"_s.arg(sizeText(static_cast<quint64>(m_paste.size())));
    m_status->setText(parts.join(u" · "_s));
    m_status->setVisible(!parts.isEmpty());
}

QByteArray ConsolePanel::logText() const {
    // Escape sequences: ESC [ … final byte, ESC ] … BEL or ESC \, ESC and one more.
    QByteArray out;
    out.reserve(m_log.size());
    enum class In { text, escape, csi, osc } in = In::text;
    for (const char byte : m_log) {
        const auto code = static_cast<unsigned char>(byte);
        switch (in) {
        case In::text:
            if (byte == '\x1b')
                in = In::escape;
            else if (byte == '\n' || byte == '\t' || code >= 0x20)
                out += byte;
            break;
        case In::escape:
            in = byte == '[' ? In::csi : byte == ']' ? In::osc : In::text;
            break;
        case In::csi:
            if (code >= 0x40 && code <= 0x7e)
                in = In::text;
            break;
        case In::osc:
            if (byte == '\x07')
                in = In::text;
            else if (byte == '\x1b')
                in = In::escape;
            break;
        }
    }
    return out;
}

void ConsolePanel::copy() {
    m_view->copySelection();
}

void ConsolePanel::selectAll() {
    m_view->selectAll();
}

void ConsolePanel::paste() {
    pasteText(QGuiApplication::clipboard()->text());
}

void ConsolePanel::pasteText(const QString &text) {
    if (!m_view->isLive() || text.isEmpty())
        return;
    QString typed = text;
    typed.replace(u"\r\n"_s, u"\r"_s).replace(QLatin1Char('\n'), QLatin1Char('\r'));
    m_paste += typed.toUtf8();
    sendPaste();
    if (!m_paste.isEmpty())
        m_pasteTimer.start();
}

void ConsolePanel::sendPaste() {
    emit input(m_paste.left(pastePortion));
    m_paste.remove(0, std::min(pastePortion, m_paste.size()));
    if (m_paste.isEmpty())
        m_pasteTimer.stop();
    updateStatus();
}

void ConsolePanel::find() {
    const QString chosen = m_view->selectedText();
    if (!chosen.isEmpty() && !chosen.contains(QLatin1Char('\n')))
        m_findBar->setText(chosen);
    m_findBar->open();
}

void ConsolePanel::findNext() {
    findIn(true);
}

void ConsolePanel::findPrevious() {
    findIn(false);
}

void ConsolePanel::findIn(bool forward) {
    const bool found = m_view->find(m_findBar->text(), forward ? TerminalView::FindDirection::next
                                                               : TerminalView::FindDirection::previous);
    m_findBar->setResult(found || m_findBar->text().isEmpty() ? QString() : u"No match"_s);
}

} // namespace nitroscope::app
