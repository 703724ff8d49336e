// SPDX-License-Identifier: GPL-2.0-or-later
//
// The EnclaveSession that runs QEMU. It owns at most one EnclaveRun and turns its reports into the order
// that enclave_session.hpp promises.
#pragma once

#include "app/session/enclave_run.hpp"
#include "app/session/enclave_session.hpp"

#include <memory>

namespace nitroscope::app {

class LiveSession : public EnclaveSession {
    Q_OBJECT
public:
    explicit LiveSession(QObject *parent = nullptr);
    explicit LiveSession(const RunLimits &limits, QObject *parent = nullptr);
    ~LiveSession() override; // kills QEMU when it still runs

    State state() const override { return m_state; }

    void start(const LaunchSpec &spec) override;
    void pause() override;
    void resume() override;
    void reset() override;
    void stop() override;
    void sendConsoleInput(const QByteArray &bytes) override;

private:
    void setState(State state);
    void finish(const EndReason &reason);

    RunLimits m_limits;
    std::unique_ptr<EnclaveRun> m_run;
    State m_state = State::idle;
};

} // namespace nitroscope::app
