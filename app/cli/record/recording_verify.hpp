// SPDX-License-Identifier: GPL-2.0-or-later
//
// `recording verify`: lives all of a recording again. The machine compares its digests of processor and memory as it goes;
// at the end the two captures must be the same, byte for byte.
#pragma once

#include "app/cli/record/recording_text.hpp"
#include "app/core/runtime_folder.hpp"
#include "app/session/record/capture_compare.hpp"
#include "app/session/run/live_session.hpp"

namespace nitroscope::cli {

class VerifyRun : public QObject {
public:
    VerifyRun(const app::Recording &recording, const QString &qemu, Form form);
    int exec(); // the exit code

private:
    void begin();
    void onEnd(const app::EndReason &reason);
    int tell();
    QByteArray resultText(const std::optional<app::CaptureDifference> &difference) const;

    app::Recording m_recording;
    app::LaunchSpec m_spec;
    Form m_form;
    std::optional<app::RuntimeFolder> m_folder; // of the second capture
    app::LiveSession m_session{app::LiveSession::Stream::ignored};
    std::optional<quint64> m_end;
    std::optional<app::ReplayDivergence> m_divergence;
    qsizetype m_snapshots = 0;
    bool m_hasBegun = false, m_isCut = false;
};

} // namespace nitroscope::cli
