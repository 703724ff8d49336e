// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/timeline/timeline_feature.hpp"

#include "app/features/timeline/timeline_panel.hpp"
#include "app/features/timeline/timeline_view.hpp"
#include "app/frame/frame.hpp"

#include <optional>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

// The low bits of a PCR event's reference are its index, the others the transaction that made the change.
constexpr quint64 pcrMask = 31;
constexpr int transactionShift = 5;

// Where the event is at home; nothing for what only the timeline shows.
std::optional<Place> placeOf(const TimelineEvent &event) {
    using Kind = TimelineEvent::Kind;
    switch (event.kind) {
    case Kind::stage:
        return place::Stage{static_cast<int>(event.reference)};
    case Kind::failure:
        return place::Stage{-1};
    case Kind::nsm:
        return place::Transaction{event.reference};
    case Kind::pcr:
        return place::Pcr{static_cast<int>(event.reference & pcrMask), event.reference >> transactionShift};
    case Kind::flow:
        return place::Flow{event.reference};
    case Kind::packet:
        return place::Packet{static_cast<int>(event.reference)};
    case Kind::breakHit:
    case Kind::fault:
        if (event.row == static_cast<quint8>(BreakSource::nsm))
            return place::Transaction{event.reference};
        if (event.row == static_cast<quint8>(BreakSource::vsock))
            return place::Flow{event.reference};
        return std::nullopt;
    case Kind::firstCall:
        return place::Code{event.reference};
    case Kind::otherMachine:
        return place::Record{event.offset};
    default:
        return std::nullopt;
    }
}

// -1 for places that the timeline has no event of.
struct EventOf {
    const TimelineModel &model;
    int operator()(const place::Stage &stage) const { return model.eventOfStage(stage.number); }
    int operator()(const place::Transaction &nsm) const { return model.eventOfTransaction(nsm.id); }
    int operator()(const place::Pcr &pcr) const {
        return model.eventOfPcr(pcr.index, pcr.transaction, pcr.hostNs);
    }
    int operator()(const place::Flow &flow) const { return model.eventOfFlow(flow.id); }
    int operator()(const place::Packet &packet) const { return model.eventOfPacket(packet.number); }
    int operator()(const place::Record &) const { return -1; }
    int operator()(const place::Code &) const { return -1; }
    int operator()(const place::Document &) const { return -1; }
};

} // namespace

TimelineFeature::TimelineFeature(Frame &frame) : Feature(frame) {
    registerViews();
    registerSteps();
    registerCopies();
    m_panel = new TimelinePanel(menuActions());
    connect(m_panel, &TimelinePanel::eventChosen, this, [this](int event) {
        showInItsPanel(event, Reveal::quietly);
        this->frame().choose(place::Record{m_panel->model().event(event).offset});
    });
    connect(&frame.cursor(), &TimeCursor::moved, this,
            [this] { m_panel->model().setNow(this->frame().now()); });
    connect(&m_panel->view(), &TimelineView::timeWanted, this, &TimelineFeature::goToTime);
    connect(m_panel, &TimelinePanel::eventOpened, this,
            [this](int event) { showInItsPanel(event, Reveal::raise); });
}

std::vector<PanelEntry> TimelineFeature::panels() {
    return {{m_panel, u"&Timeline"_s, QKeySequence(u"Ctrl+9"_s), {Quarter::rightBottom, Tab::shown}, {}}};
}

std::vector<MenuEntry> TimelineFeature::actions() {
    return {{MenuPlace::view, menuActions(), u"&Timeline"_s}};
}

QList<QAction *> TimelineFeature::menuActions() {
    return frame().actions().list({"timeline.open", "timeline.next", "timeline.previous",
                                   "timeline.nextNotable", "timeline.previousNotable", "-", "timeline.fit",
                                   "timeline.zoomIn", "timeline.zoomOut", "timeline.zoomTo",
                                   "timeline.measure", "timeline.clock", "-", "timeline.copyText",
                                   "timeline.copyJson", "timeline.copyCsv"});
}

void TimelineFeature::add(const char *id, const QString &text, const char *keys, const QString &icon,
                          const QString &help, std::function<void(TimelinePanel &)> effect) {
    const QString title = u"Timeline: "_s + QString(text).remove(u'&').remove(QChar(0x2026));
    frame().actions().add({QLatin1String(id), text, QKeySequence(QLatin1String(keys)), icon, help, title},
                          [this, effect = std::move(effect)] { effect(*m_panel); });
}

void TimelineFeature::registerViews() {
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
    add("timeline.measure", u"&Measure from Here"_s, "Ctrl+J, M", {},
        u"Measure from the chosen event to the one chosen next; again to stop"_s, [this](P &p) {
            if (p.view().current() < 0)
                frame().showMessage(u"Choose an event on the timeline first, or drag over it."_s);
            p.view().toggleMeasure();
        });
    add("timeline.clock", u"Other &Clock"_s, "Ctrl+J, H", {},
        u"Change between the guest's clock and the host's"_s, [](P &p) {
            p.setClock(p.clock() == TimelineClock::guest ? TimelineClock::host : TimelineClock::guest);
        });
}

void TimelineFeature::registerSteps() {
    using P = TimelinePanel;
    add("timeline.next", u"&Next Event"_s, "Ctrl+J, N", {}, u"Choose the next event of any lane"_s,
        [](P &p) { p.view().step(+1); });
    add("timeline.previous", u"&Previous Event"_s, "Ctrl+J, P", {}, u"Choose the event before, of any lane"_s,
        [](P &p) { p.view().step(-1); });
    add("timeline.nextNotable", u"Next &Failure"_s, "Ctrl+J, E", {},
        u"Choose the next failure, fault, break or loss"_s, [](P &p) { p.view().stepNotable(+1); });
    add("timeline.previousNotable", u"P&revious Failure"_s, "Ctrl+J, W", {},
        u"Choose the failure, fault, break or loss before"_s, [](P &p) { p.view().stepNotable(-1); });
    add("timeline.open", u"&Show in Its Panel"_s, "Ctrl+J, S", {},
        u"Show the chosen event where it belongs: request, packet, PCR or stage"_s, [this](P &p) {
            if (p.view().current() >= 0)
                showInItsPanel(p.view().current(), Reveal::raise);
        });
}

void TimelineFeature::registerCopies() {
    using P = TimelinePanel;
    add("timeline.copyText", u"Copy as &Text"_s, "Ctrl+J, C", u"copy"_s,
        u"Copy the chosen event, or all between the two points measured, as tab-separated text"_s,
        [](P &p) { p.copyAs(P::CopyForm::text); });
    add("timeline.copyJson", u"Copy as &JSON"_s, "Ctrl+J, J", {},
        u"Copy the chosen event, or all between the two points measured, as JSON, one per line"_s,
        [](P &p) { p.copyAs(P::CopyForm::json); });
    add("timeline.copyCsv", u"Copy as CS&V"_s, "Ctrl+J, V", {},
        u"Copy the chosen event, or all between the two points measured, for a spreadsheet"_s,
        [](P &p) { p.copyAs(P::CopyForm::csv); });
}

void TimelineFeature::showInItsPanel(int event, Reveal how) {
    const auto place = placeOf(m_panel->model().event(event));
    if (place && std::holds_alternative<place::Code>(*place)) {
        if (how == Reveal::raise) // code that runs by is not worth losing one's place in the disassembly
            frame().show(*place, how);
        return;
    }
    if (const auto *pcr = place ? std::get_if<place::Pcr>(&*place) : nullptr; pcr && pcr->transaction != 0)
        frame().show(place::Transaction{pcr->transaction}, Reveal::quietly);
    const bool isThere = place && frame().show(*place, how);
    if (!isThere && how == Reveal::raise)
        frame().showMessage(u"There is nothing more to show for this event."_s);
}

// The cursor is dragged: each place overtakes the one before, and none of them is a place to come back to.
void TimelineFeature::goToTime(qint64 ns) {
    ReplayControl &replay = *frame().session().replay();
    const InstructionIndex &index = frame().account().instructions();
    if (m_panel->clock() != TimelineClock::guest)
        return; // the host's has no order that a seek could follow
    const auto place = index.instructionAtTime(ns);
    if (const auto target = place ? place : replay.end(); target && target != replay.target())
        replay.seek(*target);
}

void TimelineFeature::begin() {
    m_panel->model().restart(frame().account().bytes());
}

void TimelineFeature::take(const RunNews &news) {
    for (const pcapng::Record &record : news.records)
        m_panel->model().add(record);
    m_panel->model().endBatch();
}

void TimelineFeature::follow(const Place &place) {
    m_panel->showEvent(std::visit(EventOf{m_panel->model()}, place));
}

} // namespace nitroscope::app
