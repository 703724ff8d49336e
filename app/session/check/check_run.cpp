// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/check_run.hpp"

#include "app/core/worker.hpp"
#include "app/session/launch/launch_arguments.hpp"
#include "app/session/proxy/enclave_dial.hpp"
#include "app/session/run/unattended_limits.hpp"

#include <algorithm>
#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int drainMs = 10'000; // for the rest of the capture, after QEMU has gone

} // namespace

// Where what the enclave dials arrives, PATH_PORT (docs/vsock.md). The first connection counts; later ones are served alike.
class CheckRun::Service : public QLocalServer {
public:
    Service(CheckRun &run, int number) : m_run(run), m_number(number) {
        setSocketOptions(QLocalServer::UserAccessOption);
    }

protected:
    void incomingConnection(quintptr descriptor) override {
        const auto done = [this](bool isRight, const QString &detail) {
            m_run.m_expectations.takeService(m_number, isRight, detail);
            m_run.goOn();
        };
        new ExchangeRun(UniqueFd(int(descriptor)), m_run.m_spec.services[m_number].exchange,
                        ExchangeRun::Role::dialed, done, this);
    }

private:
    CheckRun &m_run;
    int m_number;
};

bool CheckOutcome::hasPassed() const {
    return hasRun &&
           std::ranges::all_of(verdicts, [](const Verdict &v) { return v.kind == Verdict::Kind::held; });
}

CheckRun::CheckRun(CheckSpec spec, QString capturePath, ExitCodeOf exitCodeOf, QObject *parent)
    : QObject(parent), m_spec(std::move(spec)), m_capturePath(std::move(capturePath)),
      m_exitCodeOf(std::move(exitCodeOf)), m_expectations(m_spec),
      m_session(unattendedLimits(), LiveSession::Stream::read), m_hasDialed(m_spec.connections.size()) {
    for (const ExpectedConnection &connection : std::as_const(m_spec.connections))
        if (connection.after)
            m_expectations.watchFor(*connection.after);
    if (m_spec.inputAfter)
        m_expectations.watchFor(*m_spec.inputAfter);
    m_timeout.setSingleShot(true);
    m_drain.setSingleShot(true);
    connect(&m_timeout, &QTimer::timeout, this, [this] {
        m_outcome.isTimeout = true;
        m_isStopping = true;
        m_session.stop();
    });
    connect(&m_drain, &QTimer::timeout, this, &CheckRun::conclude);
    connect(&m_session, &EnclaveSession::bootFailed, this,
            [this](const BootFailure &failure) { m_failure = failure; });
    connect(&m_session, &EnclaveSession::ended, this, &CheckRun::onEnd);
    connect(&m_account, &RunAccount::taken, this, &CheckRun::onNews);
    connect(&m_account, &RunAccount::ended, this, [this] {
        if (m_isOver)
            conclude();
    });
}

CheckRun::~CheckRun() {
    m_stop.request_stop();
    m_session.disconnect(this);
    m_account.disconnect(this);
}

Result<void> CheckRun::start() {
    auto folder = RuntimeFolder::create();
    if (!folder)
        return tl::unexpected(folder.error());
    m_folder.emplace(std::move(*folder));
    m_spec.launch.vsock.path = m_folder->filePath(u"vsock"_s);
    if (const auto listening = listen(); !listening)
        return listening;
    m_clock.start();
    m_timeout.start(std::chrono::milliseconds(qint64(m_spec.timeoutSeconds * 1000)));
    m_feed.add(*m_session.capture());
    m_feed.beginRun(m_session.capture());
    if (!m_capturePath.isEmpty())
        connect(m_session.capture(), &CaptureSource::restarted, this,
                [this] { m_session.capture()->record(m_capturePath); });
    m_session.start(m_spec.launch);
    return {};
}

void CheckRun::stop() {
    m_isStopping = true;
    m_session.stop();
}

Result<void> CheckRun::listen() {
    for (int i = 0; i < m_spec.services.size(); ++i) {
        m_services.push_back(std::make_unique<Service>(*this, i));
        const quint32 port = m_spec.services[i].port;
        if (!m_services.back()->listen(m_spec.launch.vsock.path + u'_' + QString::number(port)))
            return failure(u"check-listen"_s,
                           u"Nobody can listen for the enclave's port %1: %2"_s.arg(port).arg(
                               m_services.back()->errorString()));
    }
    return {};
}

void CheckRun::onNews(const RunNews &news) {
    m_outcome.story.addConsole(news.console);
    m_expectations.take(m_account, news);
    if (!m_isInputSent && !m_spec.input.isEmpty() && m_session.state() == EnclaveSession::State::running &&
        (!m_spec.inputAfter || m_expectations.hasSeen(*m_spec.inputAfter))) {
        m_isInputSent = true;
        m_session.sendConsoleInput(m_spec.input);
    }
    dialWaiting();
    goOn();
}

void CheckRun::dialWaiting() {
    for (int i = 0; i < m_spec.connections.size(); ++i) {
        const ExpectedConnection &connection = m_spec.connections[i];
        if (!m_hasDialed[i] && (!connection.after || m_expectations.hasSeen(*connection.after)))
            dial(i);
    }
}

// Without a line to wait for, one tries until somebody listens.
void CheckRun::dial(int number) {
    m_hasDialed[number] = true;
    const ExpectedConnection &connection = m_spec.connections[number];
    const auto connected = [this, number](UniqueFd stream, const QString &problem) {
        const ExpectedConnection &wanted = m_spec.connections[number];
        if (!problem.isEmpty() && !wanted.after) {
            m_hasDialed[number] = false; // with the next news
            return;
        }
        if (!problem.isEmpty()) {
            m_expectations.takeConnection(number, false, problem);
            return goOn();
        }
        const auto done = [this, number](bool isRight, const QString &detail) {
            m_expectations.takeConnection(number, isRight, detail);
            goOn();
        };
        new ExchangeRun(std::move(stream), wanted.exchange, ExchangeRun::Role::dials, done, this);
    };
    new EnclaveDial(m_spec.launch.vsock.path, connection.port, connected, this);
}

// Nothing is gained by waiting any longer when it is decided.
void CheckRun::goOn() {
    const bool isDecided = m_expectations.isBroken() || (!m_spec.exitCode && m_expectations.isSettled());
    if (isDecided && !m_isOver && !std::exchange(m_isStopping, true))
        m_session.stop();
}

void CheckRun::onEnd(const EndReason &reason) {
    m_isOver = true;
    m_timeout.stop();
    m_outcome.end = reason;
    m_outcome.seconds = double(m_clock.elapsed()) / 1000;
    if (m_account.isOver() || !m_account.bytes())
        conclude();
    else
        m_drain.start(drainMs);
}

void CheckRun::conclude() {
    if (std::exchange(m_isConcluded, true))
        return;
    m_drain.stop();
    m_outcome.exitCode = m_exitCodeOf(m_outcome.end, m_failure);
    // Ended by us, for a reason that is in the verdicts.
    const EndKind kind = m_outcome.end.kind;
    m_outcome.hasRun =
        kind != EndKind::qemuMissing && kind != EndKind::qemuFailed && kind != EndKind::qemuKilled;
    const QString words = m_outcome.isTimeout
                              ? u"it did not end within %1 seconds"_s.arg(m_spec.timeoutSeconds)
                              : m_outcome.end.message;
    constexpr int stillRuns = -1;
    m_expectations.end(kind == EndKind::stoppedByUser ? stillRuns : m_outcome.exitCode, words);
    m_outcome.verdicts = m_expectations.verdicts();
    if (m_outcome.hasPassed() || !m_outcome.hasRun)
        emit finished(m_outcome);
    else
        explain();
}

void CheckRun::explain() {
    m_outcome.story.memoryMiB = memoryMiBOf(m_spec.launch, quint64(QFileInfo(m_spec.launch.eifPath).size()));
    runInWorker(
        this,
        [story = m_outcome.story, path = m_spec.launch.eifPath, stop = m_stop.get_token()] {
            const auto image = readImageStory(path, stop);
            return diagnose(story, image ? &*image : nullptr);
        },
        [this](QVector<Cause> causes) {
            m_outcome.causes = std::move(causes);
            emit finished(m_outcome);
        });
}

} // namespace nitroscope::app
