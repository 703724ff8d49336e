// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/runs/run_reading.hpp"

#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

QStringList consoleLines(const QByteArray &console) {
    // What a terminal would not show, and the kernel's clock, which is never the same.
    static const QRegularExpression escapes(u"\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\\\-_]|\r"_s);
    static const QRegularExpression clock(u"^\\[ *[0-9]+\\.[0-9]+\\] ?"_s);
    QStringList lines;
    for (const QByteArray &raw : console.split('\n')) {
        if (lines.size() >= RunFacts::maxLines)
            break;
        QString line = QString::fromUtf8(raw);
        lines << line.remove(escapes).remove(clock);
    }
    while (!lines.isEmpty() && lines.last().isEmpty())
        lines.removeLast();
    return lines;
}

} // namespace

RunReading::RunReading(QObject *parent) : QObject(parent) {
    m_feed.add(m_capture);
    connect(&m_account, &RunAccount::taken, this,
            [this](const RunNews &news) { m_console += news.console.left(maxConsole - m_console.size()); });
    connect(&m_capture, &CaptureSource::failed, this,
            [this](const Error &error) { m_problem = error.text(); });
    connect(&m_capture, &CaptureSource::stateChanged, this, [this](CaptureSource::State state) {
        using State = CaptureSource::State;
        if (m_isDone || (state != State::complete && state != State::cancelled && state != State::failed))
            return;
        m_isDone = true;
        emit done();
    });
}

void RunReading::open(const QString &capture) {
    m_capture.open(capture);
}

RunFacts RunReading::facts() const {
    RunFacts facts;
    facts.problem = m_problem;
    for (const BootStage &stage : m_account.stages())
        facts.stages.push_back(
            {stage.index < 0 ? stage.stage : u"%1 %2"_s.arg(stage.stage).arg(stage.index), stage.virtualNs});
    for (int pcr = 0; pcr < PcrAccount::pcrCount; ++pcr)
        if (const auto &value = m_account.pcrs().value(pcr))
            facts.pcrs[static_cast<size_t>(pcr)] = value->value;
    for (const NsmTransaction &t : m_account.nsm().transactions()) {
        if (facts.requests.size() >= RunFacts::maxLines)
            break;
        const QString arguments = argumentsText(t);
        facts.requests << pcapng::nsmKindName(t.kind) +
                              (arguments.isEmpty() ? QString() : u" ("_s + arguments + u')') + u": "_s +
                              resultText(t);
    }
    for (const VsockFlow &flow : m_account.vsock().flows()) {
        if (facts.flows.size() >= RunFacts::maxLines)
            break;
        // Not the port that was chosen for it by chance.
        facts.flows << u"%1 port %2: %3, %4 bytes from the guest, %5 to it"_s
                           .arg(flow.guestDialed ? u"guest dialed"_s : u"host dialed"_s)
                           .arg(flow.servicePort())
                           .arg(flowStateText(flow.state))
                           .arg(flow.bytesFromGuest)
                           .arg(flow.bytesToGuest);
    }
    facts.console = consoleLines(m_console);
    return facts;
}

} // namespace nitroscope::app
