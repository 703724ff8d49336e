// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/session/fake_replay.hpp"

namespace nitroscope::app {

void FakeReplay::seek(quint64 instruction) {
    m_seeks << instruction;
    m_target = m_end ? std::min(instruction, *m_end) : instruction;
    emit seekStarted(*m_target);
    emit changed();
}

void FakeReplay::cancelSeek() {
    if (!m_target)
        return;
    m_target.reset();
    emit seekCancelled();
    emit changed();
}

void FakeReplay::beginReplay(quint64 end, const QVector<RecordingSnapshot> &snapshots) {
    m_mode = Mode::replay;
    m_instruction = 0;
    m_end = end;
    m_snapshots = snapshots;
    m_target.reset();
    m_divergence.reset();
    emit changed();
}

void FakeReplay::beginRecord() {
    m_mode = Mode::record;
    m_instruction = 0;
    m_end.reset();
    emit changed();
}

void FakeReplay::finish() {
    m_mode = Mode::none;
    m_instruction.reset();
    m_end.reset();
    m_target.reset();
    m_snapshots.clear();
    m_divergence.reset();
    emit changed();
}

void FakeReplay::arriveAt(quint64 instruction) {
    m_instruction = instruction;
    if (m_target != instruction) {
        emit progress(instruction);
        return;
    }
    m_target.reset();
    emit changed();
    emit reached(instruction);
    if (m_end == instruction)
        emit ended(instruction);
}

void FakeReplay::arrive() {
    if (m_target)
        arriveAt(*m_target);
}

void FakeReplay::failSeek(const Error &error) {
    m_target.reset();
    emit seekFailed(error);
    emit changed();
}

void FakeReplay::diverge(const ReplayDivergence &divergence) {
    m_divergence = divergence;
    emit diverged(divergence);
    emit changed();
}

void FakeReplay::standAt(quint64 instruction) {
    m_instruction = instruction;
    emit changed();
}

} // namespace nitroscope::app
