// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: the structure of the file, where its readers disagree; see lint.hpp.

#include "app/formats/eif/eif_tree.hpp"
#include "app/formats/kernel/image_architecture.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

QString problemText(eif::Problem problem) {
    const std::string_view text = eif::text(problem);
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

namespace {

// "badMagic" → "bad-magic".
QByteArray ruleOf(eif::Problem problem) {
    QByteArray rule;
    for (const char c : eif::name(problem)) {
        if (c >= 'A' && c <= 'Z')
            rule += '-';
        rule += static_cast<char>(c | 0x20);
    }
    return rule;
}

// What else is worth knowing of a structural problem: how AWS's reader (nitro-cli describe-eif), QEMU and
// the hypervisor differ over it.
struct Disagreement {
    eif::Problem problem;
    const char *text;
};
constexpr Disagreement disagreements[] = {
    {eif::Problem::badMagic,
     "nitro-cli's describe-eif does not look at it; QEMU and the hypervisor refuse the file."},
    {eif::Problem::sectionGap, "nitro-cli's describe-eif walks from section to section without the table and "
                               "fails here (E35); the hypervisor "
                               "uses the table and boots; the CRC does not cover these bytes."},
    {eif::Problem::trailingBytes,
     "Fewer than 12 are ignored by all readers; from 12 on nitro-cli takes them for one more section."},
    {eif::Problem::sectionSizeMismatch,
     "nitro-cli reads only the section's own header, QEMU refuses the file, the hypervisor uses the table."},
    {eif::Problem::duplicateKernel, "nitro-cli measures both; QEMU and the hypervisor refuse the image."},
    {eif::Problem::duplicateCmdline, "nitro-cli measures both; QEMU and the hypervisor refuse the image."},
    {eif::Problem::sectionTypeUnknown, "nitro-cli and the hypervisor reject it; QEMU skips it."},
    {eif::Problem::sectionFlagsNotZero, "QEMU refuses it; nitro-cli does not look."},
    {eif::Problem::tooManySections, "nitro-cli ignores the number and the table."},
    {eif::Problem::unusedTableEntry, "nitro-cli ignores the table."},
};

} // namespace

QString sectionPlace(const eif::Image &image, int section) {
    if (section < 0)
        return u"header"_s;
    QString text = u"section %1"_s.arg(section);
    if (section >= image.sectionCount)
        return text;
    const eif::Section &found = image.sections[static_cast<size_t>(section)];
    text += u": "_s + sectionTypeText(found);
    if (found.type == eif::SectionType::ramdisk) {
        const auto before = image.used().first(static_cast<size_t>(section));
        text += u" %1"_s.arg(std::ranges::count(before, eif::SectionType::ramdisk, &eif::Section::type));
    }
    return text;
}

namespace {

// QEMU's own machine is stricter than the hypervisor.
void lintOtherMachine(LintReport &report, const EifDocument &document) {
    const eif::Header &header = document.image().header;
    if (document.size() < eif::headerSize || (header.version == eif::maxVersion && header.flags == 0))
        return;
    const bool isArm = architectureOf(header.flags) == ImageArchitecture::aarch64;
    QStringList reasons;
    if (header.version != eif::maxVersion)
        reasons << u"is version %1"_s.arg(header.version);
    if (isArm)
        reasons << u"is for aarch64"_s;
    if (header.flags & ~eif::flagsKnown)
        reasons << u"has reserved flags"_s;
    const bool isKnown = header.version >= eif::minVersion && header.version <= eif::maxVersion;
    report.note(
        "qemu-refuses", u"header"_s,
        u"QEMU's own nitro-enclave machine takes only version 4 images for x86_64 without flags; this one %1."_s
            .arg(reasons.join(u" and "_s)),
        isKnown ? u"Nothing, unless you want to start it there. EC2 takes it%1."_s.arg(
                      isArm ? u" on Graviton instances"_s : u""_s)
                : u"Build the image again with a current nitro-cli; EC2 does not take it either."_s,
        {eif::versionOffset, 4});
}

} // namespace

void lintStructure(LintReport &report, const EifDocument &document) {
    const eif::Image &image = document.image();
    for (const eif::Diagnostic &diagnostic : image.diagnostics) {
        QByteArray rule = ruleOf(diagnostic.problem);
        QString why = problemText(diagnostic.problem);
        QString advice = u"Build the image again; if it was copied, compare it with the original first."_s;
        const auto known = std::ranges::find(disagreements, diagnostic.problem, &Disagreement::problem);
        if (known != std::end(disagreements))
            why += u' ' + QString::fromLatin1(known->text);
        const bool isSignature =
            diagnostic.section >= 0 && diagnostic.section < image.sectionCount &&
            image.sections[static_cast<size_t>(diagnostic.section)].type == eif::SectionType::signature;
        if (diagnostic.problem == eif::Problem::sectionSizeMismatch && isSignature) {
            rule = "stale-signature-size";
            why +=
                u" nitro-cli's sign-eif leaves the old size there when the new signature has another one."_s;
            advice = u"Sign it again with `nitroscope-cli sign-eif`, which writes the right size."_s;
        }
        report.add(rule, toSeverity(diagnostic.severity), sectionPlace(image, diagnostic.section), why,
                   advice, {diagnostic.offset, diagnostic.length});
    }
    lintOtherMachine(report, document);
}

} // namespace nitroscope::formats
