// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the debugger's view of a kernel costs: recovering the symbols of packaged kernels against
// decompressing them alone, in turns and in processor time, so that what else the machine does changes
// nothing; and finding slide, log and tasks in the RAM of a guest that runs, from nothing, in wall time.
//   debugger_kernel [KERNEL...]      vmlinuz files; without, only the demo enclave's
#include "app/core/arch/x86/x86_64.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "app/formats/symbols/kernel_file.hpp"
#include "app/session/kernel/kernel_reader.hpp"
#include "app/session/run/guest_memory.hpp"
#include "tests/boot/support/guest.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <QCoreApplication>

using namespace nitroscope;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int rounds = 7;
constexpr double maxRatio = 1.5, mostSeconds = 0.5;

double processorSeconds() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
}

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

bool recoverAgainstDecompression(const QString &path) {
    std::vector<double> ratios, alone, whole;
    qsizetype count = 0;
    for (int i = 0; i < rounds; ++i) {
        const double start = processorSeconds();
        const auto file = symbols::openKernelFile(path);
        const double unpacked = processorSeconds();
        const auto again = symbols::openKernelFile(path).and_then(
            [](const symbols::KernelFile &kernel) { return symbols::kallsymsOf(kernel.vmlinux); });
        const double end = processorSeconds();
        if (!file || !again) {
            std::fprintf(stderr, "%s: no symbols\n", qPrintable(path));
            return false;
        }
        count = again->table.size();
        alone.push_back(unpacked - start);
        whole.push_back(end - unpacked);
        ratios.push_back((end - unpacked) / (unpacked - start));
    }
    const double ratio = median(ratios);
    std::printf("%s: %lld symbols in %.3f s, decompression alone %.3f s, ratio %.2f (at most %.1f)\n",
                qPrintable(path.section(u'/', -1)), static_cast<long long>(count), median(whole),
                median(alone), ratio, maxRatio);
    return ratio <= maxRatio;
}

bool readRunningGuest() {
    test::Guest guest;
    if (test::Guest::qemu().isEmpty() || test::Guest::demoEif().isEmpty() ||
        !guest.start({u"-M"_s, u"nitro-enclave,memory-backend=ram"_s, u"-object"_s,
                      u"memory-backend-memfd,id=ram,share=on,size=512M"_s, u"-m"_s, u"512M"_s, u"-kernel"_s,
                      test::Guest::demoEif()}) ||
        !guest.waitForConsole("nitroscope-demo: ready", 300)) {
        std::fprintf(stderr, "the demo enclave does not run\n");
        return false;
    }
    const auto image = symbols::KernelImage::open(test::Guest::demoEif());
    const auto ram = app::guestMemoryOfQemu(guest.processId());
    const auto memory = guest::PhysicalMemory::open(ram.value_or(QString()), arch::x86_64());
    if (!image || !memory)
        return false;
    std::vector<double> times;
    app::KernelView view;
    for (int i = 0; i < rounds; ++i) {
        app::KernelReader reader(*memory, *image);
        const auto start = std::chrono::steady_clock::now();
        view = reader.read();
        times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    const double seconds = *std::ranges::min_element(times);
    std::printf("slide 0x%llx, %lld lines of the log, %lld tasks in 512 MiB of RAM: %.3f s (at most %.1f)\n",
                static_cast<unsigned long long>(view.slide), static_cast<long long>(view.log.rows.size()),
                static_cast<long long>(view.tasks.rows.size()), seconds, mostSeconds);
    return view.isSlideKnown && view.log.rows.size() > 50 && view.tasks.rows.size() > 10 &&
           seconds <= mostSeconds;
}

} // namespace

int main(int argc, char **argv) {
    const QCoreApplication application(argc, argv);
    bool isGood = true;
    const QStringList arguments = QCoreApplication::arguments();
    for (const QString &kernel : arguments.mid(1))
        isGood = recoverAgainstDecompression(kernel) && isGood;
    if (arguments.size() == 1)
        isGood = recoverAgainstDecompression(test::Guest::demoEif());
    isGood = readRunningGuest() && isGood;
    if (!isGood)
        std::puts("MISSED: a figure is not reached");
    return isGood ? 0 : 1;
}
