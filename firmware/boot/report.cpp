// SPDX-License-Identifier: GPL-2.0-or-later
#include "firmware/boot/report.hpp"

#include "firmware/boot/console.hpp"
#include "firmware/boot/cpu.hpp"
#include "firmware/boot/ports.hpp"
#include "firmware/boot/text.hpp"

namespace nitroscope::boot {

namespace {

nitro_boot_report report; // the machine reads it while the port is being written

void send(uint8_t kind, Stage stage, std::string_view words) {
    report.magic = NITRO_BOOT_REPORT_MAGIC;
    report.version = NITRO_BOOT_REPORT_VERSION;
    report.kind = kind;
    report.stage = static_cast<uint8_t>(stage);
    for (size_t i = 0; i < sizeof report.text; ++i)
        report.text[i] = i < words.size() && i + 1 < sizeof report.text ? words[i] : '\0';
    writeBootPort(static_cast<uint32_t>(physicalAddress(&report)));
}

std::string_view name(Stage stage) {
    constexpr std::string_view names[] = {"reset", "header", "crc", "kernel", "ramdisk", "handoff"};
    return names[static_cast<unsigned>(stage)];
}

// " (section 2, offset 0x1bf9)"
void addPlace(Text &line, const eif::Diagnostic &diagnostic) {
    line.add(" (");
    if (diagnostic.section >= 0)
        line.add("section ").decimal(static_cast<uint64_t>(diagnostic.section)).add(", ");
    line.add("offset ").hex(diagnostic.offset).add(")");
}

void sendDiagnostic(uint8_t kind, Stage stage, const eif::Diagnostic &diagnostic) {
    report.index = diagnostic.section >= 0 ? static_cast<uint32_t>(diagnostic.section) : NITRO_BOOT_NO_INDEX;
    report.reason = static_cast<uint32_t>(diagnostic.problem);
    report.offset = diagnostic.offset;
    report.found = diagnostic.found;
    report.expected = diagnostic.expected;
    send(kind, stage, eif::text(diagnostic.problem));
}

} // namespace

void reportStage(Stage stage, std::string_view words, uint32_t index) {
    report.index = index;
    report.reason = 0;
    report.offset = noOffset;
    report.found = report.expected = 0;
    send(NITRO_BOOT_REPORT_STAGE, stage, words);
    printLine(words);
}

void reportWarning(Stage stage, const eif::Diagnostic &diagnostic) {
    Text line("warning at ");
    line.add(name(stage)).add(": ").add(eif::text(diagnostic.problem));
    addPlace(line, diagnostic);
    printLine(line.view());
    sendDiagnostic(NITRO_BOOT_REPORT_WARNING, stage, diagnostic);
}

void fail(Stage stage, const eif::Diagnostic &diagnostic) {
    Text line("boot failed at ");
    line.add(name(stage)).add(": ").add(eif::text(diagnostic.problem));
    addPlace(line, diagnostic);
    printLine(line.view());
    sendDiagnostic(NITRO_BOOT_REPORT_FAILURE, stage, diagnostic);
    stop();
}

void fail(Stage stage, const Failure &failure) {
    printLine(Text("boot failed at ").add(name(stage)).add(": ").add(failure.sentence).view());
    report.index = NITRO_BOOT_NO_INDEX;
    report.reason = failure.reason;
    report.offset = noOffset;
    report.found = failure.found;
    report.expected = failure.expected;
    send(NITRO_BOOT_REPORT_FAILURE, stage, failure.sentence);
    stop();
}

} // namespace nitroscope::boot
