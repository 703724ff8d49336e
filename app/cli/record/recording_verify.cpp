// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/record/recording_verify.hpp"

#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/formats/json/json_writer.hpp"

#include <QCoreApplication>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

using app::EnclaveSession;
using app::ReplayControl;

VerifyRun::VerifyRun(const app::Recording &recording, const QString &qemu, Form form)
    : m_recording(recording), m_spec(app::replaySpec(recording)), m_form(form) {
    m_spec.qemuPath = qemu;
    const ReplayControl *replay = m_session.replay();
    connect(&m_session, &EnclaveSession::stateChanged, this, &VerifyRun::begin);
    connect(replay, &ReplayControl::changed, this, &VerifyRun::begin);
    connect(replay, &ReplayControl::ended, this, [this](quint64 instruction) {
        m_end = instruction;
        m_snapshots = m_session.replay()->snapshots().size();
        m_session.stop();
    });
    connect(replay, &ReplayControl::diverged, this, [this](const app::ReplayDivergence &divergence) {
        m_divergence = divergence;
        m_session.stop();
    });
    connect(&m_session, &EnclaveSession::logLine, this, [](const app::LogEntry &entry) {
        if (entry.level >= app::LogLevel::warning)
            say(u"%1: %2"_s.arg(entry.source, entry.text));
    });
    connect(&m_session, &EnclaveSession::ended, this, &VerifyRun::onEnd);
}

int VerifyRun::exec() {
    auto folder = app::RuntimeFolder::create();
    if (!folder) {
        say(folder.error().text());
        return refused;
    }
    m_folder.emplace(*std::move(folder));
    m_spec.capturePath = m_folder->filePath(u"capture"_s);
    m_session.start(m_spec);
    return QCoreApplication::exec();
}

void VerifyRun::begin() {
    if (m_hasBegun || m_session.state() != EnclaveSession::State::paused || !m_session.replay()->end())
        return;
    m_hasBegun = true;
    m_isCut = m_session.replay()->isCut();
    if (m_isCut)
        say(u"The recording was cut short: it ends at instruction %1."_s.arg(*m_session.replay()->end()));
    m_session.resume();
}

void VerifyRun::onEnd(const app::EndReason &reason) {
    if (!m_end && !m_divergence) {
        say(reason.message);
        if (!reason.advice.isEmpty())
            say(reason.advice);
        QCoreApplication::exit(exitCodeOf(reason, std::nullopt) == qemuFailed ? qemuFailed : refused);
        return;
    }
    QCoreApplication::exit(tell());
}

int VerifyRun::tell() {
    // Of one that was cut, log and capture stop where each had come to.
    const auto ends = m_isCut ? app::CaptureEnds::mayDiffer : app::CaptureEnds::equal;
    std::optional<app::CaptureDifference> difference;
    if (!m_divergence) {
        const auto compared = app::compareCaptures(m_recording.files.capture(), m_spec.capturePath, ends);
        if (!compared) {
            say(compared.error().text());
            return refused;
        }
        difference = *compared;
    }
    return printText(resultText(difference), m_divergence || difference ? hasDiverged : ok);
}

QByteArray VerifyRun::resultText(const std::optional<app::CaptureDifference> &difference) const {
    QString what;
    std::optional<quint64> where;
    if (m_divergence) {
        where = m_divergence->instruction;
        what = u"%1 was %2, and is %3"_s.arg(m_divergence->what, m_divergence->expected, m_divergence->found);
    } else if (difference) {
        where = difference->instruction;
        what = difference->record > 0
                   ? u"record %1 of the capture (%2) is another one, from byte %3 on"_s
                         .arg(QString::number(difference->record), difference->text)
                         .arg(difference->offset)
                   : u"the capture is another one, from byte %1 on"_s.arg(difference->offset);
    }
    if (m_form == Form::json) {
        formats::JsonWriter json;
        json.beginObject();
        json.field(u"Same", what.isEmpty());
        json.field(u"Instructions", m_end ? QJsonValue(qint64(*m_end)) : QJsonValue(QJsonValue::Null));
        json.field(u"Difference", what.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(what));
        json.field(u"Instruction", where ? QJsonValue(qint64(*where)) : QJsonValue(QJsonValue::Null));
        json.endObject();
        return json.text();
    }
    if (what.isEmpty())
        return u"The same life: %1 instructions, the digests of %2, and every byte of the capture.\n"_s
            .arg(*m_end)
            .arg(m_snapshots == 1 ? u"1 snapshot"_s : u"%1 snapshots"_s.arg(m_snapshots))
            .toUtf8();
    return u"Another life%1: %2.\n"_s.arg(where ? u" at instruction %1"_s.arg(*where) : QString(), what)
        .toUtf8();
}

} // namespace nitroscope::cli
