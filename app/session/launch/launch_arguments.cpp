// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/launch_arguments.hpp"

#include "app/core/program_locations.hpp"

#include <QFileInfo>
#include <QRegularExpression>

namespace nitroscope::app {
namespace {

constexpr quint64 mebibyte = 1024 * 1024;
constexpr quint64 leastMemoryMiB = 512;

QString absolute(const QString &path) {
    return QFileInfo(path).absoluteFilePath();
}

QString machineOption(const LaunchSpec &spec, bool captures, const LaunchChannels &channels) {
    QString machine = QStringLiteral("nitro-enclave");
    const auto add = [&machine](const char *name, const QString &value) {
        machine += QStringLiteral(",%1=%2").arg(QLatin1String(name), optionValue(value));
    };
    if (spec.debugMode)
        add("debug-mode", QStringLiteral("on"));
    if (!spec.strict)
        add("strict", QStringLiteral("off"));
    if (!spec.moduleId.isEmpty())
        add("module-id", spec.moduleId);
    if (!spec.parentRole.isEmpty())
        add("parent-role", spec.parentRole);
    if (!spec.parentId.isEmpty())
        add("parent-id", spec.parentId);
    if (spec.vsock.cid != 0)
        add("enclave-cid", QString::number(spec.vsock.cid));
    if (!channels.vsock.isEmpty())
        add("vsock-path", channels.vsock);
    if (!spec.vsock.routes.isEmpty())
        add("vsock-routes", spec.vsock.routes.join(u';'));
    if (!spec.vsock.heartbeat.isEmpty())
        add("heartbeat", spec.vsock.heartbeat);
    if (captures)
        add("capture", QStringLiteral("capture"));
    if (!channels.ram.isEmpty())
        add("memory-backend", QStringLiteral("ram"));
    return machine;
}

QString socketChardev(const char *id, const QString &path) {
    return QStringLiteral("socket,id=%1,path=%2,server=off").arg(QLatin1String(id), optionValue(path));
}

QString tracePlugin(const LaunchSpec &spec) {
    QString plugin = optionValue(shareFolder() + QStringLiteral("/nitroscope-trace.so"));
    plugin += spec.traceSystemCalls ? QStringLiteral(",syscalls=on") : QStringLiteral(",syscalls=off");
    if (!spec.firstCallsPath.isEmpty())
        plugin += QStringLiteral(",first-calls=") + optionValue(absolute(spec.firstCallsPath));
    return plugin;
}

} // namespace

quint64 defaultMemoryMiB(quint64 eifBytes) {
    // Divided first: a sparse file may claim almost 2^64 bytes.
    const quint64 eifMiB = eifBytes / mebibyte + (eifBytes % mebibyte != 0);
    return qMax(leastMemoryMiB, 4 * eifMiB);
}

quint64 memoryMiBOf(const LaunchSpec &spec, quint64 eifBytes) {
    return spec.memoryMiB ? spec.memoryMiB : defaultMemoryMiB(eifBytes);
}

QString optionValue(const QString &value) {
    QString doubled = value;
    return doubled.replace(u',', QStringLiteral(",,"));
}

QStringList launchArguments(const LaunchSpec &spec, quint64 eifBytes, const LaunchChannels &channels) {
    const quint64 memory = memoryMiBOf(spec, eifBytes);
    QStringList arguments{
        QStringLiteral("-no-user-config"),
        QStringLiteral("-nodefaults"),
        QStringLiteral("-display"),
        QStringLiteral("none"),
        QStringLiteral("-machine"),
        machineOption(spec, !channels.capture.isEmpty() || !spec.capturePath.isEmpty(), channels),
        // Rather than the machine's `eif`: QEMU refuses -append and -initrd without it.
        QStringLiteral("-kernel"),
        absolute(spec.eifPath),
        QStringLiteral("-accel"),
        spec.accelerator == Accelerator::kvm ? QStringLiteral("kvm") : QStringLiteral("tcg"),
        QStringLiteral("-m"),
        QStringLiteral("%1M").arg(memory),
        QStringLiteral("-smp"),
        QString::number(spec.cpuCount),
        // A dead enclave stays, so that its last PCRs can still be asked for; we end QEMU ourselves.
        QStringLiteral("-action"),
        QStringLiteral("panic=pause,shutdown=pause"),
        // Events reach only a monitor that has negotiated, so nothing may happen before: start stopped.
        QStringLiteral("-S"),
        QStringLiteral("-chardev"),
        socketChardev("qmp", channels.qmp),
        QStringLiteral("-mon"),
        QStringLiteral("chardev=qmp,mode=control"),
        QStringLiteral("-chardev"),
        // Pipes, not a socket: see console_pipe.hpp.
        QStringLiteral("pipe,id=console,path=%1").arg(optionValue(channels.console)),
        QStringLiteral("-serial"),
        QStringLiteral("chardev:console"),
    };
    // A reader of the socket also writes the file; then there is only one stream.
    if (!channels.capture.isEmpty())
        arguments << QStringLiteral("-chardev") << socketChardev("capture", channels.capture);
    else if (!spec.capturePath.isEmpty())
        arguments << QStringLiteral("-chardev")
                  << QStringLiteral("file,id=capture,path=%1").arg(optionValue(absolute(spec.capturePath)));
    if (!channels.ram.isEmpty())
        arguments << QStringLiteral("-object")
                  << QStringLiteral("memory-backend-file,id=ram,share=on,mem-path=%1,size=%2M")
                         .arg(optionValue(channels.ram))
                         .arg(memory);
    if (!channels.gdbStub.isEmpty())
        arguments << QStringLiteral("-chardev") << socketChardev("gdb", channels.gdbStub)
                  << QStringLiteral("-gdb") << QStringLiteral("chardev:gdb");
    if (spec.traceSystemCalls || !spec.firstCallsPath.isEmpty())
        arguments << QStringLiteral("-plugin") << tracePlugin(spec);
    const auto global = [&arguments](const char *property, const QString &value) {
        arguments << QStringLiteral("-global")
                  << QStringLiteral("virtio-vsock-device.%1=%2").arg(QLatin1String(property), value);
    };
    if (spec.vsock.heartbeatDelay > 0)
        global("heartbeat-delay", QString::number(spec.vsock.heartbeatDelay));
    if (!spec.vsock.seqpacket)
        global("seqpacket", QStringLiteral("off"));
    if (spec.vsock.refuseCid2)
        global("refuse-cid2", QStringLiteral("on"));
    if (!spec.append.isEmpty())
        arguments << QStringLiteral("-append") << spec.append;
    if (!spec.initrdPath.isEmpty())
        arguments << QStringLiteral("-initrd") << absolute(spec.initrdPath);
    return arguments;
}

QString shellCommand(const QString &program, const QStringList &arguments) {
    static const QRegularExpression plain(QStringLiteral("^[A-Za-z0-9_@%+=:,./-]+$"));
    QStringList words;
    for (QString word : QStringList{program} + arguments) {
        if (!plain.match(word).hasMatch())
            word = u'\'' + word.replace(u'\'', QStringLiteral("'\\''")) + u'\'';
        words << word;
    }
    return words.join(u' ');
}

} // namespace nitroscope::app
