// SPDX-License-Identifier: GPL-2.0-or-later
//
// What one panel can ask the others to show, without knowing who they are: a place in a run, in the open EIF or in the
// guest's memory. Frame::show() takes it to the feature at home there.
#pragma once

#include <QByteArray>
#include <QString>
#include <variant>

namespace nitroscope::app {

namespace place {

// Of the boot, in the order in which they came; -1: the failure.
struct Stage {
    int number = 0;
};
// Of the NSM, by the machine's number.
struct Transaction {
    quint64 id = 0;
};
// A PCR; with a change of it, as far as that is known.
struct Pcr {
    int index = 0;
    quint64 transaction = 0; // behind the change; 0: none
    qint64 hostNs = 0;       // of the change
};
// Of vsock, by the machine's number.
struct Flow {
    quint64 id = 0;
};
// Of vsock, by its number in the capture.
struct Packet {
    int number = 0;
};
// Any record, by a byte of it in the capture.
struct Record {
    quint64 offset = 0;
};
// A virtual address of the guest that has code.
struct Code {
    quint64 address = 0;
};
// An attestation document in any of its forms.
struct Document {
    enum class Origin {
        foreign, // it may come from anywhere
        run,     // the NSM of the run that is shown has made it
    };
    QByteArray bytes;
    QString name; // where it came from
    Origin origin = Origin::foreign;
};

} // namespace place

using Place = std::variant<place::Stage, place::Transaction, place::Pcr, place::Flow, place::Packet,
                           place::Record, place::Code, place::Document>;

enum class Reveal {
    quietly, // chosen in its panel, wherever that stands
    raise,   // and the panel comes to the front
};

} // namespace nitroscope::app
