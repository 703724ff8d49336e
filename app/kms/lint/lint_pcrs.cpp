// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values of PCRs in conditions.
#include "app/core/output/visible_text.hpp"
#include "app/kms/lint/lint_rules.hpp"
#include "app/kms/policy/guarded_policy.hpp"

#include <algorithm>
#include <QCryptographicHash>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

using app::visibleText;
using formats::LintReport;

namespace {

constexpr qsizetype digestBytes = 48;

QByteArray sha384(const QByteArray &bytes) {
    return QCryptographicHash::hash(bytes, QCryptographicHash::Sha384);
}

QString hexOf(const QByteArray &bytes) {
    return QString::fromLatin1(bytes.toHex());
}

class PcrLint {
public:
    PcrLint(const Statement &statement, const Condition &condition, AttestationKey key, LintReport &report)
        : m_statement(statement), m_condition(condition), m_key(key), m_report(report) {}

    void run() {
        lintIndex();
        for (const PolicyText &value : m_condition.values)
            lintValue(value);
    }

private:
    QString name() const { return u"PCR%1"_s.arg(m_key.pcr); }

    void lintIndex() {
        const QString where = whereOf(m_statement, m_condition.place);
        if (m_key.isNitroTpm || m_key.isImage)
            return;
        if (m_key.pcr >= 16)
            m_report.note("pcr-must-be-locked", where,
                          u"%1 is in the document only when the enclave has locked it."_s.arg(name()),
                          u"Extend it and call LockPCR before asking for the document."_s);
        else if (m_key.pcr == 8)
            m_report.note("pcr-of-signed-images", where, u"PCR8 is zero unless the image is signed."_s,
                          u"Sign the image (build-enclave or sign-eif with a certificate)."_s);
        else if (m_key.pcr > 4)
            m_report.warning("pcr-unused", where,
                             u"Nothing measures %1; it is zero in every enclave."_s.arg(name()),
                             u"Use PCR0 (image), PCR3 (role), PCR4 (instance) or PCR8 (signer)."_s);
    }

    void lintValue(const PolicyText &value) {
        const QString where = whereOf(m_statement, value.place);
        const ConditionOperator &op = *m_condition.use.op;
        if (op.type != ValueType::text || value.text.contains(u"${"_s))
            return;
        const bool isPattern =
            op.relation == Relation::like && (value.text.contains(u'*') || value.text.contains(u'?'));
        if (isPattern) {
            if (value.text == u"*")
                m_report.warning("any-value", where,
                                 u"Every attestation document passes: any image, also in debug mode."_s,
                                 u"Name the image's PCR0, or PCR8 and PCR3."_s);
            return;
        }
        const QByteArray digits = value.text.toLatin1();
        const bool isDigest =
            QByteArray::fromHex(digits).toHex() == digits.toLower() && digits.size() == 2 * digestBytes;
        if (!isDigest)
            return m_report.error(
                "value-not-96-hex", where,
                u"%1 is no PCR, which has 96 hexadecimal digits."_s.arg(visibleText(value.text)),
                u"Take the value that `nitroscope-cli describe-eif` prints."_s);
        if (op.sensitivity == Qt::CaseSensitive && value.text != value.text.toLower())
            m_report.error(
                "upper-case-with-StringEquals", where,
                u"KMS has PCRs in lower case, and %1 tells cases apart."_s.arg(m_condition.operatorName),
                u"Write the value in lower case, or use StringEqualsIgnoreCase."_s);
        if (!op.isNegated)
            lintMeaning(value.text.toLower(), where);
    }

    void lintMeaning(const QString &value, const QString &where) {
        const bool isZero = value.count(u'0') == value.size();
        if (isZero && !m_key.isNitroTpm)
            m_report.warning(
                "zero-pcr", where,
                m_key.isImage || m_key.pcr <= 2
                    ? u"%1 of zeros is what every enclave in debug mode has, whatever its image."_s.arg(
                          name())
                    : u"%1 of zeros is what every enclave has that does not use it."_s.arg(name()),
                u"Use zeros with keys for tests only."_s);
        if (m_key.pcr == 2 && !m_key.isNitroTpm &&
            value == hexOf(sha384(QByteArray(digestBytes, '\0') + sha384({}))))
            m_report.note("empty-pcr2", where,
                          u"This PCR2 is that of every image without an application's ramdisk."_s,
                          u"Use PCR0, which covers the whole image."_s);
        if (m_key.pcr == 3 && !m_key.isNitroTpm && !m_key.isImage)
            lintRole(value, where);
    }

    // PCR3 is made of the role's ARN, so that it must fit the principal.
    void lintRole(const QString &value, const QString &where) {
        QStringList roles;
        for (const Statement::Named &named : m_statement.principals)
            if (named.principal.value.contains(u":role/"_s))
                roles << named.principal.value;
        for (const QString &role : roles) {
            if (value == hexOf(textPcr(role)))
                return;
            if (value == hexOf(textPcr(role + u'\n')))
                return m_report.error(
                    "pcr3-with-line-break", where, u"This PCR3 was made of the ARN and a line break."_s,
                    u"Hash the ARN alone (printf '%s' ARN, not echo): %1"_s.arg(hexOf(textPcr(role))));
        }
        if (!roles.isEmpty() && isAllow(m_statement))
            m_report.warning(
                "pcr3-of-another-role", where,
                u"This is not the PCR3 of the role that the statement is for."_s,
                u"For %1 it is %2"_s.arg(visibleText(roles.first()), hexOf(textPcr(roles.first()))));
    }

    const Statement &m_statement;
    const Condition &m_condition;
    AttestationKey m_key;
    LintReport &m_report;
};

} // namespace

void lintPcrs(const Policy &policy, LintReport &report) {
    for (const Statement &statement : policy.statements)
        for (const Condition &condition : statement.conditions)
            if (const auto key = attestationKey(condition.key))
                PcrLint(statement, condition, *key, report).run();
}

} // namespace nitroscope::kms
