// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why an enclave ended, in the window: the banner says the likeliest cause, the panel all of them (session/diagnosis).
#pragma once

#include "app/frame/feature.hpp"
#include "app/session/diagnosis/diagnosis.hpp"
#include "app/session/run/end_reason.hpp"

#include <QTimer>

namespace nitroscope::app {

class DiagnosisPanel;

class DiagnosisFeature : public Feature {
    Q_OBJECT
public:
    explicit DiagnosisFeature(Frame &frame);
    ~DiagnosisFeature() override;

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    void take(const RunNews &news) override;

private:
    void explain();
    void show(const QVector<Cause> &causes);

    DiagnosisPanel *m_panel;
    RunStory m_story;
    EndReason m_reason;
    QTimer m_drain; // for what the console said last
    std::stop_source m_stop;
    quint64 m_run = 0; // counts the runs: an answer about another one is not looked at
};

} // namespace nitroscope::app
