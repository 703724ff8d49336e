// SPDX-License-Identifier: GPL-2.0-or-later
//
// What session, machine and QEMU had to say, filtered by level and text. Follows new lines unless the user
// has scrolled up.
#pragma once

#include "app/features/log/log_model.hpp"
#include "app/ui/panel/panel.hpp"

#include <QTimer>

class QTableView;

namespace nitroscope::app {

class FilterBar;

class LogPanel : public Panel {
    Q_OBJECT
public:
    explicit LogPanel(QWidget *parent = nullptr);

    LogModel &model() { return m_model; }
    void append(const LogEntry &entry);
    void copy() override;
    void selectAll() override;
    void find() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

private:
    void flush();
    void refreshStatus();

    LogModel m_model;
    QTableView *m_table;
    FilterBar *m_filter;
    QTimer m_flush;
};

} // namespace nitroscope::app
