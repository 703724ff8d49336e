// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/status_line.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/ui/bars/elided_label.hpp"
#include "app/ui/bars/state_indicator.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/text/time_text.hpp"

#include <QFileInfo>
#include <QLabel>
#include <QProgressBar>
#include <QStatusBar>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

ElidedLabel *makeLabel(const QString &accessibleName) {
    auto *label = new ElidedLabel;
    label->setAccessibleName(accessibleName);
    label->setContentsMargins(8, 1, 8, 1);
    return label;
}

} // namespace

StatusLine::StatusLine(Frame &frame, QStatusBar &bar)
    : m_frame(frame), m_progress(new QProgressBar), m_cancel(new QToolButton),
      m_capture(makeLabel(u"Capture"_s)), m_state(makeLabel(u"Enclave state"_s)),
      m_time(makeLabel(u"Guest time"_s)), m_file(makeLabel(u"Open EIF"_s)) {
    build(bar);
    EnclaveSession &session = frame.session();
    connect(&session, &EnclaveSession::stateChanged, this, &StatusLine::showState);
    connect(&frame.runs(), &RunControl::pauseReasonChanged, this, [this] {
        if (const auto state = m_frame.session().state(); state == EnclaveSession::State::paused)
            showState(state);
    });
    connect(&frame.image(), &EifLoader::openingFinished, this, &StatusLine::showImage);
    connect(&frame.account(), &RunAccount::began, this, &StatusLine::beginRun);
    connect(&frame.account(), &RunAccount::taken, this, &StatusLine::takeNews);
    connect(&frame, &Frame::captureChanged, this, &StatusLine::showCapture);
    connect(frame.action("file.recordCapture"), &QAction::toggled, this, &StatusLine::showCapture);
    showState(session.state());
    showImage();
}

void StatusLine::build(QStatusBar &bar) {
    m_progress->setMaximumWidth(bar.fontMetrics().averageCharWidth() * 24);
    m_progress->setMaximumHeight(bar.fontMetrics().height());
    m_progress->setAccessibleName(u"Loading the capture"_s);
    m_cancel->setDefaultAction(m_frame.action("file.cancelCapture"));
    m_cancel->setAutoRaise(true);
    for (QWidget *widget : std::initializer_list<QWidget *>{m_progress, m_cancel}) {
        bar.addPermanentWidget(widget);
        widget->hide();
    }
    for (QLabel *label : {m_capture, m_state, m_time, m_file})
        bar.addPermanentWidget(label);
}

void StatusLine::showState(EnclaveSession::State state) {
    const QString reason = m_frame.runs().pauseReason();
    m_state->setText(state == EnclaveSession::State::paused && !reason.isEmpty() ? u"Paused: "_s + reason
                                                                                 : runStateText(state));
    m_state->setToolTip({});
}

void StatusLine::showImage() {
    const auto &image = m_frame.image().document();
    m_file->setText(image ? visibleText(QFileInfo(image->path()).fileName()) : u"No EIF open"_s);
    m_file->setToolTip(image ? foreignTip(image->path()) : QString());
}

void StatusLine::beginRun() {
    m_time->clear();
    if (!m_frame.showsSavedCapture())
        return;
    const QString path = m_frame.savedCapture().path();
    m_state->setText(u"Capture: "_s + visibleText(QFileInfo(path).fileName()));
    m_state->setToolTip(foreignTip(path));
}

void StatusLine::takeNews(const RunNews &news) {
    if (!news.stages.isEmpty())
        m_time->setText(
            u"%1 at %2 ms"_s.arg(news.stages.last().stage, milliseconds(news.stages.last().virtualNs)));
}

void StatusLine::showCapture() {
    const CaptureSource *capture = m_frame.capture();
    const bool reading = capture && capture->state() == CaptureSource::State::reading;
    m_progress->setVisible(reading);
    m_cancel->setVisible(reading);
    if (reading && capture->totals().ofBytes > 0) {
        m_progress->setRange(0, 1000);
        m_progress->setValue(static_cast<int>(capture->totals().bytes * 1000 / capture->totals().ofBytes));
    }
    m_capture->setText(captureText());
    m_capture->setToolTip(lossesText());
}

QString StatusLine::captureText() const {
    const CaptureSource *capture = m_frame.capture();
    if (!capture)
        return {};
    const CaptureTotals &totals = capture->totals();
    QStringList parts{u"%1 records, %2"_s.arg(totals.records).arg(shortSizeText(totals.bytes))};
    if (capture->state() == CaptureSource::State::cancelled)
        parts << u"loaded in part"_s;
    if (totals.isSpoolFull)
        parts << u"store full, later details not kept"_s;
    if (m_frame.action("file.recordCapture")->isChecked())
        parts << u"recording"_s;
    if (const quint64 lost = totals.lostInAll(); lost > 0)
        parts << u"%1 lost"_s.arg(lost);
    return parts.join(u" · "_s);
}

QString StatusLine::lossesText() const {
    QStringList losses;
    for (int i = 0; i < NITRO_CAPTURE_INTERFACES; ++i) {
        const auto source = static_cast<pcapng::Source>(i);
        if (const quint64 lost = m_frame.lost(source); lost > 0)
            losses << u"%1 of %2"_s.arg(lost).arg(pcapng::nameOf(source));
    }
    return losses.isEmpty() ? QString()
                            : u"Lost because the stream was read too slowly: "_s + losses.join(u", "_s);
}

} // namespace nitroscope::app
