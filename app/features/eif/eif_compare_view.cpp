// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/eif_compare_view.hpp"

#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/task_strip.hpp"
#include "app/ui/lists/cell_delegate.hpp"

#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace nitroscope::app {
namespace {

const QString title = QStringLiteral("Nothing to compare with yet");
const QString hint = QStringLiteral("Choose another enclave image to see why their PCRs differ.");

} // namespace

EifCompareView::EifCompareView(QAction *compareAction, QWidget *parent)
    : QWidget(parent), m_summary(new QLabel), m_table(new QTableView), m_strip(new TaskStrip) {
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setWordWrap(true);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_summary->setContentsMargins(10, 6, 10, 6);
    m_summary->setAccessibleName(QStringLiteral("PCRs that differ"));
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(QStringLiteral("Differences"));
    const int em = fontMetrics().averageCharWidth();
    const int widths[] = {40, 22, 9, 36, 36};
    for (int column = 0; column < DifferenceModel::columnCountValue; ++column)
        m_table->setColumnWidth(column, em * widths[column]);
    m_table->horizontalHeader()->setStretchLastSection(true);
    auto *content = new QWidget;
    auto *inner = new QVBoxLayout(content);
    inner->setContentsMargins({});
    inner->setSpacing(0);
    inner->addWidget(m_summary);
    inner->addWidget(m_table, 1);
    m_stack = new EmptyStack(content, title, hint, compareAction);
    m_stack->setEmpty(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_strip);
    layout->addWidget(m_stack, 1);
    m_strip->watch(m_comparing, QStringLiteral("Comparing…"));
    connect(m_strip, &TaskStrip::cancelled, this, [this] { m_stack->setText(title, hint); });
}

void EifCompareView::clear() {
    m_comparing.cancel();
    m_model.setComparison({});
    m_summary->clear();
    m_stack->setText(title, hint);
    m_stack->setEmpty(true);
}

void EifCompareView::compare(const formats::EifDocument &document, const QString &otherPath) {
    clear();
    m_stack->setText(QStringLiteral("Comparing…"), otherPath);
    m_comparing.start(
        [document, otherPath](const BackgroundTask::Control &control) {
            const auto other = formats::EifDocument::open(otherPath);
            if (!other)
                return Result<formats::EifComparison>(tl::unexpected(other.error()));
            formats::DiffOptions options;
            options.limits.unpack.stop = control.stop;
            options.limits.unpack.progress = control.progress;
            options.progress = control.progress;
            return formats::compareEifs(document, *other, options);
        },
        [this, otherPath](const Result<formats::EifComparison> &comparison) {
            if (comparison)
                display(*comparison, otherPath);
            else
                m_stack->setText(QStringLiteral("The images could not be compared"),
                                 comparison.error().text());
            emit compared();
        });
}

void EifCompareView::display(const formats::EifComparison &comparison, const QString &otherPath) {
    QStringList same, different;
    for (const formats::EifComparison::Pcr &pcr : comparison.pcrs)
        (pcr.isEqual() ? same : different) << QStringLiteral("PCR%1").arg(pcr.number);
    const QString name = QFileInfo(otherPath).fileName();
    QString text = different.isEmpty()
                       ? QStringLiteral("%1 has the same PCRs.").arg(name)
                       : QStringLiteral("%1 differs in %2.").arg(name, different.join(QStringLiteral(", ")));
    if (!different.isEmpty() && !same.isEmpty())
        text += QStringLiteral(" The same: %1.").arg(same.join(QStringLiteral(", ")));
    if (comparison.differences.empty())
        text += QStringLiteral(" No difference at all.");
    for (const QString &problem : comparison.problems)
        text += u'\n' + problem;
    m_summary->setText(text);
    m_model.setComparison(comparison);
    m_stack->setEmpty(false);
}

QString EifCompareView::summary() const {
    return m_summary->text();
}

void EifCompareView::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

} // namespace nitroscope::app
