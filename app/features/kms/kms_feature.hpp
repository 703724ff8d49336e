// SPDX-License-Identifier: GPL-2.0-or-later
//
// KMS in the window: whether runs have one beside them, its calls, and the ways from a call to the document, the NSM request, the flow and
// the PCR behind it.
#pragma once

#include "app/frame/feature.hpp"
#include "app/session/kms/enclave_kms.hpp"

namespace nitroscope::app {

class KmsPanel;
struct ShownKmsCall;

class KmsFeature : public Feature {
    Q_OBJECT
public:
    explicit KmsFeature(Frame &frame);
    ~KmsFeature() override;

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    void take(const RunNews &news) override;
    Panel *show(const Place &place) override;
    void follow(const Place &place) override;

private:
    void registerOptions();
    void registerWays();
    QList<QAction *> wayActions() const;
    // Of the call that is chosen; says so in the status bar when there is none, or when it has nothing of that kind.
    void withCall(const std::function<bool(const ShownKmsCall &)> &use, const QString &otherwise);
    bool showDocument(const ShownKmsCall &shown);
    bool showRequest(const ShownKmsCall &shown);
    bool showFlow(const ShownKmsCall &shown);
    bool showPcr(const ShownKmsCall &shown);
    void choosePolicy();
    void applyChoice();
    void takeState();
    void startKms();
    void addRoute();

    KmsPanel *m_panel;
    QAction *m_run;
    std::unique_ptr<EnclaveKms> m_kms; // while a run goes on
    quint64 m_starts = 0;              // counts them: a late one is not the present one's
    bool m_hasRoute = false;
};

} // namespace nitroscope::app
