// SPDX-License-Identifier: GPL-2.0-or-later
//
// All 32 PCRs: live beside expected, and below them the selected one in full, differing bytes marked.
#pragma once

#include "app/features/pcr/pcr_history_model.hpp"
#include "app/features/pcr/pcr_table_model.hpp"
#include "app/ui/panel/panel.hpp"

#include <QTimer>

class QLabel;
class QSplitter;
class QTableView;

namespace nitroscope::app {

class EmptyStack;

class PcrPanel : public Panel {
    Q_OBJECT
public:
    explicit PcrPanel(QWidget *parent = nullptr);

    PcrTableModel &model() { return m_model; }
    // What the capture stream tells of the PCRs' past.
    PcrHistoryModel &history() { return m_history; }
    void showPcr(int index);
    // Takes live values and lets the highlight of what is new fade after a while.
    void setLive(const QVector<PcrValue> &pcrs);
    void copy() override;
    void selectAll() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void transactionChosen(quint64 id); // NSM transaction behind a change
    void changeChosen(const nitroscope::app::PcrChange &change);

protected:
    void changeEvent(QEvent *event) override;

private:
    void showDetails();
    QString digest(const QByteArray &value, const QByteArray &other) const;

    PcrTableModel m_model;
    PcrHistoryModel m_history;
    QTableView *m_table;
    QTableView *m_changes;
    QSplitter *m_splitter;
    EmptyStack *m_stack;
    QLabel *m_title;
    QLabel *m_live;
    QLabel *m_expected;
    QTimer m_fade;
};

} // namespace nitroscope::app
