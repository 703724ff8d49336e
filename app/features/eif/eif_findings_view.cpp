// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/eif_findings_view.hpp"

#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/work/unpack_limits.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

const TaskPage::Absence notChecked{u"Not checked yet"_s};

} // namespace

EifFindingsView::EifFindingsView(QWidget *parent)
    : TaskPage(parent), m_table(new QTableView), m_detail(new QLabel), m_unlisted(new QLabel) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Lint findings"_s);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    const int em = fontMetrics().averageCharWidth();
    m_table->setColumnWidth(LintModel::severity, em * 16);
    m_table->setColumnWidth(LintModel::where, em * 26);
    m_table->setColumnWidth(LintModel::rule, em * 28);
    m_table->horizontalHeader()->setStretchLastSection(false);
    m_table->horizontalHeader()->setSectionResizeMode(LintModel::why, QHeaderView::Stretch);
    m_detail->setWordWrap(true);
    m_detail->setTextFormat(Qt::PlainText);
    m_detail->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_detail->setContentsMargins(10, 6, 10, 6);
    m_detail->setAccessibleName(u"The finding in full"_s);
    m_unlisted->setContentsMargins(10, 2, 10, 2);
    m_unlisted->hide();
    auto *content = new QWidget;
    auto *inner = new QVBoxLayout(content);
    inner->setContentsMargins({});
    inner->setSpacing(0);
    inner->addWidget(m_table, 1);
    inner->addWidget(m_unlisted);
    inner->addWidget(m_detail);
    setContent(content, notChecked);
    watch(m_checking, u"Checking…"_s);
    setCancelled([] { return Absence{u"Not checked"_s, u"Checking was cancelled."_s}; });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &EifFindingsView::showFinding);
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &cell) {
        if (const auto range = m_model.findingAt(cell.row()).range; !range.isEmpty())
            emit rangeChosen(range);
    });
}

void EifFindingsView::clear() {
    m_checking.cancel();
    m_model.setFindings({});
    m_detail->clear();
    m_unlisted->clear();
    m_unlisted->hide();
    showAbsence(notChecked);
}

void EifFindingsView::check(const formats::EifDocument &document,
                            const std::optional<formats::EifMeasurements> &measurements) {
    clear();
    m_checking.start(
        [document, measurements](const BackgroundTask::Control &control) {
            formats::LintOptions options;
            options.limits = limitsUnder(control);
            options.measures = false;
            options.measured = measurements;
            return formats::lintEif(document, options);
        },
        [this](Result<formats::LintFindings> findings) {
            take(std::move(findings), u"Not checked"_s,
                 [this](formats::LintFindings found) { display(std::move(found)); });
            emit checked();
        });
}

void EifFindingsView::display(formats::LintFindings findings) {
    m_model.setFindings(std::move(findings));
    m_unlisted->setText(m_model.unlistedText());
    m_unlisted->setVisible(!m_unlisted->text().isEmpty());
    if (m_model.rowCount() == 0)
        showAbsence({u"No findings"_s});
    else
        showContent();
    m_table->setCurrentIndex(m_model.index(0, 0));
}

void EifFindingsView::showFinding() {
    const QModelIndex cell = m_table->currentIndex();
    if (!cell.isValid()) {
        m_detail->clear();
        return;
    }
    const formats::LintFinding &finding = m_model.findingAt(cell.row());
    QString text = u"%1\n→ %2"_s.arg(finding.why, finding.advice);
    if (!finding.range.isEmpty())
        text += u"\nBytes 0x%1 + %2; Enter shows them."_s.arg(finding.range.offset, 0, 16)
                    .arg(finding.range.length);
    m_detail->setText(text);
}

QString EifFindingsView::unlisted() const {
    return m_unlisted->text();
}

void EifFindingsView::copy() {
    QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

} // namespace nitroscope::app
