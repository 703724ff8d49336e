// SPDX-License-Identifier: GPL-2.0-or-later
//
// The beginning of an enclave's life, recorded with QEMU's own record/replay, and its replay under the debugger.
#pragma once

#include "app/core/architectures.hpp"
#include "app/session/debug/live_target.hpp"
#include "app/session/gdb/gdb_endpoint.hpp"
#include "app/session/run/guest_memory.hpp"
#include "tests/boot/support/guest.hpp"

#include <QtEndian>
#include <QtTest>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

// A qcow2 image of one empty cluster, for snapshots (qemu/docs/interop/qcow2.rst, version 3).
inline QByteArray emptyQcow2() {
    constexpr qsizetype cluster = 65536;
    QByteArray image(4 * cluster, '\0');
    const auto put = [&image](qsizetype at, auto value) { qToBigEndian(value, image.data() + at); };
    put(0, quint32(0x514649fb));        // magic
    put(4, quint32(3));                 // version
    put(20, quint32(16));               // cluster bits
    put(24, quint64(cluster));          // size of the disk
    put(36, quint32(1));                // entries of the L1 table,
    put(40, quint64(3 * cluster));      // and where it is
    put(48, quint64(cluster));          // refcount table
    put(56, quint32(1));                // clusters of it
    put(96, quint32(4));                // refcounts have 16 bits
    put(100, quint32(104));             // bytes of this header
    put(cluster, quint64(2 * cluster)); // the one refcount block
    for (int used = 0; used < 4; ++used)
        put(2 * cluster + 2 * used, quint16(1));
    return image;
}

struct ReplayBench {
    static constexpr int patience = 240'000; // milliseconds

    QTemporaryDir folder;
    QProcess qemu;
    app::MachineControl machine;
    std::unique_ptr<app::GdbEndpoint> gdb;
    std::unique_ptr<app::LiveTarget> target;
    QString socket;
    QVector<app::DebugStop> stops;
    QStringList problems;
    std::optional<app::HistoryAnswer> answer;

    ~ReplayBench() {
        target.reset();
        gdb.reset();
        qemu.kill();
        qemu.waitForFinished(10'000);
    }

    QStringList arguments(const char *mode) const {
        return {
            u"-machine"_s, u"nitro-enclave,memory-backend=ram"_s, u"-m"_s, u"256M"_s, u"-object"_s,
            u"memory-backend-memfd,id=ram,share=on,size=256M"_s, u"-kernel"_s, Guest::demoEif(), u"-append"_s,
            u"nokaslr"_s, u"-action"_s, u"panic=pause,shutdown=pause"_s,
            // Its reset, which is part of going back, may wait for a CPU that waits for the one who resets.
            u"-global"_s, u"apic.vapic=off"_s, u"-drive"_s,
            u"file=%1,if=none,id=rr"_s.arg(folder.filePath(u"snapshots.qcow2"_s)), u"-icount"_s,
            u"shift=auto,rr=%1,rrsnapshot=init,rrfile=%2"_s.arg(QLatin1String(mode),
                                                                folder.filePath(u"events.log"_s))};
    }

    // Until the kernel has said this much.
    bool record(const QByteArray &line) {
        QFile disk(folder.filePath(u"snapshots.qcow2"_s));
        if (!disk.open(QIODevice::WriteOnly) || disk.write(emptyQcow2()) < 0)
            return false;
        disk.close();
        Guest guest;
        if (!guest.start(arguments("record")) || !guest.waitForConsole(line, patience / 1000)) {
            qWarning() << guest.errorOutput() << guest.console().right(300);
            return false;
        }
        guest.command(u"quit"_s); // an answer may not come
        return guest.waitForExit(60);
    }

    bool replay() {
        gdb = std::make_unique<app::GdbEndpoint>(arch::usualArchitecture());
        const QString stub = folder.filePath(u"stub"_s);
        if (!gdb->listen(stub, folder.filePath(u"gdb"_s)))
            return false;
        qemu.setProcessChannelMode(QProcess::MergedChannels);
        qemu.start(Guest::qemu(),
                   QStringList{u"-no-user-config"_s, u"-nodefaults"_s, u"-display"_s, u"none"_s, u"-serial"_s,
                               u"null"_s, u"-S"_s, u"-chardev"_s,
                               u"socket,id=gdb,path=%1,server=off"_s.arg(stub), u"-gdb"_s, u"chardev:gdb"_s} +
                       arguments("replay"));
        if (!wait([this] { return gdb->broker() && gdb->broker()->isReady(); }))
            return false;
        const auto memory = app::guestMemoryOfQemu(qemu.processId());
        if (!memory) {
            qWarning() << memory.error().text();
            return false;
        }
        target = std::make_unique<app::LiveTarget>(
            gdb->broker(), &machine, app::LiveTargetFiles{Guest::demoEif(), u"nokaslr"_s, {}, *memory});
        socket = gdb->clientPath();
        QObject::connect(target.get(), &app::DebugTarget::stopped, target.get(),
                         [this](const app::DebugStop &stop) { stops.append(stop); });
        QObject::connect(target.get(), &app::DebugTarget::problem, target.get(),
                         [this](const app::Error &error) { problems << error.message; });
        QObject::connect(target.get(), &app::DebugTarget::answered, target.get(),
                         [this](const app::HistoryAnswer &told) { answer = told; });
        bool isPrepared = false;
        QObject context;
        QObject::connect(target.get(), &app::LiveTarget::prepared, &context, [&] { isPrepared = true; });
        return wait([&] { return isPrepared; });
    }

    template <class Condition>
    bool wait(Condition condition) {
        const bool held =
            QTest::qWaitFor([&] { return condition() || qemu.state() == QProcess::NotRunning; }, patience) &&
            condition();
        if (!held)
            qWarning() << "waited in vain" << problems << qemu.readAll().right(500);
        return held;
    }
    // The stop that is told next.
    template <class Go>
    app::DebugStop stopAfter(Go go) {
        const qsizetype before = stops.size();
        go();
        return wait([&] { return stops.size() > before; }) ? stops.last() : app::DebugStop();
    }
    app::DebugStop stopAfter(void (app::DebugTarget::*go)()) {
        return stopAfter([&] { (target.get()->*go)(); });
    }
    std::optional<app::HistoryAnswer> ask(const app::HistoryQuestion &question) {
        answer.reset();
        target->ask(question);
        wait([&] { return answer.has_value(); });
        return answer;
    }
    QByteArray registers() const { return gdb->broker()->lastStop()->registers; }
    quint64 symbol(const char *name) const {
        return target->symbols()->address(QString::fromLatin1(name)).value_or(0);
    }
    quint64 instruction() const { return stops.isEmpty() ? 0 : stops.last().instruction.value_or(0); }
};

} // namespace nitroscope::test
