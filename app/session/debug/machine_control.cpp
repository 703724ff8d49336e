// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/debug/machine_control.hpp"

#include "app/proto/qmp/nitro_messages.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void MachineControl::takeEvent(const qmp::Event &event) {
    if (event.name == qmp::breakEvent) {
        if (const auto hit = qmp::readBreakHit(event.data)) {
            m_hit = hit->detail;
            m_breaks.removeOne(hit->id);
            emit wasHit();
        }
    } else if (event.name == "RESET"_L1) {
        emit wasReset();
    }
}

void MachineControl::breakOnce(const QString &source) {
    if (!m_client)
        return;
    const QJsonObject once{{u"source"_s, source}, {u"count"_s, 1}};
    m_client->execute(qmp::breakAddCommand, once, this,
                      [this, wish = m_wishes](const qmp::Client::Reply &reply) {
                          if (!reply) {
                              emit refused(reply.error());
                              return;
                          }
                          const auto id = quint32(reply->toObject().value("id"_L1).toInteger());
                          if (wish == m_wishes)
                              m_breaks.append(id);
                          else
                              removeBreak(id); // given up before the machine had answered
                      });
}

void MachineControl::clearBreaks() {
    ++m_wishes;
    for (const quint32 id : std::exchange(m_breaks, {}))
        removeBreak(id);
}

// One that was hit at this very moment is gone already.
void MachineControl::removeBreak(quint32 id) {
    if (m_client)
        m_client->execute(qmp::breakRemoveCommand, {{u"id"_s, qint64(id)}}, this,
                          [](const qmp::Client::Reply &) {});
}

void MachineControl::reset() {
    if (m_client)
        m_client->execute(qmp::enclaveResetCommand, {}, this, [this](const qmp::Client::Reply &reply) {
            if (!reply)
                emit refused(reply.error());
        });
}

void MachineControl::askBreaks(QObject *context, const std::function<void(const QString &)> &done) {
    if (!m_client) {
        done({});
        return;
    }
    m_client->execute(u"query-status"_s, {}, context,
                      [this, self = QPointer<MachineControl>(this), done](const qmp::Client::Reply &) {
                          done(self ? m_hit : QString());
                      });
}

} // namespace nitroscope::app
