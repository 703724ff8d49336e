// SPDX-License-Identifier: GPL-2.0-or-later
//
// The KMS of one enclave: it listens before the enclave starts, the vsock port that kmstool dials leads to it, calls are those of the parent's
// role, each becomes a record of the capture, and it ends with the enclave.
#pragma once

#include "app/kms/server/kms_start.hpp"
#include "app/proto/pcapng/kms_call.hpp"
#include "app/session/capture/live_capture.hpp"
#include "app/session/launch/launch_spec.hpp"

#include <QPointer>

namespace nitroscope::app {

inline constexpr quint32 kmsVsockPort = 8000; // of CID 3, as AWS's vsock-proxy and kmstool have it

// Without the secrets, which no record has.
pcapng::KmsCall captured(const kms::CallRecord &record);

class EnclaveKms : public QObject {
    Q_OBJECT
public:
    // Starts it and gives `spec` what belongs to it: the route of port 8000 and, unless it names one, the role whose calls are taken. Errors:
    // those of kms::startKms(), "kms-route" when the port has another route.
    static Result<std::unique_ptr<EnclaveKms>> start(kms::StartSettings settings, LaunchSpec &spec);

    // Of a run that has begun: who starts it adds the route.
    static Result<std::unique_ptr<EnclaveKms>> start(kms::PreparedKms prepared);

    // Where the port leads, as --vsock-route takes it.
    QString route() const;
    const kms::KmsServer &server() const { return *m_server; }
    // Calls go into its stream from now on.
    void follow(LiveCapture *capture) { m_capture = capture; }

signals:
    void called(const nitroscope::kms::CallRecord &record);
    void refused(const QString &why);

private:
    explicit EnclaveKms(std::unique_ptr<kms::KmsServer> server);
    Result<void> join(LaunchSpec &spec) const;

    std::unique_ptr<kms::KmsServer> m_server;
    QPointer<LiveCapture> m_capture;
};

} // namespace nitroscope::app
