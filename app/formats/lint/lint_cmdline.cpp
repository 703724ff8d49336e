// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: the command line; see lint.hpp.

#include "app/formats/kernel/command_line.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

namespace {

// What the platform appends for its devices, " virtio_mmio.device=4K@0xd0000000:5" each.
constexpr qsizetype platformBytes = 2 * 35;

} // namespace

void lintCommandLine(LintReport &report, const EifDocument &document) {
    const int section = document.image().find(eif::SectionType::cmdline);
    if (section < 0)
        return;
    const QString where = sectionPlace(document.image(), section);
    const QString line = document.commandLine();
    QStringList words;
    for (const QByteArray &word : kernelWords(line.toUtf8()))
        words << QString::fromUtf8(word);
    const auto has = [&](QStringView word) { return words.contains(word); };
    const bool hasConsole =
        std::ranges::any_of(words, [](const QString &w) { return w.startsWith(u"console=ttyS0"); });
    if (!hasConsole)
        report.warning(
            "cmdline-no-console", where,
            u"Without console=ttyS0 nothing of the kernel is seen on the console, not even a panic."_s,
            u"Add console=ttyS0 to the command line (this changes PCR0 and PCR1)."_s);
    if (!has(u"reboot=k"))
        report.note("cmdline-no-reboot", where,
                    u"Without reboot=k the kernel may not find a way to end the enclave when init exits."_s,
                    u"Add reboot=k (this changes PCR0 and PCR1)."_s);
    if (std::ranges::none_of(words, [](const QString &w) { return w.startsWith(u"panic="); }))
        report.note(
            "cmdline-no-panic", where,
            u"Without panic=N an enclave whose kernel panicked goes on holding its CPUs and memory."_s,
            u"Add panic=30 (this changes PCR0 and PCR1)."_s);
    const auto length =
        static_cast<qsizetype>(document.image().sections[static_cast<size_t>(section)].dataSize);
    if (length + platformBytes > static_cast<qsizetype>(eif::usualMaxCmdline))
        report.error(
            "cmdline-too-long", where,
            u"It has %1 bytes; the hypervisor appends %2 bytes with the places of its devices, and of more than %3 in "
            "all the kernel does not see the end: it finds no devices, so the start fails with E36."_s
                .arg(length)
                .arg(platformBytes)
                .arg(eif::usualMaxCmdline),
            u"Shorten it to at most %1 bytes."_s.arg(eif::usualMaxCmdline - platformBytes));
    if (endsKernelWords(line.toUtf8()))
        report.error(
            "cmdline-dashes", where,
            u"What follows the word '--' goes to init and not to the kernel, rdinit= and the devices that the "
            "hypervisor appends included: it finds no devices, so the start fails with E36."_s,
            u"Remove the word."_s);
    if (const auto quote = openQuote(line.toUtf8()))
        report.error(
            "cmdline-open-quote", where,
            u"The quote at byte %1 has no second one: all that follows belongs to its value, the devices that the "
            "hypervisor appends included. The kernel finds no devices, so the start fails with E36."_s.arg(
                *quote),
            u"Close the quote, or remove it."_s);
    for (const QString &word : words)
        if (word.startsWith(u"virtio_mmio.device="))
            report.warning(
                "cmdline-names-devices", where,
                u"'%1' names a device; the hypervisor appends its own devices and may disagree."_s.arg(word),
                u"Remove it from the command line."_s);
}

} // namespace nitroscope::formats
