// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine's side of VsockControl for tests: keeps the rules and routes that it is given and answers at
// once, as QEMU would.
#pragma once

#include "app/session/vsock/vsock_control.hpp"

#include <QJsonArray>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

class FakeVsock {
public:
    VsockControl::Sender sender();

    // Commands that change something, in order, without the questions.
    const QVector<QPair<QString, QJsonObject>> &changes() const { return m_changes; }
    void refuseNext(const QString &why) { m_refusal = why; }
    void setInfo(const QJsonObject &info) { m_info = info; }

private:
    qmp::Client::Reply obey(const QString &command, const QJsonObject &arguments);
    QJsonObject add(QJsonArray &rules, QJsonObject rule);

    QVector<QPair<QString, QJsonObject>> m_changes;
    QJsonArray m_breaks, m_faults, m_routes;
    QJsonObject m_info{{u"guest-cid"_s, 16}, {u"flows"_s, QJsonArray()}, {u"closed"_s, QJsonArray()}};
    QString m_refusal;
    int m_nextId = 1;
};

} // namespace nitroscope::app
