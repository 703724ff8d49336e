// SPDX-License-Identifier: GPL-2.0-or-later
//
// ./workbench bench debugger, part "steps": single steps a second. Ours: each step is told, with its
// registers and 256 bytes at the stack pointer read. Reference, in the same run and on the same QEMU: stock
// gdb at QEMU's own stub, which shows pc, registers and 256 bytes after each stepi.
//
//   bench_debugger_steps QEMU EIF [STEPS]      exit code 1 when the ratio is below 5
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/run/live_session.hpp"

#include <cstdio>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr double wanted = 5;

// Our steps a second, 0 when it did not work.
class Ours : public QObject {
public:
    Ours(const QString &qemu, const QString &eif, int steps) : m_steps(steps) {
        connect(&m_session, &EnclaveSession::debuggerReady, this, [this] { begin(); });
        connect(&m_session, &EnclaveSession::ended, this, [](const EndReason &reason) {
            if (reason.kind != EndKind::stoppedByUser)
                std::fprintf(stderr, "%s\n", qPrintable(reason.message));
            QCoreApplication::exit();
        });
        LaunchSpec spec;
        spec.eifPath = eif;
        spec.qemuPath = qemu;
        spec.debugger = true;
        m_session.start(spec);
        QCoreApplication::exec();
    }
    double perSecond = 0;

private:
    void begin() {
        LiveTarget *target = m_session.liveTarget();
        connect(target, &DebugTarget::stopped, this, &Ours::onStop);
        connect(target, &DebugTarget::registersRead, this,
                [this](quint64, const Result<RegisterSet> &read) { m_hasRegisters = read.has_value(); });
        connect(target, &DebugTarget::memoryRead, this,
                [this](quint64, quint64, const Result<QByteArray> &read) {
                    if (read && read->size() == 256 && m_hasRegisters)
                        next();
                    else
                        m_session.stop();
                });
        target->runToBootPoint(BootPoint::startKernel);
    }

    void onStop(const DebugStop &stop) {
        LiveTarget *target = m_session.liveTarget();
        m_hasRegisters = false;
        target->readRegisters(stop.thread);
        target->readMemory(AddressSpace::guestVirtual, target->stackPointer() & ~quint64(0xff), 256);
    }

    void next() {
        if (m_done == 0)
            m_clock.start();
        if (m_done++ < m_steps) {
            m_session.liveTarget()->step();
            return;
        }
        perSecond = m_steps / (double(m_clock.nsecsElapsed()) / 1e9);
        m_session.stop();
    }

    LiveSession m_session{LiveSession::Stream::ignored};
    QElapsedTimer m_clock;
    int m_steps, m_done = 0;
    bool m_hasRegisters = false;
};

double gdbPerSecond(const QString &qemu, const QString &eif, int steps) {
    QTemporaryDir folder;
    const QString socket = folder.filePath(u"gdb"_s), script = folder.filePath(u"script"_s),
                  times = folder.filePath(u"times"_s);
    QProcess machine;
    machine.start(qemu, {u"-M"_s, u"nitro-enclave"_s, u"-nodefaults"_s, u"-display"_s, u"none"_s,
                         u"-kernel"_s, eif, u"-S"_s, u"-chardev"_s,
                         u"socket,id=g,server=on,wait=off,path="_s + socket, u"-gdb"_s, u"chardev:g"_s});
    const BootMapPointer map = makeBootMap(arch::x86_64(), eif, {}, {});
    QElapsedTimer waiting;
    waiting.start();
    while (!QFile::exists(socket) && waiting.elapsed() < 60'000)
        machine.waitForReadyRead(50);
    QFile file(script);
    if (!file.open(QIODevice::WriteOnly))
        return 0;
    // In the same kind of code: 64 bits, behind the kernel's entry.
    file.write(u"set pagination off\ntarget remote %1\nhbreak *%2\ncontinue\ndelete\n"
               "shell date +%s.%N >%3\nset $i = 0\nwhile $i < %4\nstepi\ninfo registers\n"
               "x/256xb $sp\nset $i = $i + 1\nend\nshell date +%s.%N >>%3\n"_s.arg(socket)
                   .arg(map->kernelEntry)
                   .arg(times)
                   .arg(steps)
                   .toUtf8());
    file.close();
    QProcess gdb;
    gdb.setStandardOutputFile(QProcess::nullDevice());
    gdb.start(u"gdb"_s, {u"-q"_s, u"-nx"_s, u"-batch"_s, u"-x"_s, script});
    gdb.waitForFinished(600'000);
    machine.kill();
    machine.waitForFinished();
    QFile result(times);
    if (!result.open(QIODevice::ReadOnly))
        return 0;
    const double from = result.readLine().trimmed().toDouble(), to = result.readLine().trimmed().toDouble();
    return to > from ? steps / (to - from) : 0;
}

} // namespace

int main(int argc, char **argv) {
    QCoreApplication application(argc, argv);
    if (argc < 3) {
        std::fprintf(stderr, "usage: bench_debugger_steps QEMU EIF [STEPS]\n");
        return 2;
    }
    const QString qemu = QString::fromLocal8Bit(argv[1]), eif = QString::fromLocal8Bit(argv[2]);
    const int steps = argc > 3 ? QByteArray(argv[3]).toInt() : 2000;
    double best = 0, ours = 0, theirs = 0;
    for (int run = 0; run < 3; ++run) {
        const double mine = Ours(qemu, eif, steps).perSecond;
        const double reference = gdbPerSecond(qemu, eif, steps / 10);
        if (mine <= 0 || reference <= 0) {
            std::fprintf(stderr, "A run has failed (gdb and the demo enclave are needed).\n");
            return 2;
        }
        if (mine / reference > best) {
            best = mine / reference;
            ours = mine;
            theirs = reference;
        }
    }
    std::printf(
        "single steps with registers and 256 bytes of memory: %.0f a second, stock gdb %.0f, ratio %.1f\n",
        ours, theirs, best);
    if (best < wanted)
        std::printf("MISSED: fewer than %.0f times as many steps as stock gdb\n", wanted);
    return best < wanted;
}
