// SPDX-License-Identifier: GPL-2.0-or-later
//
// Parts of a document that say the same thing twice, as observed on genuine documents from 2021 to 2026:
//   module_id       "i-<instance, 17 hex>-enc<enclave, 16 hex>"; the enclave part's upper 48 bits are the
//   time at
//                   which the enclave was started, in milliseconds
//   leaf's serial   enclave part (8 bytes), 4 zero bytes, Unix seconds of its issue
//   leaf's name     begins with the module id
//   PCR 4           SHA-384 of 48 zero bytes and the instance id
// No document of AWS promises any of it, so a difference is a surprise and never makes a document invalid.

#include "app/formats/attestation/verdict_builder.hpp"
#include "app/formats/tree/value_text.hpp"

#include <QCryptographicHash>
#include <QRegularExpression>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

struct ModuleId {
    QString instance; // "i-0123456789abcdef0"
    quint64 enclave = 0;
    quint64 startedMs() const { return enclave >> 16; }
};

std::optional<ModuleId> parseModuleId(const QString &text) {
    static const QRegularExpression shape(u"^(i-[0-9a-f]{17})-enc([0-9a-f]{1,16})$"_s);
    const auto match = shape.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    return ModuleId{match.captured(1), match.captured(2).toULongLong(nullptr, 16)};
}

quint64 bigEndian(const QByteArray &bytes) {
    quint64 value = 0;
    for (const char byte : bytes)
        value = value << 8 | static_cast<quint8>(byte);
    return value;
}

class ConsistencyCheck {
public:
    ConsistencyCheck(const Document &document, const Chain &chain, VerdictBuilder &out)
        : m_document(document), m_chain(chain), m_out(out) {}

    void check() {
        if (m_document.moduleId)
            m_module = parseModuleId(*m_document.moduleId);
        if (m_document.moduleId && !m_module)
            surprise(u"module_id"_s, u"It does not have EC2's form, i-…-enc…."_s, m_document.moduleIdRange);
        checkModuleTime();
        checkPcr4();
        if (m_chain.leaf) {
            checkSerial();
            checkName();
            checkTimestamp();
        }
        if (!m_hasSurprise)
            m_out.add("consistency", u"document"_s, Outcome::passed,
                      u"Module id, leaf certificate, PCR4 and timestamps agree."_s, {});
    }

private:
    void surprise(const QString &subject, const QString &text, ByteRange range) {
        m_hasSurprise = true;
        m_out.add("consistency", subject, Outcome::surprising, text, range);
    }

    void checkModuleTime() {
        if (m_module && m_document.timestampMs && m_module->startedMs() > *m_document.timestampMs)
            surprise(u"module_id"_s,
                     u"By its number the enclave was started at %1, after the document was made at %2."_s.arg(
                         timeText(m_module->startedMs()), timeText(*m_document.timestampMs)),
                     m_document.moduleIdRange);
    }

    void checkPcr4() {
        const DocumentPcr *pcr = m_document.pcr(4);
        if (!m_module || !pcr)
            return;
        const QByteArray expected = QCryptographicHash::hash(
            QByteArray(48, '\0') + m_module->instance.toLatin1(), QCryptographicHash::Sha384);
        if (pcr->value.bytes != expected)
            surprise(u"PCR4"_s, u"It is not the measurement of %1."_s.arg(m_module->instance),
                     pcr->value.range);
    }

    void checkSerial() {
        const QByteArray serial = m_chain.leaf->serial().rightJustified(16, '\0');
        const ByteRange range = m_document.certificate->content;
        if (!m_module)
            return;
        if (serial.size() != 16 || bigEndian(serial.left(8)) != m_module->enclave ||
            bigEndian(serial.mid(8, 4)) != 0)
            return surprise(u"certificate"_s,
                            u"Its serial number %1 is not made of the module id's enclave part."_s.arg(
                                QString::fromLatin1(serial.toHex())),
                            range);
        constexpr qint64 maxLead = 3; // notBefore is dated back by so many seconds since 2022
        const auto issued = static_cast<qint64>(bigEndian(serial.mid(12, 4)));
        const qint64 lead = issued - m_chain.leaf->notBefore();
        if (lead < 0 || lead > maxLead)
            surprise(u"certificate"_s,
                     u"By its serial number it was issued at %1, but it is valid from %2."_s.arg(
                         secondsText(issued), secondsText(m_chain.leaf->notBefore())),
                     range);
    }

    void checkName() {
        const QString name = m_chain.leaf->commonName();
        if (m_module && !name.startsWith(*m_document.moduleId + u'.'))
            surprise(u"certificate"_s, u"Its name \"%1\" does not begin with the module id."_s.arg(name),
                     m_document.certificate->content);
    }

    void checkTimestamp() {
        if (!m_document.timestampMs || *m_document.timestampMs > quint64(INT64_MAX))
            return;
        const auto seconds = static_cast<qint64>(*m_document.timestampMs / 1000);
        if (seconds < m_chain.leaf->notBefore() || seconds > m_chain.leaf->notAfter())
            surprise(
                u"timestamp"_s,
                u"%1 is outside of the leaf certificate's validity."_s.arg(timeText(*m_document.timestampMs)),
                m_document.timestampRange);
    }

    const Document &m_document;
    const Chain &m_chain;
    VerdictBuilder &m_out;
    std::optional<ModuleId> m_module;
    bool m_hasSurprise = false;
};

} // namespace

void checkConsistency(const Document &document, const Chain &chain, VerdictBuilder &out) {
    ConsistencyCheck(document, chain, out).check();
}

} // namespace nitroscope::formats::attestation
