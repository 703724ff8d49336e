// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one account of a run: what its capture stream has told so far. Boot stages, console, PCRs and their
// history, NSM transactions, vsock flows and packets, and the end, live and from a file alike. Panels follow
// it and never ask where the records come from; CaptureFeed leads a stream into it.
//
//   begin() -> began() · take() -> taken(news), again and again · end() -> ended()
//
// It keeps what is cheap to keep of each record; bytes are read again from `bytes()`. The console's text is
// only passed on: whoever shows it keeps as much of it as it shows.
#pragma once

#include "app/session/account/instruction_index.hpp"
#include "app/session/account/pcr_account.hpp"
#include "app/session/capture/capture_source.hpp"
#include "app/session/nsm/nsm_account.hpp"
#include "app/session/vsock/vsock_records.hpp"

#include <memory>
#include <QObject>
#include <span>

namespace nitroscope::app {

// What a batch has changed. Numbers are those of the account's lists; what is new in a list is at its end.
struct RunNews {
    std::span<const pcapng::Record> records; // all of the batch, for those who need more than this
    QVector<BootStage> stages;
    std::optional<BootFailure> failure;
    QByteArray console;     // bytes of COM1 that the guest wrote, split anywhere
    QVector<PcrValue> pcrs; // those whose value or lock is new, once each
    QVector<PcrChange> pcrChanges;
    bool hasNewTransactions = false;
    std::vector<int> changedTransactions; // that were there before; once each
    bool hasNewFlows = false, hasNewPackets = false;
    std::vector<int> changedFlows; // likewise
    QVector<LogEntry> log;
    bool hasRuleActed = false; // a fault or break: its count has changed, or it is used up
};

class RunAccount : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    // A new stream: everything is empty again. `startNs` is the host's time at which the run was asked for,
    // nanoseconds since 1970-01-01 UTC; 0 = not known.
    void begin(std::shared_ptr<const CaptureBytes> bytes, qint64 startNs = 0);
    void take(std::span<const pcapng::Record> records);
    // The platform refused the EIF: there was no machine whose stream could have told.
    void refuse(const BootFailure &failure);
    void end();

    // nullptr as long as there is no stream.
    const std::shared_ptr<const CaptureBytes> &bytes() const { return m_bytes; }
    qint64 startNs() const { return m_startNs; }
    bool isOver() const { return m_isOver; }
    // Of the boot going on, or of the last one.
    const QVector<BootStage> &stages() const { return m_stages; }
    // Where in the capture a stage is told of.
    quint64 stageOffset(int stage) const { return m_stageOffsets.value(stage); }
    const std::optional<BootFailure> &failure() const { return m_failure; }
    // Of a recorded run; empty for others.
    const InstructionIndex &instructions() const { return m_instructions; }
    const PcrAccount &pcrs() const { return m_pcrs; }
    const NsmAccount &nsm() const { return m_nsm; }
    const VsockAccount &vsock() const { return m_vsock; }
    // What the machine says of a living flow besides; its number, -1 when it is not in the capture or no news.
    int takeFlowState(const qmp::VsockFlowState &state) { return m_vsock.take(state); }

signals:
    void began();
    void taken(const nitroscope::app::RunNews &news);
    void ended(); // no more records come

private:
    void takeRecord(const pcapng::Record &record, RunNews &news);
    void takeMachine(const pcapng::Record &record, RunNews &news);

    std::shared_ptr<const CaptureBytes> m_bytes;
    qint64 m_startNs = 0;
    bool m_isOver = false;
    QVector<BootStage> m_stages;
    QVector<quint64> m_stageOffsets; // of each
    InstructionIndex m_instructions;
    std::optional<BootFailure> m_failure;
    PcrAccount m_pcrs;
    NsmAccount m_nsm;
    VsockAccount m_vsock;

    quint64 m_batch = 0;                           // counts the batches
    int m_knownTransactions = 0, m_knownFlows = 0; // before the batch
    std::vector<quint64> m_flowBatch;              // per flow, the last batch that changed it
};

} // namespace nitroscope::app
