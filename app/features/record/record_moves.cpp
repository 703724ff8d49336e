// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of RecordFeature: ways to a place, and places that are kept.
#include "app/core/worker.hpp"
#include "app/features/record/bookmark_dialog.hpp"
#include "app/features/record/record_feature.hpp"
#include "app/features/record/recording_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/session/record/moment.hpp"

#include <QInputDialog>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// Where in the capture a place is told of; nothing for what is not there.
struct OffsetOf {
    const RunAccount &account;
    using Offset = std::optional<quint64>;

    Offset operator()(const place::Stage &stage) const {
        return stage.number >= 0 && stage.number < account.stages().size()
                   ? Offset(account.stageOffset(stage.number))
                   : std::nullopt;
    }
    Offset operator()(const place::Transaction &nsm) const {
        const int number = account.nsm().find(nsm.id);
        if (number < 0)
            return std::nullopt;
        const NsmTransaction &transaction = account.nsm().at(number);
        return transaction.hasRequest ? transaction.requestOffset : transaction.responseOffset;
    }
    Offset operator()(const place::Pcr &pcr) const {
        for (const PcrChange &change : account.pcrs().history(pcr.index))
            if (change.transaction == pcr.transaction && (pcr.hostNs == 0 || pcr.hostNs == change.hostNs))
                return change.offset;
        return std::nullopt;
    }
    Offset operator()(const place::Flow &flow) const {
        const int number = account.vsock().find(flow.id);
        return number < 0 ? std::nullopt
                          : Offset(account.vsock().flows()[static_cast<size_t>(number)].firstOffset);
    }
    Offset operator()(const place::Packet &packet) const {
        const auto &packets = account.vsock().packets();
        const auto number = static_cast<size_t>(packet.number);
        return packet.number >= 0 && number < packets.size() ? Offset(packets[number].payloadOffset)
                                                             : std::nullopt;
    }
    Offset operator()(const place::Record &record) const { return record.offset; }
    Offset operator()(const place::Code &) const { return std::nullopt; }
    Offset operator()(const place::Document &) const { return std::nullopt; }
};

} // namespace

void RecordFeature::registerMoves() {
    const auto go = [this](std::optional<quint64> instruction) {
        if (instruction)
            m_navigator.goTo(*instruction);
    };
    const auto here = [this] { return m_navigator.replay().instruction().value_or(0); };
    const auto index = [this]() -> const InstructionIndex & { return frame().account().instructions(); };
    add("record.goThere", u"&Go There"_s, "Ctrl+Y, G",
        u"Bring the machine to the instruction of what is chosen: a request, a packet, a PCR change, an event"_s,
        [this] { goThere(); });
    add("record.goTo", u"Go to &Place…"_s, "Ctrl+Y, P",
        u"Bring the machine to an instruction, a time, a boot stage, a record, a line of the console, a bookmark"_s,
        [this] { askPlace(); });
    add("record.back", u"&Back"_s, "Ctrl+Y, Left", u"Return to the place visited before"_s,
        [this] { m_navigator.back(); });
    add("record.forward", u"&Forward"_s, "Ctrl+Y, Right", u"Go to the place that was left by Back"_s,
        [this] { m_navigator.forward(); });
    add("record.previous", u"P&revious Record"_s, "Ctrl+Y, Up",
        u"Bring the machine to the last record before this place"_s,
        [go, here, index] { go(index().previous(here())); });
    add("record.next", u"&Next Record"_s, "Ctrl+Y, Down", u"Bring the machine to the next record"_s,
        [go, here, index] { go(index().next(here())); });
    add("record.start", u"&Start of the Recording"_s, "Ctrl+Y, Home",
        u"Bring the machine to its first instruction"_s, [go] { go(0); });
    add("record.end", u"&End of the Recording"_s, "Ctrl+Y, End",
        u"Bring the machine to the last recorded instruction"_s,
        [this, go] { go(m_navigator.replay().end()); });
    add("record.cancel", u"Stop See&king"_s, "Ctrl+Y, C", u"Stop the machine on its way"_s,
        [this] { m_navigator.replay().cancelSeek(); });
}

void RecordFeature::registerPlaces() {
    add("record.keep", u"&Keep This Place…"_s, "Ctrl+Y, K", u"Make a bookmark of the place, with a note"_s,
        [this] { keepPlace(); });
    add("record.forget", u"Re&move Bookmark"_s, "Ctrl+Y, D",
        u"Remove the bookmark chosen in the Recording panel"_s, [this] {
            if (const QString name = m_panel->chosenName(); !name.isEmpty())
                m_navigator.forget(name);
            else
                frame().showMessage(u"Choose a bookmark in the Recording panel first."_s);
        });
}

std::optional<quint64> RecordFeature::instructionOf(const Place &place) const {
    const auto offset = std::visit(OffsetOf{frame().account()}, place);
    return offset ? frame().account().instructions().instructionAt(*offset) : std::nullopt;
}

void RecordFeature::goThere() {
    if (const auto instruction = m_chosen ? instructionOf(*m_chosen) : std::nullopt)
        m_navigator.goTo(*instruction);
    else
        frame().showMessage(u"Choose a request, a packet, a PCR change or an event on the timeline first."_s);
}

void RecordFeature::askPlace() {
    auto *dialog = new QInputDialog(&frame().window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(u"Go to Place"_s);
    dialog->setLabelText(
        u"An instruction, time:1.25s, stage:handoff, nsm:3, vsock:17, console:TEXT, pcr:16, a bookmark:"_s);
    connect(dialog, &QInputDialog::textValueSelected, this, &RecordFeature::goToNamed);
    dialog->open();
}

// In a worker: the capture may be long.
void RecordFeature::goToNamed(const QString &text) {
    const auto place = readPlace(text.trimmed(), m_navigator.places());
    if (!place || !m_navigator.canMove()) {
        if (!place)
            say(u"There is no such place."_s, place.error());
        return;
    }
    const QString capture = m_navigator.recording()->files.capture();
    runInWorker(
        this,
        [capture, place = *place, end = *m_navigator.replay().end()] {
            return findPlace(capture, place, end);
        },
        [this](const Result<quint64> &found) {
            if (found)
                m_navigator.goTo(*found);
            else
                say(u"There is no such place."_s, found.error());
        });
}

void RecordFeature::keepPlace() {
    const auto here = m_navigator.replay().instruction();
    if (!here)
        return;
    const Bookmark *kept = m_navigator.places().at(*here);
    auto *dialog = new BookmarkDialog(
        *here, kept ? kept->name : u"Place %1"_s.arg(m_navigator.places().bookmarks.size() + 1),
        &frame().window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        if (const auto done = m_navigator.keepHere(dialog->name(), dialog->note()); !done)
            say(u"The place was not kept."_s, done.error());
    });
    dialog->open();
}

} // namespace nitroscope::app
