// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attestation documents in the window: from files, the clipboard, other programs and the NSM of a run.
#pragma once

#include "app/frame/feature.hpp"

#include <map>

namespace nitroscope::app {

class AttestationPanel;

class AttestationFeature : public Feature {
    Q_OBJECT
public:
    explicit AttestationFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    Panel *show(const Place &place) override;
    bool openFile(const QString &path) override;

private:
    void chooseFile();
    void editExpectations();
    void saveDocument();
    void updateActions();
    std::map<quint64, QByteArray> pcrsOfTheImage() const;

    AttestationPanel *m_panel;
    bool m_isOfRun = false; // the document that is shown was made by the run that is shown
};

} // namespace nitroscope::app
