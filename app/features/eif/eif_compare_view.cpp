// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/eif_compare_view.hpp"

#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/work/unpack_limits.hpp"

#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

const TaskPage::Absence nothingYet{u"Nothing to compare with yet"_s,
                                   u"Choose another enclave image to see why their PCRs differ."_s};

} // namespace

EifCompareView::EifCompareView(QAction *compareAction, QWidget *parent)
    : TaskPage(parent), m_summary(new QLabel), m_table(new QTableView) {
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setWordWrap(true);
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_summary->setContentsMargins(10, 6, 10, 6);
    m_summary->setAccessibleName(u"PCRs that differ"_s);
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Differences"_s);
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
    setContent(content, nothingYet, compareAction);
    watch(m_comparing, u"Comparing…"_s);
    setCancelled([] { return nothingYet; });
}

void EifCompareView::clear() {
    m_comparing.cancel();
    m_model.setComparison({});
    m_summary->clear();
    showAbsence(nothingYet);
}

void EifCompareView::compare(const formats::EifDocument &document, const QString &otherPath) {
    clear();
    showAbsence({u"Comparing…"_s, otherPath});
    m_comparing.start(
        [document, otherPath](const BackgroundTask::Control &control) {
            const auto other = formats::EifDocument::open(otherPath);
            if (!other)
                return Result<formats::EifComparison>(tl::unexpected(other.error()));
            formats::DiffOptions options;
            options.limits = limitsUnder(control);
            options.progress = control.progress;
            return formats::compareEifs(document, *other, options);
        },
        [this, otherPath](const Result<formats::EifComparison> &outcome) {
            take(outcome, u"The images could not be compared"_s,
                 [&](const formats::EifComparison &comparison) { display(comparison, otherPath); });
            emit compared();
        });
}

void EifCompareView::display(const formats::EifComparison &comparison, const QString &otherPath) {
    QStringList same, different;
    for (const formats::EifComparison::Pcr &pcr : comparison.pcrs)
        (pcr.isEqual() ? same : different) << u"PCR%1"_s.arg(pcr.number);
    const QString name = QFileInfo(otherPath).fileName();
    QString text = different.isEmpty() ? u"%1 has the same PCRs."_s.arg(name)
                                       : u"%1 differs in %2."_s.arg(name, different.join(u", "_s));
    if (!different.isEmpty() && !same.isEmpty())
        text += u" The same: %1."_s.arg(same.join(u", "_s));
    if (comparison.differences.empty())
        text += u" No difference at all."_s;
    for (const QString &problem : comparison.problems)
        text += u'\n' + problem;
    m_summary->setText(text);
    m_model.setComparison(comparison);
    showContent();
}

QString EifCompareView::summary() const {
    return m_summary->text();
}

void EifCompareView::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

} // namespace nitroscope::app
