// SPDX-License-Identifier: GPL-2.0-or-later
//
// The NSM panel's context menu: copying, going elsewhere, breaks and faults.
#include "app/core/vocabulary.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/proto/pcapng/record.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/actions/rule_menu.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/bars/filter_menu.hpp"
#include "app/ui/bytes/cbor_view.hpp"
#include "app/ui/lists/following_table.hpp"

#include <QContextMenuEvent>
#include <QMenu>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr WordText faultTexts[] = {{"error", "Answer with &Error"}, // of which there is a choice
                                   {"delay", "Delay the Answer by a Second"},
                                   {"drop", "Never Answer"},
                                   {"corrupt-document", "Corrupt the Document"},
                                   {"corrupt-signature", "Corrupt the Signature"},
                                   {"expired-leaf", "Sign with an Expired Certificate"},
                                   {"stale-timestamp", "Date the Document an Hour Back"},
                                   {"wrong-root", "Sign under Another Root"}};
constexpr std::string_view faultWords[] = {NSM_FAULT_LIST(NITROSCOPE_WORD)};
static_assert(hasTexts(faultTexts, faultWords));

} // namespace

void NsmPanel::setRules(const QVector<qmp::MachineRule> &rules) {
    m_rules = rules;
    refreshStatus(m_streamNote);
}

void NsmPanel::contextMenuEvent(QContextMenuEvent *event) {
    QMenu *menu = makeContextMenu(this);
    fillMenu(*menu);
    menu->popup(event->globalPos());
}

void NsmPanel::popUpRules() {
    QMenu *menu = makeContextMenu(this);
    addRuleMenus(*menu, current());
    const QRect row = m_table->visualRect(m_table->currentIndex());
    menu->popup(m_table->viewport()->mapToGlobal(row.isValid() ? row.bottomLeft() : QPoint()));
}

void NsmPanel::removeRules() {
    for (const qmp::MachineRule &rule : m_rules)
        emit ruleRemovalWanted(rule.kind, rule.id);
}

void NsmPanel::fillMenu(QMenu &menu) {
    const NsmTransaction *t = current();
    addFilterMenu(menu, m_model, m_table->currentIndex(), *m_filter);
    QMenu *copyMenu = menu.addMenu(u"&Copy As"_s);
    copyMenu->setEnabled(t != nullptr);
    const std::pair<const char *, CopyForm> forms[] = {{"&Diagnostic Notation", CopyForm::diagnostic},
                                                       {"&JSON", CopyForm::json},
                                                       {"&Hex Digits", CopyForm::hex},
                                                       {"&Rust Array", CopyForm::rustArray},
                                                       {"&C Array", CopyForm::cArray}};
    for (const auto &[text, form] : forms)
        connect(copyMenu->addAction(QLatin1String(text)), &QAction::triggered, this,
                [this, form = form] { copyAs(form); });
    if (t && t->kind == NSM_REQUEST_ATTESTATION && t->hasResponse && !t->failed() && !t->isDropped())
        connect(menu.addAction(u"&Open Attestation Document"_s), &QAction::triggered, this,
                &NsmPanel::openDocument);
    if (t && t->kind <= NSM_REQUEST_LOCK_PCR && t->pcr >= 0 && t->pcr < 32)
        connect(menu.addAction(u"Show PCR &%1"_s.arg(t->pcr)), &QAction::triggered, this,
                [this, pcr = t->pcr] { emit pcrChosen(pcr); });
    menu.addSeparator();
    addRuleMenus(menu, t);
}

void NsmPanel::addRuleMenus(QMenu &menu, const NsmTransaction *transaction) {
    QMenu *breaks = menu.addMenu(u"&Break On"_s);
    QMenu *faults = menu.addMenu(u"&Fault"_s);
    const auto addBreak = [this, breaks](const QString &text, const qmp::BreakRule &wanted) {
        connect(breaks->addAction(text), &QAction::triggered, this,
                [this, wanted] { emit breakWanted(wanted); });
    };
    const QString kind = transaction && transaction->kind != NSM_REQUEST_UNKNOWN
                             ? pcapng::nsmKindName(transaction->kind)
                             : QString();
    const bool hasPcr = transaction && transaction->kind <= NSM_REQUEST_LOCK_PCR && transaction->pcr >= 0 &&
                        transaction->pcr < 32;
    if (!kind.isEmpty())
        addBreak(u"Every "_s + kind, nsmBreak(kind));
    if (hasPcr)
        addBreak(u"Every Request for PCR %1"_s.arg(transaction->pcr), nsmBreak({}, transaction->pcr));
    if (transaction && transaction->failed())
        addBreak(u"Every "_s + pcapng::nsmResultName(transaction->result),
                 nsmBreak({}, {}, pcapng::nsmResultName(transaction->result)));
    addBreak(u"Every Request"_s, nsmBreak());

    const auto addFault = [this](QMenu *to, const QString &text, const qmp::FaultRule &wanted) {
        connect(to->addAction(text), &QAction::triggered, this, [this, wanted] { emit faultWanted(wanted); });
    };
    // Which requests: the next, all of the kind, all about the PCR.
    struct Which {
        QString title, kind;
        std::optional<int> pcr;
        quint64 count;
    };
    const QString what = kind.isEmpty() ? u"Request"_s : kind;
    std::vector<Which> choices{{u"&Next "_s + what, kind, {}, 1}, {u"&Every "_s + what, kind, {}, 0}};
    if (hasPcr)
        choices.push_back({u"Every Request for &PCR %1"_s.arg(transaction->pcr), {}, transaction->pcr, 0});
    for (const Which &which : choices) {
        QMenu *part = faults->addMenu(which.title);
        QMenu *errors = part->addMenu(textOf(faultTexts, u"error"_s));
        for (int result = 1; result < NSM_ERRORS; ++result)
            addFault(
                errors, pcapng::nsmResultName(result),
                {u"error"_s, which.kind, pcapng::nsmResultName(result), which.pcr, {}, which.count, 0, 0});
        for (const QString &action : nsmFaultActions()) {
            if (action == u"error"_s)
                continue;
            const bool aboutDocuments = action != u"delay"_s && action != u"drop"_s;
            if (aboutDocuments && transaction && transaction->kind != NSM_REQUEST_ATTESTATION)
                continue;
            std::optional<quint64> milliseconds;
            if (action == u"delay"_s)
                milliseconds = 1000;
            if (action == u"stale-timestamp"_s)
                milliseconds = 3'600'000;
            addFault(part, textOf(faultTexts, action),
                     {action,
                      aboutDocuments ? u"Attestation"_s : which.kind,
                      {},
                      which.pcr,
                      milliseconds,
                      which.count,
                      0,
                      0});
        }
    }
    breaks->setEnabled(m_canSet);
    faults->setEnabled(m_canSet);
    QMenu *remove = addRuleRemoval(menu, u"&Remove"_s, m_rules, [this](const qmp::MachineRule &rule) {
        emit ruleRemovalWanted(rule.kind, rule.id);
    });
    if (!remove)
        return;
    remove->setEnabled(m_canSet);
    if (m_rules.size() > 1) {
        remove->addSeparator();
        connect(remove->addAction(u"&All"_s), &QAction::triggered, this, &NsmPanel::removeRules);
    }
}

} // namespace nitroscope::app
