// SPDX-License-Identifier: GPL-2.0-or-later
//
// What lint says of an EIF: the table, and the chosen finding in full with the advice.
#pragma once

#include "app/features/eif/lint_model.hpp"
#include "app/ui/bars/task_page.hpp"

class QLabel;
class QTableView;

namespace nitroscope::app {

class EifFindingsView : public TaskPage {
    Q_OBJECT
public:
    explicit EifFindingsView(QWidget *parent = nullptr);

    void clear();
    // Looks for findings on a worker. Without measurements those about CRC and signed PCR0 are left out.
    void check(const formats::EifDocument &document,
               const std::optional<formats::EifMeasurements> &measurements);

    LintModel &model() { return m_model; }
    QTableView &table() { return *m_table; }
    // What is said below the table of findings that it has no room for.
    QString unlisted() const;
    void copy();

signals:
    void checked();
    void rangeChosen(const nitroscope::formats::ByteRange &range);

private:
    void display(formats::LintFindings findings);
    void showFinding();

    LintModel m_model;
    BackgroundTask m_checking;
    QTableView *m_table;
    QLabel *m_detail;
    QLabel *m_unlisted;
};

} // namespace nitroscope::app
