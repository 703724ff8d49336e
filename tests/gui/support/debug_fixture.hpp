// SPDX-License-Identifier: GPL-2.0-or-later
//
// A fake machine as the debugger would find a real one in the middle of its boot: code, stack, frames,
// threads, kernel, symbols and source places.
#pragma once

#include "tests/support/debug/fake_target.hpp"

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

inline app::KernelView kernelView() {
    app::KernelView view;
    view.release = u"6.12.95"_s;
    view.slide = 0x1c000000;
    view.isSlideKnown = true;
    const std::tuple<quint64, int, const char *> lines[] = {
        {0, 5, "Linux version 6.12.95 (nitroscope@demo) (gcc 12.2.0) #1 SMP"},
        {0, 6, "Command line: reboot=k panic=30 pci=off nomodules console=ttyS0"},
        {4'213'000, 6, "kvm-clock: Using msrs 4b564d01 and 4b564d00"},
        {131'101'000, 4, "virtio-mmio virtio-mmio.0: Failed to enable 64-bit or 32-bit DMA."},
        {204'310'000, 6, "nsm virtio1: NSM ready"},
        {222'000'000, 3, "nsm: hwrng registration failed (-19)"},
        {311'882'000, 6, "Run /init as init process"}};
    quint64 sequence = 0;
    for (const auto &[time, level, text] : lines)
        view.log.rows.append({sequence++, time, level, QString::fromLatin1(text), u"T1"_s});
    view.log.source = u"VMCOREINFO"_s;
    const quint64 task = 0xffff888003238000;
    view.tasks.rows = {{0, 0, u"swapper/0"_s, u"R"_s, 0xffffffff8280c940, 0xffffffff82800000, 0, true},
                       {1, 0, u"init"_s, u"S"_s, task, 0xffffc90000010000, {}, false},
                       {2, 0, u"kthreadd"_s, u"S"_s, task + 0x4000, 0xffffc90000018000, {}, true},
                       {14, 2, u"ksoftirqd/0"_s, u"S"_s, task + 0x8000, 0xffffc90000078000, {}, true},
                       {41, 1, u"demo-app"_s, u"D"_s, task + 0xc000, 0xffffc900001e0000, {}, false}};
    view.tasks.source = u"BTF"_s;
    view.modules.unavailable = u"not available, because this kernel has been built without modules"_s;
    return view;
}

inline QVector<app::DebugFrame> frames() {
    using Method = app::DebugFrame::Method;
    const auto frame = [](int level, quint64 pc, const char *place, const char *module, const char *source,
                          Method method, bool isUser = false, bool isInline = false) {
        app::DebugFrame f;
        f.level = level;
        f.pc = pc;
        f.sp = 0xffffffff82403f98 + static_cast<quint64>(level) * 0x20;
        f.place = QString::fromLatin1(place);
        f.module = QString::fromLatin1(module);
        f.source = QString::fromLatin1(source);
        f.method = method;
        f.isUser = isUser;
        f.isInline = isInline;
        return f;
    };
    return {
        frame(0, 0xffffffff8100002f, "count_bytes", "vmlinux", "lib/string.c:41", Method::registers),
        frame(1, 0xffffffff81000016, "start_kernel+0x16", "vmlinux", "init/main.c:907", Method::orc),
        frame(1, 0xffffffff81000016, "setup_arch", "vmlinux", "init/main.c:880", Method::orc, false, true),
        frame(2, 0xffffffff81000072, "secondary_startup_64+0x2", "vmlinux", "", Method::framePointer),
        frame(3, 0x401a30, "main+0x20", "init", "init/main.cpp:112", Method::cfi, true),
        frame(4, 0x401000, "", "init", "", Method::guess, true)};
}

// Loads the 64-bit program with everything around it.
inline void prepare(app::FakeTarget &target) {
    target.setFrames(frames());
    target.setKernel(kernelView());
    target.setThreads({{1, u"CPU 0"_s, u"running"_s, 0, true, u"init (1)"_s},
                       {2, u"CPU 1"_s, u"halted"_s, 0xffffffff81a2f10b, false, u"swapper/1 (0)"_s}});
    target.load(app::FakeProgram::bits64());
    app::FakeSymbols &symbols = target.makeSymbols();
    const quint64 base = app::FakeProgram::bits64().base;
    symbols.addSource(base, {{u"init/main.c"_s, 905, u"start_kernel"_s}});
    symbols.addSource(base + 0xa, {{u"init/main.c"_s, 907, u"start_kernel"_s}});
    symbols.addSource(base + 0x1e, {{u"init/main.c"_s, 910, u"start_kernel"_s}});
    symbols.addSource(base + 0x2f, {{u"lib/string.c"_s, 41, u"count_bytes"_s}});
    target.publish();
}

} // namespace nitroscope::test
