// SPDX-License-Identifier: GPL-2.0-or-later
//
// Boots an enclave, holds what it does against what is expected of it, and says why it failed when it does.
#pragma once

#include "app/core/runtime_folder.hpp"
#include "app/session/account/capture_feed.hpp"
#include "app/session/check/exchange_run.hpp"
#include "app/session/check/expectations.hpp"
#include "app/session/diagnosis/diagnosis.hpp"
#include "app/session/run/live_session.hpp"

#include <QElapsedTimer>
#include <QLocalServer>
#include <QTimer>

namespace nitroscope::app {

struct CheckOutcome {
    std::vector<Verdict> verdicts;
    bool hasRun = false; // else `end` says why QEMU or the EIF did not get that far
    bool isTimeout = false;
    EndReason end;
    int exitCode = 0;      // of run-enclave, for this end
    QVector<Cause> causes; // when something is broken
    RunStory story;
    double seconds = 0;

    bool hasPassed() const;
};

class CheckRun : public QObject {
    Q_OBJECT
public:
    // How run-enclave would exit.
    using ExitCodeOf = std::function<int(const EndReason &, const std::optional<BootFailure> &)>;
    // With an EIF in the spec's launch options. `capturePath`: file for the capture, or empty.
    CheckRun(CheckSpec spec, QString capturePath, ExitCodeOf exitCodeOf, QObject *parent = nullptr);
    ~CheckRun() override;

    // Errors: those of RuntimeFolder::create(), "check-listen". Otherwise finished() comes, once.
    Result<void> start();
    // The user does not want to wait.
    void stop();

signals:
    void finished(const nitroscope::app::CheckOutcome &outcome);

private:
    class Service;
    Result<void> listen();
    void onNews(const RunNews &news);
    void dialWaiting();
    void dial(int number);
    void goOn();
    void onEnd(const EndReason &reason);
    void conclude();
    void explain();

    CheckSpec m_spec;
    QString m_capturePath;
    ExitCodeOf m_exitCodeOf;
    std::optional<RuntimeFolder> m_folder; // of the sockets
    std::vector<std::unique_ptr<Service>> m_services;
    Expectations m_expectations;
    LiveSession m_session;
    RunAccount m_account;
    CaptureFeed m_feed{m_account};
    QTimer m_timeout, m_drain;
    QElapsedTimer m_clock;
    QVector<bool> m_hasDialed;
    std::optional<BootFailure> m_failure;
    std::stop_source m_stop;
    CheckOutcome m_outcome;
    bool m_isInputSent = false, m_isStopping = false, m_isOver = false, m_isConcluded = false;
};

} // namespace nitroscope::app
