// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kms/enclave_kms.hpp"

#include "app/session/launch/vsock_options.hpp"

#include <QDateTime>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

pcapng::KmsCall captured(const kms::CallRecord &record) {
    return {record.id,      record.operation,   record.principal, record.keyArn,  record.errorType,
            record.message, record.explanation, record.policy,    record.document};
}

EnclaveKms::EnclaveKms(std::unique_ptr<kms::KmsServer> server) : m_server(std::move(server)) {
    connect(m_server.get(), &kms::KmsServer::called, this, [this](const kms::CallRecord &record) {
        if (m_capture)
            m_capture->add(QDateTime::currentMSecsSinceEpoch() * 1'000'000,
                           pcapng::encodeKmsCall(captured(record)));
        emit called(record);
    });
    connect(m_server.get(), &kms::KmsServer::refused, this, &EnclaveKms::refused);
}

Result<std::unique_ptr<EnclaveKms>> EnclaveKms::start(kms::StartSettings settings, LaunchSpec &spec) {
    if (!spec.parentRole.isEmpty())
        settings.role = spec.parentRole;
    settings.hasImds = true;
    settings.instanceId = spec.parentId;
    auto server = kms::startKms(settings);
    if (!server)
        return tl::unexpected(server.error());
    std::unique_ptr<EnclaveKms> kms(new EnclaveKms(*std::move(server)));
    if (const auto joined = kms->join(spec); !joined)
        return tl::unexpected(joined.error());
    return Result<std::unique_ptr<EnclaveKms>>(std::move(kms));
}

Result<std::unique_ptr<EnclaveKms>> EnclaveKms::start(kms::PreparedKms prepared) {
    auto server = kms::startKms(std::move(prepared));
    if (!server)
        return tl::unexpected(server.error());
    return std::unique_ptr<EnclaveKms>(new EnclaveKms(*std::move(server)));
}

QString EnclaveKms::route() const {
    return u"tcp:127.0.0.1:%1"_s.arg(m_server->tlsPort());
}

Result<void> EnclaveKms::join(LaunchSpec &spec) const {
    QStringList routes = spec.vsock.routes;
    routes << u"%1=%2"_s.arg(kmsVsockPort).arg(route());
    if (!checkVsockRoutes(routes))
        return failure(
            u"kms-route"_s,
            u"Port %1 is the one by which the enclave reaches the KMS, and it has another route. Take that route away, or start without the KMS."_s
                .arg(kmsVsockPort));
    spec.vsock.routes = routes;
    const kms::Principal &caller = m_server->identities().standard().caller.principal;
    if (spec.parentRole.isEmpty() && caller.kind == kms::Principal::Kind::session)
        spec.parentRole = caller.principalArn(); // so that PCR3 and the caller agree
    return {};
}

} // namespace nitroscope::app
