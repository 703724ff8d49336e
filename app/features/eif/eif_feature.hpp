// SPDX-License-Identifier: GPL-2.0-or-later
//
// The open EIF in the window: its panel, and the pages of the panel as commands: structure, files of the
// ramdisks, lint's findings, comparing with another image.
#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/frame/feature.hpp"

namespace nitroscope::app {

class EifPanel;

class EifFeature : public Feature {
    Q_OBJECT
public:
    explicit EifFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void take(const RunNews &news) override;

private:
    void registerPages();
    void registerFileCommands();
    void registerGoTo();
    void connectImage();
    void connectFiles();
    void takeProblem(const Error &error);
    void updateActions();
    void chooseComparison();
    void chooseExtractFolder();

    EifPanel *m_panel = nullptr;
};

} // namespace nitroscope::app
