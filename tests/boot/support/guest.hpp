// SPDX-License-Identifier: GPL-2.0-or-later
//
// A real enclave machine for tests: QEMU with its console on standard output and QMP on a Unix socket, waited
// for with deadlines. Tests may block; the app has its own asynchronous client.

#pragma once

#include <QJsonObject>
#include <QList>
#include <QLocalSocket>
#include <QProcess>
#include <QString>
#include <QStringList>
#include <QTemporaryDir>

#include <functional>

namespace nitroscope::test {

class Guest {
public:
    Guest() = default;
    ~Guest();

    // The machine under test is x86-64's, or with this variable set to arm64 the one for aarch64, which only
    // `./workbench build arm64` makes. A test that is the same for both runs once for each (tests/boot/CMakeLists.txt).
    static constexpr auto machineVariable = "NITROSCOPE_TEST_MACHINE";
    static bool isArm64() { return qgetenv(machineVariable) == "arm64"; }

    // The QEMU in build/bin for the machine under test, or empty when there is none.
    static QString qemu();
    // Its demo enclave in build/demo, or empty.
    static QString demoEif();
    // Why a test cannot run; nullptr when it can.
    static const char *missing();

    // Starts `-M nitro-enclave` with these further arguments and connects QMP. False when QEMU ended
    // instead; then errorOutput() has its message. `beforeRunning` may use command() before the first
    // instruction.
    bool start(const QStringList &arguments, const std::function<void()> &beforeRunning = {});

    // True once `text` has appeared on the console; false after `seconds` or when QEMU ended without it.
    bool waitForConsole(const QByteArray &text, int seconds);
    // The data of the first event of this name, waiting for it if need be; empty object after `seconds`.
    QJsonObject waitForEvent(const QString &name, int seconds);
    // Waits until QEMU ends by itself.
    bool waitForExit(int seconds);

    // The `return` member of a command's reply, or an object with `error`.
    QJsonValue command(const QString &name, const QJsonObject &arguments = {});
    void type(const QByteArray &text);

    const QByteArray &console() const { return m_console; }
    const QList<QJsonObject> &events() const { return m_events; }
    QByteArray errorOutput();
    int exitCode() const { return m_process.exitCode(); }
    qint64 processId() const { return m_process.processId(); }

private:
    void pump(int milliseconds);
    void takeLines();

    QTemporaryDir m_folder;
    QProcess m_process;
    QLocalSocket m_qmp;
    QByteArray m_console, m_errors, m_pending;
    QList<QJsonObject> m_events, m_replies;
};

} // namespace nitroscope::test

// Skips the running test with the reason when QEMU or the demo enclave is missing.
#define NITROSCOPE_REQUIRE_GUEST()                                                                           \
    if (const char *missing = nitroscope::test::Guest::missing())                                            \
    QSKIP(missing)
