// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/launch_arguments.hpp"

#include "app/core/program_locations.hpp"
#include "app/session/launch/launch_options.hpp"
#include "qemu-machine/launch/limits.h"

#include <QFileInfo>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 mebibyte = 1024 * 1024;

QString absolute(const QString &path) {
    return QFileInfo(path).absoluteFilePath();
}

// As QEMU's options spell a value.
QString spelled(const LaunchOption &option, const LaunchSpec &spec) {
    const QVariant value = valueOf(option, spec);
    if (option.isSwitch())
        return value.toBool() ? u"on"_s : u"off"_s;
    if (option.kind == OptionKind::list)
        return value.toStringList().join(u';');
    const QString text = value.toString();
    return option.kind == OptionKind::path && !text.isEmpty() ? absolute(text) : text;
}

QString property(const char *name, const QString &value) {
    return u"%1=%2"_s.arg(QLatin1String(name), optionValue(value));
}

QString machineOption(const LaunchSpec &spec, bool captures, const LaunchChannels &channels) {
    QStringList machine{u"nitro-enclave"_s};
    for (const LaunchOption &option : launchOptions())
        if (option.qemu.where == QemuTarget::Where::machine && !isDefault(option, spec))
            machine << property(option.qemu.name, spelled(option, spec));
    if (!channels.vsock.isEmpty())
        machine << property("vsock-path", channels.vsock);
    if (captures)
        machine << u"capture=capture"_s;
    if (!spec.recordingPath.isEmpty())
        machine << property("recording", absolute(spec.recordingPath));
    machine << u"memory-backend=ram"_s;
    return machine.join(u',');
}

QString socketChardev(const char *id, const QString &path) {
    return u"socket,id=%1,path=%2,server=off"_s.arg(QLatin1String(id), optionValue(path));
}

// Empty when no option asks for the plugin. What it is not told it would do by default.
QString tracePlugin(const LaunchSpec &spec) {
    QStringList plugin{optionValue(shareFolder() + u"/nitroscope-trace.so"_s)};
    bool isWanted = false;
    for (const LaunchOption &option : launchOptions()) {
        if (option.qemu.where != QemuTarget::Where::plugin)
            continue;
        isWanted = isWanted || !isDefault(option, spec);
        if (const QString value = spelled(option, spec); !value.isEmpty())
            plugin << property(option.qemu.name, value);
    }
    return isWanted ? plugin.join(u',') : QString();
}

// Plugins that leave a file, which gets its names later.
QStringList lookingPlugins(const LaunchSpec &spec, const QString &folder) {
    QStringList plugins;
    const auto plugin = [&folder](const char *name, const char *file) {
        return optionValue(shareFolder() + u"/nitroscope-"_s + QLatin1String(name) + u".so"_s) + u',' +
               property("output", folder + u'/' + QLatin1String(file));
    };
    if (!spec.profilePath.isEmpty())
        plugins << u"-plugin"_s
                << plugin("profile", profileFindings) + u",period=%1"_s.arg(spec.profilePeriod);
    if (!spec.coveragePath.isEmpty())
        plugins << u"-plugin"_s << plugin("coverage", coverageFindings);
    return plugins;
}

// The file that QEMU itself writes the stream into; a recording's capture is in its folder.
QString captureFile(const LaunchSpec &spec) {
    if (!spec.recordingPath.isEmpty() && !spec.replays)
        return absolute(spec.recordingPath) + u'/' + QLatin1String(recordingCaptureName);
    return spec.capturePath.isEmpty() ? QString() : absolute(spec.capturePath);
}

// QEMU's log of all that comes from outside; the rest of a recording is the machine's.
QStringList recordingArguments(const LaunchSpec &spec) {
    if (spec.recordingPath.isEmpty())
        return {};
    const QString log = absolute(spec.recordingPath) + u'/' + QLatin1String(recordingEventsName);
    return {u"-icount"_s,
            u"shift=auto,rr=%1,rrfile=%2"_s.arg(spec.replays ? u"replay"_s : u"record"_s, optionValue(log))};
}

// What needs no more than its own argument.
QStringList ownArguments(const LaunchSpec &spec) {
    QStringList arguments;
    for (const LaunchOption &option : launchOptions()) {
        const QString value = spelled(option, spec);
        if (option.qemu.where == QemuTarget::Where::argument && !value.isEmpty())
            arguments << QLatin1String(option.qemu.name) << value;
        else if (option.qemu.where == QemuTarget::Where::device && !isDefault(option, spec))
            arguments << u"-global"_s << property(option.qemu.name, value);
    }
    return arguments;
}

} // namespace

quint64 defaultMemoryMiB(quint64 eifBytes) {
    // Divided first: a sparse file may claim almost 2^64 bytes.
    const quint64 eifMiB = eifBytes / mebibyte + (eifBytes % mebibyte != 0);
    return qMax(quint64(NITRO_MEMORY_MIB_DEFAULT), 4 * eifMiB);
}

quint64 memoryMiBOf(const LaunchSpec &spec, quint64 eifBytes) {
    return spec.memoryMiB ? spec.memoryMiB : defaultMemoryMiB(eifBytes);
}

QString optionValue(const QString &value) {
    QString doubled = value;
    return doubled.replace(u',', u",,"_s);
}

QStringList launchArguments(const LaunchSpec &spec, quint64 eifBytes, const LaunchChannels &channels) {
    const quint64 memory = memoryMiBOf(spec, eifBytes);
    QStringList arguments{
        u"-no-user-config"_s,
        u"-nodefaults"_s,
        u"-display"_s,
        u"none"_s,
        u"-machine"_s,
        machineOption(spec, !channels.capture.isEmpty() || !captureFile(spec).isEmpty(), channels),
        u"-m"_s,
        u"%1M"_s.arg(memory),
        // Shared with those who look into it (run/guest_memory.hpp), and in no file system.
        u"-object"_s,
        u"memory-backend-memfd,id=ram,share=on,size=%1M"_s.arg(memory),
        // A dead enclave stays, so that its last PCRs can still be asked for; we end QEMU ourselves.
        u"-action"_s,
        u"panic=pause,shutdown=pause"_s,
        // Events reach only a monitor that has negotiated, so nothing may happen before: start stopped.
        u"-S"_s,
        u"-chardev"_s,
        socketChardev("qmp", channels.qmp),
        u"-mon"_s,
        u"chardev=qmp,mode=control"_s,
        u"-chardev"_s,
        // Pipes, not a socket: see console_pipe.hpp.
        u"pipe,id=console,path=%1"_s.arg(optionValue(channels.console)),
        u"-serial"_s,
        u"chardev:console"_s,
    };
    // A reader of the socket also writes the file; then there is only one stream.
    if (!channels.capture.isEmpty())
        arguments << u"-chardev"_s << socketChardev("capture", channels.capture);
    else if (const QString file = captureFile(spec); !file.isEmpty())
        arguments << u"-chardev"_s << u"file,id=capture,path=%1"_s.arg(optionValue(file));
    arguments += recordingArguments(spec);
    if (!channels.gdbStub.isEmpty())
        arguments << u"-chardev"_s << socketChardev("gdb", channels.gdbStub) << u"-gdb"_s << u"chardev:gdb"_s;
    if (const QString plugin = tracePlugin(spec); !plugin.isEmpty())
        arguments << u"-plugin"_s << plugin;
    arguments += lookingPlugins(spec, channels.findings);
    arguments += ownArguments(spec);
    return arguments;
}

QString shellCommand(const QString &program, const QStringList &arguments) {
    static const QRegularExpression plain(u"^[A-Za-z0-9_@%+=:,./-]+$"_s);
    QStringList words;
    for (QString word : QStringList{program} + arguments) {
        if (!plain.match(word).hasMatch())
            word = u'\'' + word.replace(u'\'', u"'\\''"_s) + u'\'';
        words << word;
    }
    return words.join(u' ');
}

} // namespace nitroscope::app
