// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/throughput_plot.hpp"

#include "app/ui/text/byte_text.hpp"
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int margin = 8;

QString rateText(quint64 bytesPerSecond) {
    return shortSizeText(bytesPerSecond) + u"/s"_s;
}

// The next 1, 2 or 5 times a power of ten, so that the axis has a round end.
quint64 roundUp(quint64 value) {
    for (quint64 power = 1;; power *= 10)
        for (const quint64 step : {1, 2, 5})
            if (step * power >= value || power > ~quint64{0} / 100)
                return step * power;
}

} // namespace

ThroughputPlot::ThroughputPlot(const Bins &bins, qint64 binNs, QWidget *parent)
    : QWidget(parent), m_bins(bins), m_binNs(binNs) {
    setAccessibleName(u"Throughput"_s);
    setAccessibleDescription(u"Bytes per second from and to the guest; point to read a value"_s);
    setMinimumHeight(fontMetrics().height() * 5);
}

std::pair<quint64, quint64> ThroughputPlot::peakAt(const Bins &bins, qint64 binNs, int x, int width) {
    const auto count = static_cast<qint64>(bins.size());
    if (x < 0 || width <= 0 || x >= width || count == 0)
        return {};
    const qint64 first = count * x / width;
    const qint64 last = std::max(first + 1, count * (x + 1) / width);
    std::pair<quint64, quint64> peak;
    for (qint64 i = first; i < last; ++i) {
        peak.first = std::max(peak.first, bins[static_cast<size_t>(i)].first);
        peak.second = std::max(peak.second, bins[static_cast<size_t>(i)].second);
    }
    const auto perSecond = [binNs](quint64 bytes) {
        return static_cast<quint64>(static_cast<double>(bytes) * 1e9 / static_cast<double>(binNs));
    };
    return {perSecond(peak.first), perSecond(peak.second)};
}

qint64 ThroughputPlot::axisBins() const {
    return std::max<qint64>(std::ssize(m_bins), minBins);
}

int ThroughputPlot::usedWidth() const {
    return std::max(1, static_cast<int>(plotArea().width() * std::ssize(m_bins) / axisBins()));
}

QRect ThroughputPlot::plotArea() const {
    const int line = fontMetrics().height();
    return rect().adjusted(margin, line + margin, -margin, -line - margin);
}

void ThroughputPlot::paintEvent(QPaintEvent *) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().base());
    const QRect area = plotArea();
    const int middle = area.center().y();
    const QColor out = theme::seriesColor(palette(), 0), in = theme::seriesColor(palette(), 1);
    std::vector<std::pair<quint64, quint64>> peaks(static_cast<size_t>(std::max(0, area.width())));
    quint64 most = 1;
    const int used = usedWidth();
    for (size_t x = 0; x < peaks.size(); ++x) {
        peaks[x] = peakAt(m_bins, m_binNs, static_cast<int>(x), used);
        most = std::max({most, peaks[x].first, peaks[x].second});
    }
    const quint64 scale = roundUp(most);
    const auto heightOf = [&](quint64 value) {
        const double part = static_cast<double>(value) / static_cast<double>(scale);
        return value == 0 ? 0 : std::max(1, static_cast<int>(part * area.height() / 2));
    };
    for (size_t x = 0; x < peaks.size(); ++x) {
        const int at = area.left() + static_cast<int>(x);
        if (const int up = heightOf(peaks[x].second))
            painter.fillRect(at, middle - up, 1, up, out);
        if (const int down = heightOf(peaks[x].first))
            painter.fillRect(at, middle + 1, 1, down, in);
    }
    painter.setPen(theme::hairline(palette()));
    for (const int y : {area.top(), middle, area.bottom()})
        painter.drawLine(area.left(), y, area.right(), y);

    const int line = fontMetrics().height();
    painter.setPen(palette().text().color());
    painter.drawText(QRect(margin, margin / 2, width() - 2 * margin, line), Qt::AlignLeft,
                     u"▲ from the guest   ▼ to the guest"_s);
    painter.setPen(theme::mutedText(palette()));
    painter.drawText(QRect(margin, margin / 2, width() - 2 * margin, line), Qt::AlignRight,
                     m_bins.empty() ? u"nothing yet"_s : rateText(scale));
    const double seconds = static_cast<double>(axisBins()) * static_cast<double>(m_binNs) / 1e9;
    const QRect below(margin, height() - line - margin / 2, width() - 2 * margin, line);
    painter.drawText(below, Qt::AlignLeft, u"0 s"_s);
    painter.drawText(below, Qt::AlignRight, u"%1 s"_s.arg(seconds, 0, 'f', 1));
}

bool ThroughputPlot::event(QEvent *event) {
    if (event->type() != QEvent::ToolTip)
        return QWidget::event(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const QRect area = plotArea();
    const int x = help->pos().x() - area.left();
    if (x < 0 || x >= area.width() || m_bins.empty()) {
        QToolTip::hideText();
        return true;
    }
    const auto [in, out] = peakAt(m_bins, m_binNs, x, usedWidth());
    const double at = static_cast<double>(axisBins()) * static_cast<double>(m_binNs) / 1e9 * x / area.width();
    QToolTip::showText(
        help->globalPos(),
        u"%1 s: %2 from the guest, %3 to the guest"_s.arg(at, 0, 'f', 1).arg(rateText(out), rateText(in)));
    return true;
}

} // namespace nitroscope::app
