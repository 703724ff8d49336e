// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/session/fake_vsock.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

void removeIf(QJsonArray &array, const std::function<bool(const QJsonObject &)> &condition) {
    for (qsizetype i = array.size(); i-- > 0;)
        if (condition(array.at(i).toObject()))
            array.removeAt(i);
}

} // namespace

VsockControl::Sender FakeVsock::sender() {
    return [this](QLatin1String command, const QJsonObject &arguments, const VsockControl::Answer &answer) {
        answer(obey(command, arguments));
    };
}

qmp::Client::Reply FakeVsock::obey(const QString &command, const QJsonObject &arguments) {
    if (command == "enclave-break-list"_L1)
        return QJsonValue(m_breaks);
    if (command == qmp::vsockFaultListCommand)
        return QJsonValue(m_faults);
    if (command == qmp::vsockRouteListCommand)
        return QJsonValue(m_routes);
    if (command == qmp::queryVsockCommand)
        return QJsonValue(m_info);
    m_changes.append({command, arguments});
    if (!m_refusal.isEmpty())
        return failure(u"GenericError"_s, std::exchange(m_refusal, {}));
    const auto sameId = [&arguments](const QJsonObject &rule) {
        return rule.value("id"_L1) == arguments.value("id"_L1);
    };
    if (command == "enclave-break-add"_L1)
        return QJsonValue(add(m_breaks, arguments));
    if (command == qmp::vsockFaultAddCommand)
        return QJsonValue(add(m_faults, arguments));
    if (command == "enclave-break-remove"_L1)
        removeIf(m_breaks, sameId);
    else if (command == qmp::vsockFaultRemoveCommand)
        removeIf(m_faults, sameId);
    else if (command == qmp::vsockRouteAddCommand)
        m_routes.append(arguments);
    else if (command == qmp::vsockRouteRemoveCommand)
        removeIf(m_routes, [&arguments](const QJsonObject &route) {
            return route.value("port"_L1) == arguments.value("port"_L1);
        });
    return QJsonValue(QJsonObject());
}

QJsonObject FakeVsock::add(QJsonArray &rules, QJsonObject rule) {
    rule.insert(u"id"_s, m_nextId++);
    rule.insert(u"hits"_s, 0);
    rules.append(rule);
    return rule;
}

} // namespace nitroscope::app
