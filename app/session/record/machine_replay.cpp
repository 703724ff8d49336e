// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/machine_replay.hpp"

#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

MachineReplay::MachineReplay(QObject *parent) : ReplayControl(parent) {
    m_progress.setInterval(progressMs);
    connect(&m_progress, &QTimer::timeout, this, &MachineReplay::refresh);
}

void MachineReplay::begin(Mode mode) {
    finish();
    m_mode = mode;
    emit changed();
}

void MachineReplay::setClient(qmp::Client *client) {
    if (m_mode == Mode::none)
        return;
    m_client = client;
    connect(client, &qmp::Client::eventReceived, this, &MachineReplay::takeEvent);
    refresh();
}

void MachineReplay::finish() {
    if (m_client)
        m_client->disconnect(this);
    m_client.clear();
    m_progress.stop();
    m_isAsking = false;
    ++m_seeks;
    m_state = {};
    m_instruction.reset();
    const bool wasSeeking = std::exchange(m_target, std::nullopt).has_value();
    const bool wasNone = std::exchange(m_mode, Mode::none) == Mode::none;
    if (wasSeeking)
        emit seekCancelled();
    if (!wasNone)
        emit changed();
}

void MachineReplay::seek(quint64 instruction) {
    if (!isReplay() || !m_client) {
        fail({u"not-a-replay"_s,
              u"Only a recording that is being replayed can be brought to another place; open one first."_s,
              std::nullopt,
              {}});
        return;
    }
    m_target = m_state.end ? std::min(instruction, *m_state.end) : instruction;
    m_progress.start();
    emit seekStarted(*m_target);
    emit changed();
    m_client->execute(qmp::recordingSeekCommand, {{u"icount"_s, static_cast<qint64>(*m_target)}}, this,
                      [this, seek = ++m_seeks](const qmp::Client::Reply &reply) {
                          if (!reply && seek == m_seeks)
                              fail(reply.error());
                      });
}

void MachineReplay::cancelSeek() {
    if (!m_target)
        return;
    endSeek();
    ++m_seeks;
    if (m_client)
        m_client->execute(qmp::recordingSeekCancelCommand);
    emit seekCancelled();
    emit changed();
    refresh();
}

void MachineReplay::refresh() {
    if (!m_client || std::exchange(m_isAsking, true))
        return;
    m_client->execute(qmp::queryRecordingCommand, {}, this, [this](const qmp::Client::Reply &reply) {
        m_isAsking = false;
        if (!reply)
            return; // the end of the run, which is told elsewhere
        if (const auto state = qmp::readRecordingState(*reply))
            takeState(*state);
        else if (m_target)
            fail(state.error());
    });
}

void MachineReplay::takeState(const qmp::RecordingState &state) {
    if (m_target && state.instruction != m_instruction)
        emit progress(state.instruction);
    const bool isNew = state.instruction != m_instruction || state.end != m_state.end ||
                       state.snapshots != m_state.snapshots;
    m_instruction = state.instruction;
    m_state.end = state.end;
    m_state.isCut = state.isCut;
    m_state.snapshots = state.snapshots;
    if (state.divergence && !m_state.divergence)
        takeDivergence(*state.divergence);
    else if (isNew)
        emit changed();
}

void MachineReplay::takeEvent(const qmp::Event &event) {
    if (event.name == qmp::recordingReachedEvent || event.name == qmp::recordingEndedEvent) {
        if (const auto place = qmp::readPlace(event.data))
            arrive(*place, event.name == qmp::recordingEndedEvent);
    } else if (event.name == qmp::recordingDivergedEvent) {
        if (const auto divergence = qmp::readDivergence(event.data))
            takeDivergence(*divergence);
    } else if (event.name == "STOP"_L1) {
        refresh();
    }
}

void MachineReplay::arrive(quint64 instruction, bool isEnd) {
    if (isEnd)
        m_state.end = instruction;
    if (m_target && (isEnd ? *m_target < instruction : *m_target != instruction))
        return;
    m_instruction = instruction;
    const bool wasSought = m_target == instruction;
    endSeek();
    emit changed();
    if (wasSought)
        emit reached(instruction);
    if (isEnd)
        emit ended(instruction);
}

void MachineReplay::takeDivergence(const ReplayDivergence &divergence) {
    if (m_state.divergence)
        return; // the first one counts
    m_state.divergence = divergence;
    endSeek();
    emit changed();
    emit diverged(divergence);
}

void MachineReplay::endSeek() {
    m_target.reset();
    m_progress.stop();
}

void MachineReplay::fail(const Error &error) {
    endSeek();
    emit seekFailed(error);
    emit changed();
    refresh();
}

} // namespace nitroscope::app
