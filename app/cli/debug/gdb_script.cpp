// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/debug/gdb_script.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/core/program_locations.hpp"
#include "app/formats/symbols/elf_symbol_file.hpp"

#include <csignal>
#include <QFileInfo>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using app::BootPoint;

// gdb's own quoting of a file name.
QString quoted(const QString &path) {
    QString text = path;
    return u'"' + text.replace(u'\\', "\\\\"_L1).replace(u'"', "\\\""_L1) + u'"';
}

} // namespace

app::Result<QString> writeGdbScript(const GdbScript &script, const app::LiveTarget &target) {
    static const app::BootMap unknown;
    const app::BootMap &map = target.walk().map() ? *target.walk().map() : unknown;
    const auto slide = target.kernelSlide();
    const QString firmware = app::shareFolder() + u"/nitroscope-boot.elf"_s;
    QString kernel = map.vmlinuxPath; // of the very kernel in the EIF: has lines and types, too
    if (kernel.isEmpty() && map.hasSymbols()) {
        kernel = script.folder + u"/kernel-symbols.elf"_s;
        if (auto written = app::writeFile(
                kernel, symbols::elfSymbolFile(map.image->symbols(), target.architecture().elfMachine),
                app::FileRole::scratch);
            !written)
            return tl::unexpected(written.error());
    }

    QString text = u"set confirm off\nset pagination off\nset print thread-events off\n"_s;
    QString load;
    if (!kernel.isEmpty() && slide)
        load = u"symbol-file %1%2\n"_s.arg(quoted(kernel),
                                           *slide ? u" -o 0x%1"_s.arg(*slide, 0, 16) : QString());
    if (QFileInfo::exists(firmware))
        load += u"add-symbol-file %1\n"_s.arg(quoted(firmware));
    text += load;
    // gdb keeps the description it got when it connected; another mode of the CPU needs a new connection.
    text += u"define nitro-mode\n  disconnect\n  target remote %1\nend\n"
            "document nitro-mode\nConnect again, after the CPU has changed its mode.\nend\n"
            "define nitro-symbols\n  monitor symbols\n  source %2/symbols.gdb\nend\n"
            "document nitro-symbols\nLoad the kernel's symbols where the kernel runs.\nend\n"_s.arg(
                script.socket, QFileInfo(script.socket).absolutePath());
    text += u"target remote %1\n"_s.arg(script.socket);
    if (slide)
        for (const auto &[point, name] :
             {std::pair(BootPoint::startKernel, "start_kernel"), {BootPoint::initFirst, "run_init_process"}})
            if (const auto linked = map.symbol(name); linked && script.stage < point)
                text += u"tbreak *0x%1\n"_s.arg(*linked + *slide, 0, 16);
    const QString commands = script.folder + u"/commands.gdb"_s;
    if (auto written = app::writeFile(commands, text.toUtf8(), app::FileRole::scratch); !written)
        return tl::unexpected(written.error());
    return commands;
}

app::Result<void> startGdb(QProcess &gdb, const GdbScript &script, const app::LiveTarget &target,
                           const QStringList &arguments) {
    const auto commands = writeGdbScript(script, target);
    if (!commands)
        return tl::unexpected(commands.error());
    gdb.setProcessChannelMode(QProcess::ForwardedChannels);
    gdb.setInputChannelMode(QProcess::ForwardedInputChannel);
    gdb.setChildProcessModifier([] { std::signal(SIGINT, SIG_DFL); });
    gdb.start(u"gdb"_s, QStringList{u"-q"_s, u"-x"_s, *commands} + arguments);
    return {};
}

} // namespace nitroscope::cli
