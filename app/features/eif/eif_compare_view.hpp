// SPDX-License-Identifier: GPL-2.0-or-later
//
// Another EIF beside the open one: which PCRs differ, and every difference that makes them.
#pragma once

#include "app/features/eif/difference_model.hpp"
#include "app/ui/bars/task_page.hpp"

class QAction;
class QLabel;
class QTableView;

namespace nitroscope::app {

class EifCompareView : public TaskPage {
    Q_OBJECT
public:
    // `compareAction` becomes the button of the empty page.
    explicit EifCompareView(QAction *compareAction, QWidget *parent = nullptr);

    void clear();
    void compare(const formats::EifDocument &document, const QString &otherPath);

    DifferenceModel &model() { return m_model; }
    QString summary() const;
    void copy();

signals:
    void compared();

private:
    void display(const formats::EifComparison &comparison, const QString &otherPath);

    DifferenceModel m_model;
    BackgroundTask m_comparing;
    QLabel *m_summary;
    QTableView *m_table;
};

} // namespace nitroscope::app
