// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/measurement_strip.hpp"

#include "app/formats/eif/pcr_meaning.hpp"
#include "app/ui/theme/theme.hpp"

#include <algorithm>
#include <QGridLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int pcrOfRow[] = {0, 1, 2, 8};

} // namespace

MeasurementStrip::MeasurementStrip(QWidget *parent)
    : QFrame(parent), m_waiting(new QWidget), m_digests(new QWidget), m_message(new QLabel),
      m_progress(new QProgressBar), m_button(new QPushButton(u"Measure"_s)) {
    setAccessibleName(u"Measurements"_s);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(10, 6, 10, 6);
    setFrameShape(QFrame::NoFrame);
    auto *waiting = new QHBoxLayout(m_waiting);
    waiting->setContentsMargins({});
    m_progress->setTextVisible(false);
    m_progress->setMaximumHeight(fontMetrics().height() / 2);
    m_progress->setAccessibleName(u"Measuring progress"_s);
    waiting->addWidget(m_message);
    waiting->addWidget(m_progress, 1);
    waiting->addWidget(m_button);
    auto *grid = new QGridLayout(m_digests);
    grid->setContentsMargins({});
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(1);
    for (int row = 0; row < 4; ++row) {
        auto *name = new QLabel(u"PCR%1"_s.arg(pcrOfRow[row]));
        name->setFont(theme::monospace());
        name->setToolTip(formats::pcrMeaning(pcrOfRow[row]));
        auto *value = new QLabel;
        value->setFont(theme::monospace());
        value->setTextFormat(Qt::PlainText);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        value->setAccessibleName(name->text());
        value->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
        grid->addWidget(name, row, 0);
        grid->addWidget(value, row, 1);
        m_values[static_cast<size_t>(row)] = value;
    }
    grid->setColumnStretch(1, 1);
    layout->addWidget(m_waiting);
    layout->addWidget(m_digests);
    m_digests->hide();
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_busy)
            emit cancelRequested();
        else
            emit retryRequested();
    });
}

void MeasurementStrip::showProgress(quint64 doneBytes, quint64 totalBytes) {
    m_busy = true;
    m_message->setText(u"Measuring…"_s);
    m_button->setText(u"Cancel"_s);
    m_progress->setRange(0, 1000);
    m_progress->setValue(totalBytes == 0 ? 0
                                         : static_cast<int>(std::min<quint64>(
                                               1000, doneBytes / std::max<quint64>(1, totalBytes / 1000))));
    m_progress->show();
    m_digests->hide();
    m_waiting->show();
}

void MeasurementStrip::showProblem(const QString &text) {
    m_busy = false;
    m_message->setText(text);
    m_button->setText(u"Measure"_s);
    m_progress->hide();
    m_digests->hide();
    m_waiting->show();
}

void MeasurementStrip::showMeasurements(const formats::EifMeasurements &measurements) {
    m_busy = false;
    const QByteArray *const digests[] = {&measurements.pcr0, &measurements.pcr1, &measurements.pcr2,
                                         &measurements.pcr8};
    for (size_t row = 0; row < m_values.size(); ++row) {
        const QByteArray &digest = *digests[row];
        m_texts[row] = !digest.isEmpty() ? QString::fromLatin1(digest.toHex())
                       : row == 3        ? u"unsigned"_s
                                         : u"cannot be measured: sections are not whole"_s;
        m_values[row]->setToolTip(m_texts[row]);
    }
    m_waiting->hide();
    m_digests->show();
    elide();
}

QString MeasurementStrip::valueText(int row) const {
    return m_texts[static_cast<size_t>(row)];
}

void MeasurementStrip::elide() {
    const int room = width() - 24 - QFontMetrics(theme::monospace()).horizontalAdvance(u"PCR0  "_s);
    for (size_t row = 0; row < m_values.size(); ++row)
        m_values[row]->setText(m_values[row]->fontMetrics().elidedText(m_texts[row], Qt::ElideMiddle, room));
}

void MeasurementStrip::resizeEvent(QResizeEvent *event) {
    QFrame::resizeEvent(event);
    elide();
}

} // namespace nitroscope::app
