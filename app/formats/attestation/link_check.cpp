// SPDX-License-Identifier: GPL-2.0-or-later
//
// See link_check.hpp.

#include "app/formats/attestation/link_check.hpp"

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr int minSecurityBits = 112; // NIST SP 800-57 part 1: anything below is broken or will soon be

// "2 h 5 min": the two largest units.
QString spanText(qint64 seconds) {
    constexpr std::pair<qint64, const char *> units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    QStringList parts;
    for (const auto &[unit, name] : units) {
        if (seconds >= unit && parts.size() < 2) {
            parts << u"%1 %2"_s.arg(seconds / unit).arg(QLatin1String(name));
            seconds %= unit;
        }
    }
    return parts.join(u' ');
}

} // namespace

void LinkCheck::common() {
    if (m_certificate.version() != 3)
        fail("certificate",
             u"It is an X.509 version %1 certificate; version 3 is required."_s.arg(m_certificate.version()));
    if (m_certificate.hasBrokenExtension())
        fail("certificate", u"One of its extensions is broken or appears twice."_s);
    for (const QString &name : m_certificate.unprocessedCriticalExtensions())
        fail(
            "certificate",
            u"It has the critical extension %1, which is unknown here: it may say that the certificate is not meant for this."_s
                .arg(name));
    checkNumbers();
    if (m_certificate.hasExtendedKeyUsage())
        surprise(
            u"It has an extended key usage, so it is meant for other purposes; Nitro certificates have none."_s);
    checkKey();
    if (m_certificate.isWeaklySigned())
        fail("certificate",
             u"It is signed with %1, which is too weak."_s.arg(m_certificate.signatureAlgorithm()));
    else if (!m_certificate.isSignedAsHardwareDoes())
        surprise(u"It is signed with %1; Nitro certificates are signed with ecdsa-with-SHA384."_s.arg(
            m_certificate.signatureAlgorithm()));
    if (!m_certificate.hasKeyUsage())
        surprise(u"It has no key usage; Nitro certificates say what their keys are for."_s);
}

void LinkCheck::checkKey() {
    if (m_certificate.keyText() == u"unreadable")
        fail("certificate", u"Its public key cannot be read."_s);
    else if (m_certificate.hasExplicitCurve())
        fail("certificate", u"Its key brings a curve of its own instead of naming one."_s);
    else if (m_certificate.securityBits() < minSecurityBits)
        fail("certificate", u"Its key is %1, which is too weak."_s.arg(m_certificate.keyText()));
    else if (!m_certificate.isP384())
        surprise(u"Its key is %1; Nitro certificates have EC P-384."_s.arg(m_certificate.keyText()));
}

// Serial number and identifiers: RFC 5280 asks issuers for more than verifiers must insist on (§4.1.2.2, §4.1.2.8).
void LinkCheck::checkNumbers() {
    constexpr qsizetype maxSerialBytes = 20;
    const QByteArray serial = m_certificate.serial();
    if (m_certificate.isSerialNegative() || serial.count('\0') == serial.size())
        surprise(u"Its serial number is not positive."_s);
    else if (serial.size() > maxSerialBytes)
        surprise(u"Its serial number has %1 bytes; at most 20 are allowed."_s.arg(serial.size()));
    if (m_certificate.hasUniqueIdentifiers())
        surprise(u"It has unique identifiers, which issuers must not write any more."_s);
}

void LinkCheck::authority(size_t below) {
    if (!m_certificate.hasBasicConstraints() || !m_certificate.isCa())
        fail("certificate", u"It is not a CA (basic constraints) but has issued the next one."_s);
    else if (!m_certificate.isBasicConstraintsCritical())
        surprise(u"Its basic constraints are not marked critical, as those of a CA must be."_s);
    if (m_certificate.hasEmptySubject())
        fail("certificate", u"It is a CA without a name."_s);
    if (!m_certificate.maySignCertificates())
        fail("certificate", u"Its key usage does not allow it to sign certificates."_s);
    const auto length = m_certificate.pathLength();
    if (length && *length < qint64(below))
        fail("certificate",
             u"Its path length is %1, but %2 CA certificates follow it."_s.arg(*length).arg(below));
}

void LinkCheck::leaf() {
    if (m_certificate.isCa())
        fail("certificate", u"The leaf is a CA certificate."_s);
    if (m_certificate.pathLength())
        fail("certificate", u"The leaf has a path length."_s);
    if (!m_certificate.maySignData())
        fail("certificate", u"Its key usage does not allow digital signatures."_s);
    if (m_certificate.hasKeyUsage() && m_certificate.maySignCertificates())
        fail("certificate", u"Its key usage allows it to sign certificates, which only a CA may."_s);
    if (!m_certificate.hasBasicConstraints())
        surprise(u"It has no basic constraints; the hardware's leaf says CA=false."_s);
}

void LinkCheck::issuedBy(const Certificate *issuer, const QString &issuerName) {
    if (!issuer)
        return skip(u"Its signature could not be checked, because %1 cannot be read."_s.arg(issuerName));
    if (!m_certificate.isIssuerNamed(*issuer))
        fail("order", u"Its issuer is \"%1\", but the certificate before it, %2, is \"%3\"."_s.arg(
                          m_certificate.issuer(), issuerName, issuer->subject()));
    else if (!m_certificate.keyIdentifierFits(*issuer))
        fail("order", u"Its authority key identifier is not the key of %1."_s.arg(issuerName));
    if (!m_certificate.isSignedBy(*issuer))
        fail("certificate", u"Its signature was not made with the key of %1."_s.arg(issuerName));
}

void LinkCheck::validity(std::optional<qint64> at) {
    if (m_certificate.timeForm() == Certificate::TimeForm::unreadable)
        return fail("validity",
                    u"Its validity is not written as RFC 5280 asks for (to the second and in UTC)."_s);
    if (m_certificate.timeForm() == Certificate::TimeForm::misplaced)
        surprise(u"Its validity is written as GeneralizedTime, which is for years from 2050 on."_s);
    const qint64 from = m_certificate.notBefore(), to = m_certificate.notAfter();
    if (!at)
        return skip(u"Its validity could not be checked, because the time is unknown."_s);
    if (*at < from)
        fail("validity", u"Not yet valid at %1: it begins at %2, %3 later."_s.arg(
                             secondsText(*at), secondsText(from), spanText(from - *at)));
    else if (*at > to)
        fail("validity", u"Expired at %1: it ended at %2, %3 before."_s.arg(secondsText(*at), secondsText(to),
                                                                            spanText(*at - to)));
}

void LinkCheck::conclude(const QString &role) {
    if (m_hasFailed)
        return;
    QString text = u"%1 \"%2\", valid %3 to %4"_s.arg(role, m_certificate.commonName(),
                                                      secondsText(m_certificate.notBefore()),
                                                      secondsText(m_certificate.notAfter()));
    if (m_certificate.isCa())
        text += m_certificate.pathLength() ? u", CA with path length %1"_s.arg(*m_certificate.pathLength())
                                           : u", CA"_s;
    m_out.add("certificate", m_subject, Outcome::passed, text + u'.', m_range);
}

void LinkCheck::fail(const char *id, const QString &text) {
    m_hasFailed = true;
    m_out.add(id, m_subject, Outcome::failed, text, m_range);
}

void LinkCheck::surprise(const QString &text) {
    m_out.add("certificate", m_subject, Outcome::surprising, text, m_range);
}

void LinkCheck::skip(const QString &text) {
    m_hasFailed = true;
    m_out.add("certificate", m_subject, Outcome::skipped, text, m_range);
}

} // namespace nitroscope::formats::attestation
