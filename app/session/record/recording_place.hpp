// SPDX-License-Identifier: GPL-2.0-or-later
//
// A place in a recording as a person names it, and the instruction that it is:
//
//   start, end             of the recording
//   30000000               instruction N: N have been executed before it
//   time:1.25s             of the guest's clock, in s, ms, µs (us) or ns: the first record at or after it
//   stage:handoff          of the boot; stage:ramdisk:1
//   record:17              of the capture, of any kind, counted from 1
//   nsm:3 vsock:17 console-record:5 machine:2 guest:100   the N-th record of that source, counted from 1
//   console:TEXT           where the first line of the console had come to that has the text
//   pcr:16, pcr:16:3       the first change, the third change of a PCR
//   bookmark:NAME          of places.json; a NAME alone when it is nothing of the above
//
// A record stands in the capture with the instructions executed before it, so that the machine, brought there, is about to do
// what the record tells.
#pragma once

#include "app/proto/pcapng/record.hpp"
#include "app/session/account/run_records.hpp"
#include "app/session/record/places_file.hpp"

#include <variant>

namespace nitroscope::app {

namespace recording_place {

struct Instruction {
    quint64 number = 0;
};
struct Start {};
struct End {};
struct Time {
    qint64 ns = 0; // of the guest's clock
};
struct Stage {
    QString name;
    int index = -1; // of a ramdisk; -1: any
};
struct Record {
    std::optional<pcapng::Source> source; // nothing: of any
    quint64 number = 1;
};
struct ConsoleText {
    QByteArray text; // UTF-8
};
struct PcrChange {
    int index = 0;
    quint64 number = 1;
};

} // namespace recording_place

using RecordingPlace =
    std::variant<recording_place::Instruction, recording_place::Start, recording_place::End,
                 recording_place::Time, recording_place::Stage, recording_place::Record,
                 recording_place::ConsoleText, recording_place::PcrChange>;

// Error place-invalid, which lists what can be said.
Result<RecordingPlace> readPlace(const QString &text, const RecordingPlaces &places);

// Whether the place is known without a look into the capture: its instruction; the end of the recording is not.
std::optional<quint64> instructionOf(const RecordingPlace &place);

// Looks for one place in the records of a capture, in their order.
class PlaceFinder {
public:
    explicit PlaceFinder(RecordingPlace place) : m_place(std::move(place)) {}

    // True when it is found; what comes then is not looked at.
    bool take(const pcapng::Record &record);
    // Errors: place-missing (the capture has no such place), place-uncounted (its records have no instructions).
    Result<quint64> result() const;

    static constexpr qsizetype maxLine = 64 * 1024; // bytes of a console's line that are looked at

private:
    bool matches(const pcapng::Record &record);
    bool matchesConsole(const QByteArray &bytes);

    RecordingPlace m_place;
    QByteArray m_line;  // of the console, as far as it has come
    quint64 m_seen = 0; // of what is counted
    bool m_isFound = false;
    std::optional<quint64> m_instruction;
};

} // namespace nitroscope::app
