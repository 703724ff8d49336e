// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/nsm/nsm_feature.hpp"

#include "app/features/nsm/nsm_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

NsmFeature::NsmFeature(Frame &frame) : Feature(frame), m_panel(new NsmPanel(frame.account())) {
    registerRuleCommands();
    registerCopies();
    connectPanel();
    connectSession();
    updateRules();
}

std::vector<PanelEntry> NsmFeature::panels() {
    return {{m_panel, u"&NSM"_s, K(u"Ctrl+6"_s), {Quarter::rightBottom, Tab::shown}, {}}};
}

std::vector<MenuEntry> NsmFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {{MenuPlace::exports, actions.list({"file.exportNsm"})},
            {MenuPlace::copy,
             actions.list({"edit.copyDiagnostic", "edit.copyNsmJson", "edit.copyNsmHex", "edit.copyNsmRust",
                           "edit.copyNsmArray"}),
             u"Copy &NSM CBOR As"_s},
            {MenuPlace::enclave, actions.list({"nsm.rules", "nsm.removeRules", "nsm.openDocument"})}};
}

void NsmFeature::registerRuleCommands() {
    ActionRegistry &actions = frame().actions();
    actions.add({u"nsm.rules"_s,
                 u"NSM &Breaks and Faults…"_s,
                 K(u"Ctrl+Alt+B"_s),
                 {},
                 u"Stop the enclave at NSM requests, or have them answered wrongly"_s},
                [this] {
                    frame().raise(*m_panel);
                    m_panel->popUpRules();
                });
    actions.add({u"nsm.removeRules"_s,
                 u"Remo&ve NSM Breaks and Faults"_s,
                 K(u"Ctrl+Alt+Shift+B"_s),
                 {},
                 u"Remove all breaks and faults of the NSM"_s},
                [this] { m_panel->removeRules(); });
    actions.add({u"nsm.openDocument"_s,
                 u"Attestation &Document of the Request"_s,
                 K(u"Ctrl+Alt+D"_s),
                 {},
                 u"Check the document that the request chosen in the NSM panel was answered with"_s},
                [this] {
                    if (!m_panel->openDocument())
                        frame().showMessage(
                            u"Choose an Attestation request that was answered, in the NSM panel."_s);
                });
}

void NsmFeature::registerCopies() {
    using Form = NsmPanel::CopyForm;
    ActionRegistry &actions = frame().actions();
    const auto copyAs = [this, &actions](const QString &id, const QString &text, const QKeySequence &keys,
                                         Form form) {
        actions.add({id,
                     text,
                     keys,
                     {},
                     u"Copy the CBOR shown in the NSM panel"_s,
                     u"Copy NSM CBOR as "_s + QString(text).remove(u'&')},
                    [this, form] { m_panel->copyAs(form); });
    };
    copyAs(u"edit.copyDiagnostic"_s, u"&Diagnostic Notation"_s, K(u"Ctrl+Alt+C"_s), Form::diagnostic);
    copyAs(u"edit.copyNsmJson"_s, u"&JSON"_s, {}, Form::json);
    copyAs(u"edit.copyNsmHex"_s, u"&Hex Digits"_s, {}, Form::hex);
    copyAs(u"edit.copyNsmRust"_s, u"&Rust Array"_s, {}, Form::rustArray);
    copyAs(u"edit.copyNsmArray"_s, u"&C Array"_s, {}, Form::cArray);
    actions.add(
        {u"file.exportNsm"_s,
         u"&NSM Requests…"_s,
         {},
         {},
         u"Save the NSM requests shown as JSON, one per line"_s,
         u"Export NSM Requests"_s},
        [this] { frame().saveText(u"Save NSM Requests"_s, u"nsm.jsonl"_s, m_panel->model().asJsonLines()); });
}

void NsmFeature::connectPanel() {
    EnclaveSession &session = frame().session();
    connect(m_panel, &NsmPanel::breakWanted, &session, &EnclaveSession::addNsmBreak);
    connect(m_panel, &NsmPanel::faultWanted, &session, &EnclaveSession::addNsmFault);
    connect(m_panel, &NsmPanel::ruleRemovalWanted, &session, &EnclaveSession::removeNsmRule);
    connect(m_panel, &NsmPanel::documentOpened, this, [this](const QByteArray &bytes, const QString &name) {
        frame().show(place::Document{bytes, name, place::Document::Origin::run}, Reveal::raise);
    });
    connect(m_panel, &NsmPanel::pcrChosen, this,
            [this](int index) { frame().show(place::Pcr{index}, Reveal::raise); });
    connect(m_panel, &NsmPanel::transactionChosen, this,
            [this](quint64 id) { frame().choose(place::Transaction{id}); });
}

void NsmFeature::connectSession() {
    EnclaveSession &session = frame().session();
    connect(&session, &EnclaveSession::stateChanged, this, &NsmFeature::updateRules);
    connect(&session, &EnclaveSession::nsmRulesChanged, this, [this](const QVector<qmp::MachineRule> &rules) {
        m_panel->setRules(rules);
        updateRules();
    });
    // The request of a break may still be on its way through the stream.
    connect(&session, &EnclaveSession::breakHit, this, [this](const qmp::BreakHit &hit) {
        if (hit.transaction != 0)
            m_panel->selectWhenThere(hit.transaction);
    });
    connect(&frame(), &Frame::captureChanged, this, &NsmFeature::refreshStatus);
    connect(&frame().cursor(), &TimeCursor::moved, this, [this] { m_panel->model().setNow(frame().now()); });
}

void NsmFeature::updateRules() {
    const QString whyFixed = frame().whyFixed();
    const bool active = frame().runs().isActive() && whyFixed.isEmpty();
    m_panel->setRulesAllowed(active);
    frame().actions().allow(u"nsm.rules"_s, active, whyFixed);
    frame().actions().allow(u"nsm.removeRules"_s, active && m_panel->hasRules(), whyFixed);
}

void NsmFeature::refreshStatus() {
    const quint64 lost = frame().lost(pcapng::Source::nsm);
    m_panel->refreshStatus(lost > 0 ? u"%1 lost"_s.arg(lost) : QString());
}

void NsmFeature::take(const RunNews &news) {
    if (news.hasRuleActed && frame().showsSession())
        frame().session().refreshNsmRules(); // one may be used up
}

Panel *NsmFeature::show(const Place &place) {
    const auto *transaction = std::get_if<place::Transaction>(&place);
    return transaction && m_panel->showTransaction(transaction->id) ? m_panel : nullptr;
}

} // namespace nitroscope::app
