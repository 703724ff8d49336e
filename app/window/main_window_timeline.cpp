// SPDX-License-Identifier: GPL-2.0-or-later
//
// The timeline in the window: its commands, and what ties it to the other panels. What the user chooses in
// one of them is chosen in the others that know it; opening it also brings its panel to the front.
#include "app/features/boot/boot_panel.hpp"
#include "app/features/debug/workspace/debug_workspace.hpp"
#include "app/features/nsm/nsm_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/features/timeline/timeline_panel.hpp"
#include "app/features/timeline/timeline_view.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/window/main_window.hpp"

#include <QMenu>
#include <QScopedValueRollback>
#include <QStatusBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void MainWindow::registerTimelineActions() {
    const auto add = [this](const char *id, const QString &text, const char *keys, const QString &icon,
                            const QString &help, std::function<void(TimelinePanel &)> effect) {
        const QString title = u"Timeline: "_s + QString(text).remove(u'&').remove(QChar(0x2026));
        m_actions.add({QLatin1String(id), text, QKeySequence(QLatin1String(keys)), icon, help, title},
                      [this, effect = std::move(effect)] { effect(*m_timeline); });
    };
    using P = TimelinePanel;
    add("timeline.fit", u"Show &Everything"_s, "Ctrl+J, F", {}, u"Show the whole capture on the timeline"_s,
        [](P &p) { p.view().fit(); });
    add("timeline.zoomIn", u"Zoom &In"_s, "Ctrl+J, I", {}, u"Show less time, around the chosen event"_s,
        [](P &p) { p.view().zoomIn(); });
    add("timeline.zoomOut", u"Zoom &Out"_s, "Ctrl+J, O", {}, u"Show more time"_s,
        [](P &p) { p.view().zoomOut(); });
    add("timeline.zoomTo", u"&Zoom to Measure or Event"_s, "Ctrl+J, Z", {},
        u"Show what lies between the two points measured, or the chosen event"_s,
        [](P &p) { p.view().zoomToMeasure(); });
    add("timeline.next", u"&Next Event"_s, "Ctrl+J, N", {}, u"Choose the next event of any lane"_s,
        [](P &p) { p.view().step(+1); });
    add("timeline.previous", u"&Previous Event"_s, "Ctrl+J, P", {}, u"Choose the event before, of any lane"_s,
        [](P &p) { p.view().step(-1); });
    add("timeline.nextNotable", u"Next &Failure"_s, "Ctrl+J, E", {},
        u"Choose the next failure, fault, break or loss"_s, [](P &p) { p.view().stepNotable(+1); });
    add("timeline.previousNotable", u"P&revious Failure"_s, "Ctrl+J, W", {},
        u"Choose the failure, fault, break or loss before"_s, [](P &p) { p.view().stepNotable(-1); });
    add("timeline.measure", u"&Measure from Here"_s, "Ctrl+J, M", {},
        u"Measure from the chosen event to the one chosen next; again to stop"_s, [this](P &p) {
            if (p.view().current() < 0)
                statusBar()->showMessage(u"Choose an event on the timeline first, or drag over it."_s, 5000);
            p.view().toggleMeasure();
        });
    add("timeline.clock", u"Other &Clock"_s, "Ctrl+J, H", {},
        u"Change between the guest's clock and the host's"_s, [](P &p) {
            p.setClock(p.clock() == TimelineClock::guest ? TimelineClock::host : TimelineClock::guest);
        });
    add("timeline.open", u"&Show in Its Panel"_s, "Ctrl+J, S", {},
        u"Show the chosen event where it belongs: request, packet, PCR or stage"_s, [this](P &p) {
            if (p.view().current() >= 0)
                followEvent(p.view().current(), Follow::raise);
        });
    add("timeline.copyText", u"Copy as &Text"_s, "Ctrl+J, C", u"copy"_s,
        u"Copy the chosen event, or all between the two points measured, as tab-separated text"_s,
        [](P &p) { p.copyAs(P::CopyForm::text); });
    add("timeline.copyJson", u"Copy as &JSON"_s, "Ctrl+J, J", {},
        u"Copy the chosen event, or all between the two points measured, as JSON, one a line"_s,
        [](P &p) { p.copyAs(P::CopyForm::json); });
    add("timeline.copyCsv", u"Copy as CS&V"_s, "Ctrl+J, V", {},
        u"Copy the chosen event, or all between the two points measured, for a spreadsheet"_s,
        [](P &p) { p.copyAs(P::CopyForm::csv); });
}

QList<QAction *> MainWindow::timelineMenuActions() const {
    return m_actions.list({"timeline.open", "timeline.next", "timeline.previous", "timeline.nextNotable",
                           "timeline.previousNotable", "-", "timeline.fit", "timeline.zoomIn",
                           "timeline.zoomOut", "timeline.zoomTo", "timeline.measure", "timeline.clock", "-",
                           "timeline.copyText", "timeline.copyJson", "timeline.copyCsv"});
}

void MainWindow::buildTimelineMenu(QMenu &view) {
    addToMenu(*view.addMenu(u"&Timeline"_s), timelineMenuActions());
}

void MainWindow::connectTimeline() {
    connect(m_timeline, &TimelinePanel::eventChosen, this,
            [this](int number) { followEvent(number, Follow::quietly); });
    connect(m_timeline, &TimelinePanel::eventOpened, this,
            [this](int number) { followEvent(number, Follow::raise); });
    TimelineModel &model = m_timeline->model();
    const auto show = [this](int number) {
        if (!m_linking)
            m_timeline->showEvent(number);
    };
    connect(m_nsm, &NsmPanel::transactionChosen, this,
            [show, &model](quint64 id) { show(model.eventOfTransaction(id)); });
    connect(m_vsock, &VsockPanel::packetChosen, this,
            [show, &model](int packet) { show(model.eventOfPacket(packet)); });
    connect(m_vsock, &VsockPanel::flowChosen, this,
            [show, &model](quint64 id) { show(model.eventOfFlow(id)); });
    connect(m_boot, &BootPanel::stageChosen, this,
            [show, &model](int stage) { show(model.eventOfStage(stage)); });
    connect(m_pcrs, &PcrPanel::changeChosen, this, [show, &model](const PcrChange &change) {
        show(model.eventOfPcr(change.pcr.index, change.transaction, change.hostNs));
    });
}

void MainWindow::followEvent(int number, Follow how) {
    using Kind = TimelineEvent::Kind;
    const QScopedValueRollback guard(m_linking, true);
    const TimelineEvent &event = m_timeline->model().event(number);
    const Panel *panel = nullptr;
    const auto follow = [&](const Panel &its, bool isThere) {
        if (isThere)
            panel = &its;
    };
    switch (event.kind) {
    case Kind::stage:
    case Kind::failure:
        follow(*m_boot,
               m_boot->showStage(event.kind == Kind::stage ? static_cast<int>(event.reference) : -1));
        break;
    case Kind::nsm:
        follow(*m_nsm, m_nsm->showTransaction(event.reference));
        break;
    case Kind::pcr:
        m_pcrs->showPcr(static_cast<int>(event.reference & 31));
        if (event.reference >> 5 != 0)
            m_nsm->showTransaction(event.reference >> 5);
        follow(*m_pcrs, true);
        break;
    case Kind::flow:
        follow(*m_vsock, m_vsock->showFlow(event.reference));
        break;
    case Kind::packet:
        m_vsock->showPacket(static_cast<int>(event.reference));
        follow(*m_vsock, true);
        break;
    case Kind::breakHit:
    case Kind::fault:
        if (event.row == static_cast<quint8>(BreakSource::nsm))
            follow(*m_nsm, m_nsm->showTransaction(event.reference));
        else if (event.row == static_cast<quint8>(BreakSource::vsock))
            follow(*m_vsock, m_vsock->showFlow(event.reference));
        break;
    case Kind::firstCall:
        if (how == Follow::raise && m_debug->isAttached())
            m_debug->showCode(event.reference);
        return;
    default:
        break;
    }
    if (how != Follow::raise)
        return;
    if (panel)
        raisePanel(*panel);
    else
        statusBar()->showMessage(u"There is nothing more to show of this event than what stands here."_s,
                                 5000);
}

} // namespace nitroscope::app
