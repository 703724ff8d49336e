// SPDX-License-Identifier: GPL-2.0-or-later
//
// One gdb at our endpoint.
#pragma once

#include "app/session/gdb/gdb_connection.hpp"
#include "tests/unit/gdb/fake_stub.hpp"

namespace nitroscope::tests {

using namespace Qt::Literals::StringLiterals;

// A gdb: sends packets, keeps answers.
struct FakeGdb {
    PairEnd own;
    PairEnd *theirs = new PairEnd; // the connection's, once it has it
    std::unique_ptr<app::GdbConnection> connection;
    rsp::Framer framer{rsp::Writer::stub};
    QStringList answers;
    int acknowledged = 0, refused = 0;
    std::optional<bool> closed;

    explicit FakeGdb(app::GdbBroker *broker) {
        own.connectTo(*theirs);
        theirs->connectTo(own);
        connection = std::make_unique<app::GdbConnection>(
            theirs, broker, [](const QByteArray &words, std::function<void(const QByteArray &)> answer) {
                if (words != "stages")
                    return false;
                answer("reset\n");
                return true;
            });
        QObject::connect(connection.get(), &app::GdbConnection::closed, &own,
                         [this](bool detached) { closed = detached; });
    }

    void read() {
        settle();
        for (const auto &item : framer.feed(own.readAll())) {
            if (!item)
                continue;
            if (item->kind == rsp::Item::Kind::packet)
                answers << QString::fromLatin1(item->payload);
            else if (item->kind == rsp::Item::Kind::acknowledgement)
                ++acknowledged;
            else if (item->kind == rsp::Item::Kind::retransmission)
                ++refused;
        }
    }
    void sayRaw(const QByteArray &bytes) {
        own.write(bytes);
        read();
    }
    // The answer to a packet; "(none)" when there is none.
    QString ask(const QByteArray &packet) {
        answers.clear();
        sayRaw(rsp::encodePacket(packet));
        return answers.isEmpty() ? u"(none)"_s : answers.join(u'|');
    }
    void greet() { ask("qSupported:swbreak+;hwbreak+"); }
};

} // namespace nitroscope::tests
