// SPDX-License-Identifier: GPL-2.0-or-later
//
// A broker at a stub in memory, with two owners of breakpoints and everything that was told.
#pragma once

#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/gdb/gdb_broker.hpp"
#include "tests/unit/gdb/fake_stub.hpp"

namespace nitroscope::tests {

struct BrokerBench {
    FakeStub stub;
    std::unique_ptr<app::GdbBroker> broker;
    QVector<app::TargetStop> stops;
    int runs = 0;
    QStringList answers, problems;
    QObject window, gdb; // two owners

    BrokerBench() = default;
    void start() {
        broker = std::make_unique<app::GdbBroker>(&stub.client, arch::x86_64());
        QObject::connect(broker.get(), &app::GdbBroker::stopped, broker.get(),
                         [this](const app::TargetStop &stop) { stops.append(stop); });
        QObject::connect(broker.get(), &app::GdbBroker::resumed, broker.get(), [this] { ++runs; });
        QObject::connect(broker.get(), &app::GdbBroker::problem, broker.get(),
                         [this](const app::Error &error) { problems << error.code; });
        settle();
    }
    app::BreakpointRegistry &registry() { return broker->breakpoints(); }

    auto note() {
        return [this](const rsp::Client::Reply &reply) {
            answers << (reply ? QString::fromLatin1(reply->payload) : reply.error().code);
        };
    }
    void insert(quint64 address, QObject &owner) {
        registry().insert({0, address, 1}, &owner, &owner, note());
    }
    void remove(quint64 address, QObject &owner) {
        registry().remove({0, address, 1}, &owner, &owner, note());
    }
    void set(quint64 address, QObject &owner, bool isSet = true) {
        if (isSet)
            insert(address, owner);
        else
            remove(address, owner);
        settle();
    }
    void go(const QByteArray &actions = ";c") {
        broker->resume(actions);
        settle();
    }
};

} // namespace nitroscope::tests
