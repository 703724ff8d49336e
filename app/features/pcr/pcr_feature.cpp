// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/pcr/pcr_feature.hpp"

#include "app/features/pcr/pcr_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/frame/shown_run.hpp"

#include <limits>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

PcrFeature::PcrFeature(Frame &frame) : Feature(frame), m_panel(new PcrPanel) {
    frame.actions().add(
        {u"file.exportPcrs"_s,
         u"&PCRs as JSON…"_s,
         {},
         {},
         u"Save live and expected PCR values"_s,
         u"Export PCRs as JSON"_s},
        [this] { this->frame().saveText(u"Save PCRs"_s, u"pcrs.json"_s, m_panel->model().asJson()); });
    m_panel->history().setAccount(frame.account().pcrs());
    connect(&frame.cursor(), &TimeCursor::moved, this, &PcrFeature::showMoment);
    connect(m_panel, &PcrPanel::changeChosen, this, [this](const PcrChange &change) {
        this->frame().choose(place::Pcr{change.pcr.index, change.transaction, change.hostNs});
    });
    connect(m_panel, &PcrPanel::transactionChosen, this, [this](quint64 id) {
        if (!this->frame().show(place::Transaction{id}, Reveal::raise))
            this->frame().showMessage(u"The capture does not have NSM transaction %1."_s.arg(id));
    });

    connect(&frame.session(), &EnclaveSession::stateChanged, this, [this](EnclaveSession::State state) {
        if (state == EnclaveSession::State::starting)
            m_panel->model().setDebugMode(this->frame().runs().spec().debugMode);
    });
    connect(&frame.image(), &EifLoader::openingFinished, this, &PcrFeature::showExpected);
    connect(&frame.image(), &EifLoader::measured, this, &PcrFeature::showExpected);
}

// A run of another image is not held against the open one.
void PcrFeature::showExpected() {
    PcrTableModel &model = m_panel->model();
    const auto &measured = frame().image().measurements();
    m_isExpecting = measured && shownRun(frame()).isOfOpenImage;
    if (!m_isExpecting) {
        model.clearExpected();
        return;
    }
    model.setExpected(0, measured->pcr0);
    model.setExpected(1, measured->pcr1);
    model.setExpected(2, measured->pcr2);
    model.setExpected(8, measured->pcr8);
}

std::vector<PanelEntry> PcrFeature::panels() {
    return {{m_panel, u"&PCRs"_s, QKeySequence(u"Ctrl+4"_s), {Quarter::rightBottom, Tab::shown}, {}}};
}

std::vector<MenuEntry> PcrFeature::actions() {
    return {{MenuPlace::exports, frame().actions().list({"file.exportPcrs"})}};
}

void PcrFeature::begin() {
    m_panel->history().restart();
    m_panel->model().clearLive();
    showExpected();
}

void PcrFeature::take(const RunNews &news) {
    m_panel->history().update();
    if (!news.pcrs.isEmpty() && m_isExpecting != shownRun(frame()).isOfOpenImage)
        showExpected();
    if (frame().now())
        showMoment();
    else if (!news.pcrs.isEmpty())
        m_panel->setLive(news.pcrs);
}

void PcrFeature::end() {
    m_panel->model().setStale(!frame().now());
}

// In a recording the values of then, which are no old ones.
void PcrFeature::showMoment() {
    const auto &now = frame().now();
    const PcrAccount &account = frame().account().pcrs();
    m_panel->history().setNow(now);
    const QVector<PcrValue> values =
        account.valuesAt(now ? now->offset : std::numeric_limits<quint64>::max());
    if (values.size() < PcrAccount::pcrCount)
        m_panel->model().clearLive();
    m_panel->setLive(values);
    m_panel->model().setStale(!now && frame().account().isOver());
}

Panel *PcrFeature::show(const Place &place) {
    const auto *pcr = std::get_if<place::Pcr>(&place);
    if (!pcr)
        return nullptr;
    m_panel->showPcr(pcr->index);
    return m_panel;
}

} // namespace nitroscope::app
