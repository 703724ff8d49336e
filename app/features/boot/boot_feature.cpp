// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/boot/boot_feature.hpp"

#include "app/features/boot/boot_panel.hpp"
#include "app/frame/frame.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

BootFeature::BootFeature(Frame &frame) : Feature(frame), m_panel(new BootPanel) {
    frame.actions().add({u"file.exportStages"_s,
                         u"Boot &Stages…"_s,
                         {},
                         {},
                         u"Save the boot stages as tab-separated text"_s,
                         u"Export Boot Stages"_s},
                        [this] {
                            this->frame().saveText(u"Save Boot Stages"_s, u"boot.tsv"_s,
                                                   m_panel->model().asText().toUtf8());
                        });
    connect(&frame.cursor(), &TimeCursor::moved, this, [this] {
        const RunAccount &account = this->frame().account();
        std::optional<int> happened;
        if (this->frame().now())
            for (happened = 0; *happened < account.stages().size() &&
                               !this->frame().cursor().isAhead(account.stageOffset(*happened));)
                ++*happened;
        m_panel->model().setHappened(happened);
    });
    connect(m_panel, &BootPanel::stageChosen, this,
            [this](int stage) { this->frame().choose(place::Stage{stage}); });
}

std::vector<PanelEntry> BootFeature::panels() {
    return {{m_panel, u"&Boot Stages"_s, QKeySequence(u"Ctrl+3"_s), {Quarter::leftBottom, Tab::shown}, {}}};
}

std::vector<MenuEntry> BootFeature::actions() {
    return {{MenuPlace::exports, frame().actions().list({"file.exportStages"})}};
}

void BootFeature::begin() {
    m_panel->model().clear();
    m_panel->model().setRunStart(frame().account().startNs());
}

void BootFeature::take(const RunNews &news) {
    for (const BootStage &stage : news.stages)
        m_panel->model().append(stage);
    if (news.failure)
        m_panel->model().setFailure(*news.failure);
}

void BootFeature::end() {
    m_panel->model().setStale(true);
}

Panel *BootFeature::show(const Place &place) {
    const auto *stage = std::get_if<place::Stage>(&place);
    return stage && m_panel->showStage(stage->number) ? m_panel : nullptr;
}

} // namespace nitroscope::app
