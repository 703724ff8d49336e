// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether captures of runs are kept, how much of them and how long.
#pragma once

#include "app/session/runs/kept_runs.hpp"

#include <QDialog>

class QCheckBox;
class QSpinBox;

namespace nitroscope::app {

class RunsSettingsDialog : public QDialog {
    Q_OBJECT
public:
    RunsSettingsDialog(bool on, const KeptRunLimits &limits, const QString &folder, QWidget *parent);

    bool isOn() const;
    KeptRunLimits limits() const;

private:
    KeptRunLimits m_limits;
    QCheckBox *m_on;
    QSpinBox *m_size;
    QSpinBox *m_days;
};

} // namespace nitroscope::app
