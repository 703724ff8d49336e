// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two runs side by side in a window of its own: it reads both captures, and marks what differs.
#pragma once

#include "app/session/runs/kept_runs.hpp"
#include "app/session/runs/run_comparison.hpp"
#include "app/ui/lists/record_table.hpp"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QTableView;

namespace nitroscope::app {

class ComparisonView : public QDialog {
    Q_OBJECT
public:
    ComparisonView(const KeptRun &left, const KeptRun &right, QWidget *parent);

    RecordTable<RunDifference> &model() { return m_model; }
    bool isDone() const { return m_isDone; }
    void showOnlyDifferences(bool only);

signals:
    void compared();

private:
    void compareWhenRead();
    void refresh();

    RunReading m_left, m_right;
    QVector<RunDifference> m_all;
    bool m_isDone = false;
    RecordTable<RunDifference> m_model;
    QLabel *m_summary;
    QComboBox *m_subject;
    QCheckBox *m_only;
    QTableView *m_table;
};

} // namespace nitroscope::app
