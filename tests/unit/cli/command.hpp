// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs nitroscope-cli and keeps all it said.
#pragma once

#include <QProcess>
#include <QTest>

namespace nitroscope::tests {

struct CommandResult {
    int exitCode = -1; // -1 = it crashed, hung or did not start
    QByteArray output;
    QByteArray error;
};

inline void startCommand(QProcess &process, const QStringList &arguments) {
    process.setProgram(qEnvironmentVariable("NITROSCOPE_CLI"));
    process.setArguments(arguments);
    process.start();
}

inline CommandResult finishCommand(QProcess &process) {
    constexpr int patienceMs = 60'000;
    CommandResult result;
    if (process.waitForFinished(patienceMs) && process.exitStatus() == QProcess::NormalExit)
        result.exitCode = process.exitCode();
    result.output = process.readAllStandardOutput();
    if (process.processChannelMode() == QProcess::SeparateChannels)
        result.error = process.readAllStandardError();
    return result;
}

inline CommandResult runCommand(const QStringList &arguments, const QByteArray &input = {}) {
    QProcess process;
    startCommand(process, arguments);
    process.write(input);
    process.closeWriteChannel();
    return finishCommand(process);
}

} // namespace nitroscope::tests
