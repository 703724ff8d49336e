// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU driven from outside, for tests of devices: the accelerator is `qtest`, so no guest instruction runs,
// and the test itself does the guest's memory and port accesses (QEMU's docs/devel/testing/qtest.rst
// describes the protocol). Beside it there is QMP. Calls block with deadlines; the app has its own
// asynchronous client.
#pragma once

#include <QJsonObject>
#include <QList>
#include <QLocalServer>
#include <QLocalSocket>
#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

#include <memory>
#include <optional>

namespace nitroscope::test {

class QtestMachine {
public:
    QtestMachine();
    ~QtestMachine();
    Q_DISABLE_COPY_MOVE(QtestMachine)

    // build/bin/qemu-system-x86_64, or empty when it has not been built.
    static QString qemu();

    // Starts `-M nitro-enclave` (or with `-M` in the arguments, that) with a ROM of zeros. False when QEMU
    // ended instead of accepting connections; then errorOutput() has its words and exitCode() its exit code.
    bool start(const QStringList &arguments = {});
    // Runs until QEMU ends by itself; false after 60 seconds.
    bool waitForExit();
    int exitCode() const { return m_process.exitCode(); }
    qint64 processId() const { return m_process.processId(); }
    QByteArray errorOutput();

    // QMP: the `return` member, or the whole error object under "error".
    QJsonValue command(const QString &name, const QJsonObject &arguments = {});
    // Data of the first event of that name from now on or already received; empty object after 60 seconds.
    // Takes it out of the list.
    QJsonObject takeEvent(const QString &name);
    // All events so far, oldest first.
    const QList<QJsonObject> &events() const { return m_events; }

    // Guest-physical memory and I/O ports; widths in bits. A refused access reads as all ones.
    quint32 read32(quint64 address);
    void write32(quint64 address, quint32 value);
    QByteArray readMemory(quint64 address, qsizetype size);
    void writeMemory(quint64 address, const QByteArray &bytes);
    quint32 in32(quint16 port);
    void out32(quint16 port, quint32 value);
    void out8(quint16 port, quint8 value);
    // The virtual clock, which stands still otherwise; timers fire on the way.
    void advanceClock(qint64 nanoseconds);

private:
    std::optional<QByteArray> qtest(const QByteArray &line);
    std::unique_ptr<QLocalSocket> accept(QLocalServer &server);
    bool readObject(int milliseconds, QJsonObject &object);

    QTemporaryDir m_folder;
    QProcess m_process;
    QLocalServer m_qtestServer, m_qmpServer;
    std::unique_ptr<QLocalSocket> m_qtest, m_qmp;
    QByteArray m_errors;
    QList<QJsonObject> m_events;
};

} // namespace nitroscope::test
