// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the NSM panel can do, as commands of the window: for the keyboard and the command palette.
#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/window/main_window.hpp"

#include <QMenu>
#include <QStatusBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void MainWindow::registerNsmActions() {
    using K = QKeySequence;
    m_actions.add({u"nsm.rules"_s,
                   u"NSM &Breaks and Faults…"_s,
                   K(u"Ctrl+Alt+B"_s),
                   {},
                   u"Stop the enclave at NSM requests, or have them answered wrongly"_s},
                  [this] {
                      raisePanel(*m_nsm);
                      m_nsm->popUpRules();
                  });
    m_actions.add({u"nsm.removeRules"_s,
                   u"Remo&ve NSM Breaks and Faults"_s,
                   K(u"Ctrl+Alt+Shift+B"_s),
                   {},
                   u"Remove all breaks and faults of the NSM"_s},
                  [this] { m_nsm->removeRules(); });
    m_actions.add({u"nsm.openDocument"_s,
                   u"Attestation &Document of the Request"_s,
                   K(u"Ctrl+Alt+D"_s),
                   {},
                   u"Check the document that the request chosen in the NSM panel was answered with"_s},
                  [this] {
                      if (!m_nsm->openDocument())
                          statusBar()->showMessage(
                              u"Choose an Attestation request that was answered, in the NSM panel."_s, 5000);
                  });
}

void MainWindow::fillNsmMenu(QMenu &enclave) {
    addToMenu(enclave, m_actions.list({"-", "nsm.rules", "nsm.removeRules", "nsm.openDocument"}));
}

void MainWindow::updateNsmActions() {
    const auto state = m_session.state();
    const bool active = state == EnclaveSession::State::running || state == EnclaveSession::State::paused;
    m_nsm->setRulesAllowed(active);
    m_actions.find(u"nsm.rules"_s)->setEnabled(active);
    m_actions.find(u"nsm.removeRules"_s)->setEnabled(active && m_nsm->hasRules());
}

// A document of the enclave that runs is held against the EIF that it was started from. In debug mode PCR 0-2
// and 8 are zero and say nothing.
void MainWindow::openNsmDocument(const QByteArray &document, const QString &name) {
    std::map<quint64, QByteArray> expected;
    const auto state = m_session.state();
    const bool active = state == EnclaveSession::State::running || state == EnclaveSession::State::paused;
    if (active && m_capture == m_session.capture() && !m_pcrs->model().isDebugMode())
        for (const int pcr : {0, 1, 2, 8})
            if (const QByteArray value = m_pcrs->model().expectedValue(pcr); !value.isEmpty())
                expected.emplace(pcr, value);
    m_attestation->setExpectedPcrs(expected);
    m_attestation->open(document, name);
    raisePanel(*m_attestation);
}

} // namespace nitroscope::app
