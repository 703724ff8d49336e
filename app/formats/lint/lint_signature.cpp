// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: CRC, signature and certificate; see lint.hpp.

#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/launch_problem.h"
#include "qemu-machine/launch/signature_check.hpp"

#include <algorithm>

namespace nitroscope::formats {

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
                     ? u" nitro-cli's run-enclave refuses it (E59); what starts it without that check fails in the hypervisor "
                       "with E36, E39 and E11."_s
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
