// SPDX-License-Identifier: GPL-2.0-or-later
//
// One replay on the command line: to its end with the console, or to a place, where it is told how things stood or gdb takes
// over.
#pragma once

#include "app/cli/kit/signal_watch.hpp"
#include "app/cli/record/recording_text.hpp"
#include "app/session/run/live_session.hpp"

#include <QProcess>
#include <QTemporaryDir>

namespace nitroscope::cli {

struct ReplayOptions {
    app::Recording recording;
    app::LaunchSpec spec;
    std::optional<app::RecordingPlace> place; // nothing: to the end, or with gdb from the start
    bool console = false;                     // what had been written by then
    bool gdb = false;
    QString vmcore; // file for memory and registers at the place; empty: none is wanted
    QStringList gdbArguments;
    Form form = Form::text;
};

class ReplayRun : public QObject {
public:
    explicit ReplayRun(const ReplayOptions &options);
    int exec(); // the exit code

private:
    void onState(app::EnclaveSession::State state);
    void onArrival(quint64 instruction);
    void onEnd(const app::EndReason &reason);
    void begin();
    void seek();
    void tellMoment(quint64 instruction);
    void startGdb();
    void askRegisters();
    void writeCore(const QByteArray &registers);
    bool needsStub() const { return m_options.gdb || !m_options.vmcore.isEmpty(); }
    void onGdbEnd(int code);
    void stopWith(int code);
    void write(const QByteArray &bytes);

    ReplayOptions m_options;
    app::LiveSession m_session{app::LiveSession::Stream::ignored};
    SignalWatch m_signals;
    QTemporaryDir m_folder;
    QProcess m_gdb;
    QString m_socket; // of our gdb endpoint
    std::optional<int> m_code;
    bool m_hasBegun = false, m_hasEnded = false;
};

} // namespace nitroscope::cli
