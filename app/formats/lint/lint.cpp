// SPDX-License-Identifier: GPL-2.0-or-later
//
// See lint.hpp: the order of the rules, and those about the file as a whole.

#include "app/formats/lint/lint.hpp"

#include "app/formats/eif/eif_tree.hpp"
#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/launch.h"
#include "qemu-machine/launch/signature_check.hpp"

#include <algorithm>
#include <QDateTime>
#include <QJsonArray>

namespace nitroscope::formats {

namespace {

constexpr size_t mostFindings = 500; // a hostile file has any number; the worst thousand tell nothing more

QString problemText(eif::Problem problem) {
    const std::string_view text = eif::text(problem);
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

/// "badMagic" → "bad-magic".
QByteArray ruleOf(eif::Problem problem) {
    QByteArray rule;
    for (const char c : eif::name(problem)) {
        if (c >= 'A' && c <= 'Z')
            rule += '-';
        rule += static_cast<char>(c | 0x20);
    }
    return rule;
}

/// What else is worth knowing of a structural problem: how AWS's reader (nitro-cli describe-eif), QEMU and
/// the hypervisor differ over it.
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

void LintReport::add(const QByteArray &rule, Severity severity, const QString &where, const QString &why,
                     const QString &advice, ByteRange range) {
    if (m_findings.size() < mostFindings)
        m_findings.push_back({QString::fromLatin1(rule), severity, where, why, advice, range});
}

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
        Severity severity = toSeverity(diagnostic.severity);
        if (diagnostic.problem == eif::Problem::wrongArchitecture) {
            severity = Severity::note;
            why =
                u"The image is for aarch64: it starts on Graviton instances, not on x86_64 ones and not in this workbench."_s;
            advice = u"Nothing, if that is meant."_s;
        }
        report.add(rule, severity, sectionPlace(image, diagnostic.section), why, advice,
                   {diagnostic.offset, diagnostic.length});
    }
    const bool isArm = image.header.flags & eif::flagArm64;
    if (document.size() >= eif::headerSize &&
        (image.header.version != eif::maxVersion || image.header.flags != 0))
        report.note(
            "qemu-refuses", u"header"_s,
            u"QEMU's own nitro-enclave machine takes only version 4 images for x86_64; this one is version %1%2."_s
                .arg(image.header.version)
                .arg(isArm ? u" for aarch64"_s : u""_s),
            u"Nothing, unless you want to start it there. EC2 takes it%1."_s.arg(
                isArm ? u" on Graviton instances"_s : u""_s),
            {eif::versionOffset, 4});
}

app::Result<std::vector<LintFinding>> lintEif(const EifDocument &document, const LintOptions &options) {
    const std::stop_token stop = options.limits.unpack.stop;
    LintReport report;
    lintStructure(report, document);
    lintMetadata(report, document);
    lintCommandLine(report, document);
    const auto ramdisks = readRamdisks(document.source(), document.image(), options.limits);
    if (!ramdisks)
        return tl::unexpected(ramdisks.error());
    const auto kernel = lintKernel(report, document, *ramdisks, options.limits.unpack);
    if (!kernel)
        return tl::unexpected(kernel.error());
    lintRamdisks(report, document, *ramdisks, *kernel);
    lintPrograms(report, document, *ramdisks);
    lintMemory(report, document, *ramdisks);
    std::optional<EifMeasurements> measurements = options.measured;
    if (options.measures && !measurements) {
        auto measured = document.measurements(stop);
        if (!measured && measured.error().code == u"cancelled"_s)
            return tl::unexpected(measured.error());
        if (measured)
            measurements = std::move(*measured);
        else
            report.error("file-changed", u"file"_s, measured.error().text(), u"Try again."_s);
    }
    lintSignature(report, document, measurements ? &*measurements : nullptr,
                  options.now.value_or(QDateTime::currentSecsSinceEpoch()));
    return report.take();
}

void lintSignature(LintReport &report, const EifDocument &document, const EifMeasurements *measurements,
                   qint64 now) {
    const eif::Image &image = document.image();
    const QString where = sectionPlace(image, image.find(eif::SectionType::signature));
    if (measurements && measurements->computedCrc && !measurements->isCrcGood())
        report.error(
            "crc-mismatch", u"header"_s,
            u"The CRC32 is %1, the header says %2: the file was damaged or changed after it was built."_s.arg(
                hexText(*measurements->computedCrc, 8), hexText(measurements->storedCrc, 8)),
            u"Copy or build the image again."_s, {eif::crcOffset, eif::crcSize});
    const launch::SignatureCheck *check = document.signature();
    if (!check)
        return;
    for (const launch::SignatureFinding &finding : check->findings) {
        const bool isDates = finding.reason == NITRO_LAUNCH_REASON_CERTIFICATE_DATES;
        report.error(
            isDates ? "certificate-expired" : "signature-invalid", where,
            QString::fromStdString(finding.sentence) +
                (isDates
                     ? u" The hypervisor refuses it; nitro-cli then shows E36, E39 and E11."_s
                     : u" nitro-cli's describe-eif compares only the signed PCR0; run-enclave fails (E59)."_s),
            isDates ? u"Sign it again with a certificate that is valid now: `nitroscope-cli sign-eif`."_s
                    : u"Sign it again: `nitroscope-cli sign-eif`."_s,
            {finding.range.offset, finding.range.length});
    }
    if (measurements && !measurements->pcr0.isEmpty())
        if (launch::Digest pcr0; true) {
            std::copy_n(measurements->pcr0.begin(), pcr0.size(), reinterpret_cast<char *>(pcr0.data()));
            if (const auto finding = launch::compareSignedRegister(check->section, pcr0))
                report.error("signature-other-image", where, QString::fromStdString(finding->sentence),
                             u"The image was changed after it was signed; sign it again."_s,
                             {finding->range.offset, finding->range.length});
        }
    constexpr qint64 soon = 30 * 24 * 3600;
    if (const launch::Certificate *certificate = document.certificate())
        if (const auto end = certificate->notAfter(); end && *end > now && *end - now < soon)
            report.warning(
                "certificate-expires-soon", where,
                u"The signing certificate ends on %1; after that no enclave starts from this image."_s.arg(
                    QString::fromStdString(certificate->notAfterText())),
                u"Renew the certificate and sign again; PCR8 changes with the certificate."_s);
}

} // namespace nitroscope::formats
