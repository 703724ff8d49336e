// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/account/run_account.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void RunAccount::begin(std::shared_ptr<const CaptureBytes> bytes, qint64 startNs) {
    m_bytes = std::move(bytes);
    m_startNs = startNs;
    m_isOver = false;
    m_stages.clear();
    m_stageOffsets.clear();
    m_instructions.clear();
    m_failure.reset();
    m_pcrs = {};
    m_nsm = {};
    m_vsock.restart();
    m_flowBatch.clear();
    emit began();
}

void RunAccount::take(std::span<const pcapng::Record> records) {
    RunNews news;
    news.records = records;
    ++m_batch;
    m_knownTransactions = static_cast<int>(m_nsm.transactions().size());
    m_knownFlows = static_cast<int>(m_vsock.flows().size());
    for (const pcapng::Record &record : records)
        takeRecord(record, news);
    news.pcrs = m_pcrs.takeNews();
    emit taken(news);
}

void RunAccount::takeRecord(const pcapng::Record &record, RunNews &news) {
    m_instructions.add(record);
    news.hasRuleActed = news.hasRuleActed || record.rule != 0;
    if (const auto change = m_nsm.add(record); change.transaction >= m_knownTransactions)
        news.hasNewTransactions = true;
    else if (change.transaction >= 0)
        news.changedTransactions.push_back(change.transaction); // one request has one answer
    const auto change = m_vsock.add(record);
    news.hasNewPackets = news.hasNewPackets || change.newPacket;
    if (change.flow >= m_knownFlows) {
        news.hasNewFlows = true;
    } else if (change.flow >= 0) {
        m_flowBatch.resize(m_vsock.flows().size());
        if (std::exchange(m_flowBatch[static_cast<size_t>(change.flow)], m_batch) != m_batch)
            news.changedFlows.push_back(change.flow);
    }
    if (std::holds_alternative<pcapng::MachineRecord>(record.content))
        takeMachine(record, news);
    else
        news.console += consoleOutputOf(record);
    if (const auto entry = logEntryOf(record))
        news.log.append(*entry);
}

void RunAccount::takeMachine(const pcapng::Record &record, RunNews &news) {
    if (const auto stage = bootStageOf(record)) {
        if (stage->stage == "reset"_L1) { // boots again in the same run
            m_stages.clear();
            m_stageOffsets.clear();
            m_failure.reset();
        }
        m_stages.append(*stage);
        m_stageOffsets.append(record.dataOffset);
        news.stages.append(*stage);
    } else if (const auto failure = bootFailureOf(record)) {
        m_failure = news.failure = failure;
    } else if (const auto change = pcrChangeOf(record)) {
        m_pcrs.add(*change);
        news.pcrChanges.append(*change);
    } else if (isReset(record)) {
        m_pcrs.reset();
    }
}

void RunAccount::refuse(const BootFailure &failure) {
    RunNews news;
    m_failure = news.failure = failure;
    emit taken(news);
}

void RunAccount::end() {
    if (std::exchange(m_isOver, true))
        return;
    emit ended();
}

} // namespace nitroscope::app
