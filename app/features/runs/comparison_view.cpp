// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/runs/comparison_view.hpp"

#include "app/core/worker.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/text/breakable_text.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

using Subject = RunDifference::Subject;

QString titleOf(const KeptRun &run) {
    return u"%1, %2"_s.arg(QFileInfo(run.image).fileName(),
                           run.started.toLocalTime().toString(u"yyyy-MM-dd HH:mm:ss"_s));
}

std::vector<RecordColumn<RunDifference>> columns(const QString &left, const QString &right) {
    using Column = RecordColumn<RunDifference>;
    const auto tone = [](const RunDifference &row) { return row.differs ? Tone::attention : Tone::normal; };
    const auto whole = [](QString RunDifference::*side) {
        return [side](const RunDifference &row) { return row.*side; };
    };
    // Not by colour alone: the third column says it.
    return {Column(u"Subject"_s, [](const RunDifference &row) { return subjectText(row.subject); }),
            Column(u"What"_s, whole(&RunDifference::what)),
            Column(
                u"Same"_s,
                [](const RunDifference &row) {
                    return !row.differs          ? u"same"_s
                           : row.left.isEmpty()  ? u"only right"_s
                           : row.right.isEmpty() ? u"only left"_s
                                                 : u"differs"_s;
                },
                false, false, tone),
            Column(left, whole(&RunDifference::left), true, false, tone, whole(&RunDifference::left)),
            Column(right, whole(&RunDifference::right), true, false, tone, whole(&RunDifference::right))};
}

} // namespace

ComparisonView::ComparisonView(const KeptRun &left, const KeptRun &right, QWidget *parent)
    : QDialog(parent), m_model(columns(visibleText(titleOf(left)), visibleText(titleOf(right))),
                               [](const RunDifference &a, const RunDifference &b) { return a == b; }),
      m_summary(new QLabel(u"Reading both captures…"_s)),
      m_subject(makeChoice(u"Subject shown"_s, {{u"Everything"_s, {}}})),
      m_only(new QCheckBox(u"&Only differences"_s)), m_table(new QTableView) {
    setWindowTitle(u"Compare Runs"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    for (const Subject subject :
         {Subject::stage, Subject::pcr, Subject::request, Subject::flow, Subject::console})
        m_subject->addItem(subjectText(subject), static_cast<int>(subject));
    m_only->setChecked(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setWordWrap(true);
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Differences between the runs"_s);
    setColumnCharacters(*m_table, {12, 12, 10});
    for (const int column : {3, 4})
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::Stretch);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_subject);
    bar->addWidget(m_only);
    bar->addWidget(m_summary, 1);
    auto *layout = new QVBoxLayout(this);
    layout->addLayout(bar);
    layout->addWidget(m_table, 1);
    layout->addWidget(buttons);
    const int em = fontMetrics().height();
    resize(em * 64, em * 36);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    connect(m_only, &QCheckBox::toggled, this, &ComparisonView::refresh);
    connect(m_subject, &QComboBox::currentIndexChanged, this, &ComparisonView::refresh);
    for (RunReading *reading : {&m_left, &m_right})
        connect(reading, &RunReading::done, this, &ComparisonView::compareWhenRead);
    m_left.open(left.capture);
    m_right.open(right.capture);
}

// Long lists take a moment to align.
void ComparisonView::compareWhenRead() {
    if (!m_left.isDone() || !m_right.isDone())
        return;
    const RunFacts left = m_left.facts(), right = m_right.facts();
    const QString problem = !left.problem.isEmpty() ? left.problem : right.problem;
    if (!problem.isEmpty()) {
        m_isDone = true;
        m_summary->setText(breakableText(u"The runs cannot be compared: "_s + visibleText(problem)));
        emit compared();
        return;
    }
    runInWorker(
        this, [left, right] { return compareRuns(left, right); },
        [this](const QVector<RunDifference> &all) {
            m_all = all;
            m_isDone = true;
            refresh();
            emit compared();
        });
}

void ComparisonView::showOnlyDifferences(bool only) {
    m_only->setChecked(only);
}

void ComparisonView::refresh() {
    if (!m_isDone)
        return;
    QVector<RunDifference> rows;
    qsizetype differences = 0;
    const QVariant subject = m_subject->currentData();
    for (const RunDifference &row : std::as_const(m_all)) {
        differences += row.differs;
        if ((row.differs || !m_only->isChecked()) &&
            (!subject.isValid() || static_cast<int>(row.subject) == subject.toInt()))
            rows << row;
    }
    m_model.setRecords(rows);
    m_summary->setText(differences == 0   ? u"No difference"_s
                       : differences == 1 ? u"1 difference"_s
                                          : u"%1 differences"_s.arg(differences));
}

} // namespace nitroscope::app
