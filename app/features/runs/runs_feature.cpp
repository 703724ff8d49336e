// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/runs/runs_feature.hpp"

#include "app/features/runs/comparison_view.hpp"
#include "app/features/runs/runs_panel.hpp"
#include "app/features/runs/runs_settings_dialog.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

RunsFeature::RunsFeature(Frame &frame) : Feature(frame), m_keeper(frame) {
    registerActions();
    m_panel = new RunsPanel(menuActions());
    connect(&m_keeper, &RunKeeper::changed, this, &RunsFeature::refresh);
    connect(m_panel, &RunsPanel::opened, this, &RunsFeature::open);
    connect(m_panel, &RunsPanel::choiceChanged, this, &RunsFeature::updateActions);
    refresh();
}

void RunsFeature::registerActions() {
    ActionRegistry &actions = frame().actions();
    const auto add = [&actions](const char *id, const QString &text, const char *keys, const QString &icon,
                                const QString &help, std::function<void()> effect) {
        actions.add({QLatin1String(id), text, QKeySequence(QLatin1String(keys)), icon, help,
                     u"Runs: "_s + QString(text).remove(u'&').remove(QChar(0x2026))},
                    std::move(effect));
    };
    add("runs.open", u"&Open Run"_s, "Ctrl+Shift+R, O", u"open"_s,
        u"Show the chosen run again: every panel shows what its capture recorded"_s, [this] {
            if (const QVector<KeptRun> chosen = m_panel->chosen(); !chosen.isEmpty())
                open(chosen.first());
        });
    add("runs.compare", u"&Compare Runs"_s, "Ctrl+Shift+R, C", {},
        u"Stages, PCRs, NSM requests, flows and console of the two chosen runs, differences marked"_s,
        [this] { compare(); });
    add("runs.remove", u"&Remove"_s, "Ctrl+Shift+R, D", u"clear"_s,
        u"Delete the captures of the chosen runs"_s, [this] { removeChosen(); });
    add("runs.settings", u"&Kept Runs…"_s, "Ctrl+Shift+R, K", u"options"_s,
        u"Whether captures of runs are kept, how much of them and how long"_s, [this] { setUp(); });
}

QList<QAction *> RunsFeature::menuActions() const {
    return frame().actions().list({"runs.open", "runs.compare", "-", "runs.remove", "-", "runs.settings"});
}

std::vector<PanelEntry> RunsFeature::panels() {
    return {{m_panel, u"&Runs"_s, QKeySequence(u"Ctrl+0"_s), {Quarter::leftBottom, Tab::last}, {}}};
}

std::vector<MenuEntry> RunsFeature::actions() {
    return {{MenuPlace::enclave, menuActions(), u"Earlier &Runs"_s}};
}

void RunsFeature::refresh() {
    m_panel->setRuns(m_keeper.runs().list());
    updateActions();
}

void RunsFeature::updateActions() {
    const qsizetype chosen = m_panel ? m_panel->chosen().size() : 0;
    ActionRegistry &actions = frame().actions();
    actions.allow(u"runs.open"_s, chosen == 1, u"Choose one run in the Runs panel."_s);
    actions.allow(u"runs.compare"_s, chosen == 2, u"Choose two runs in the Runs panel."_s);
    actions.allow(u"runs.remove"_s, chosen > 0, u"Choose runs in the Runs panel."_s);
}

void RunsFeature::open(const KeptRun &run) {
    if (frame().runs().isBusy())
        frame().showMessage(u"Stop the enclave first; its capture is kept."_s);
    else
        frame().savedCapture().open(run.capture);
}

// The earlier one on the left.
void RunsFeature::compare() {
    const QVector<KeptRun> chosen = m_panel->chosen();
    if (chosen.size() == 2)
        (new ComparisonView(chosen.last(), chosen.first(), &frame().window()))->show();
}

void RunsFeature::removeChosen() {
    const QVector<KeptRun> chosen = m_panel->chosen();
    for (const KeptRun &run : chosen)
        m_keeper.runs().remove(run);
    refresh();
}

void RunsFeature::setUp() {
    auto *dialog = new RunsSettingsDialog(m_keeper.isOn(), m_keeper.limits(), m_keeper.runs().folder(),
                                          &frame().window());
    connect(dialog, &QDialog::accepted, this,
            [this, dialog] { m_keeper.setUp(dialog->isOn(), dialog->limits()); });
    dialog->open();
}

} // namespace nitroscope::app
