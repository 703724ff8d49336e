// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/nsm/nsm_transaction.hpp"

#include <QStringList>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

void takeArguments(const pcapng::NsmRecord &nsm, NsmTransaction &transaction) {
    transaction.kind = nsm.kind;
    transaction.pcr = nsm.pcr;
    transaction.data = nsm.data;
    transaction.nonce = nsm.nonce;
    transaction.publicKey = nsm.publicKey;
}

QString bytesText(qint64 count) {
    return count == 1 ? u"1 byte"_s : u"%1 bytes"_s.arg(count);
}

} // namespace

bool NsmTransaction::concerns(int index) const {
    if (kind == NSM_REQUEST_LOCK_PCRS)
        return pcr != absent && index < pcr;
    return kind <= NSM_REQUEST_LOCK_PCR && pcr == index;
}

void takeRequest(const pcapng::Record &record, const pcapng::NsmRecord &nsm, NsmTransaction &transaction) {
    transaction.hasRequest = true;
    takeArguments(nsm, transaction);
    transaction.hostNs = record.hostNs;
    transaction.virtualNs = record.virtualNs.value_or(-1);
    transaction.requestSize = nsm.cborBytes;
    transaction.requestBytes = static_cast<quint32>(nsm.cbor.size());
    transaction.requestOffset = record.dataOffset + record.captured - transaction.requestBytes;
}

void takeResponse(const pcapng::Record &record, const pcapng::NsmRecord &nsm, NsmTransaction &transaction) {
    if (!transaction.hasRequest) { // its request was lost
        takeArguments(nsm, transaction);
        transaction.hostNs = record.hostNs;
        transaction.virtualNs = record.virtualNs.value_or(-1);
    }
    transaction.hasResponse = true;
    transaction.result = nsm.result;
    transaction.durationNs = nsm.durationNs;
    transaction.verdict = record.verdict;
    transaction.rule = record.rule;
    transaction.responseSize = nsm.cborBytes;
    transaction.responseBytes = static_cast<quint32>(nsm.cbor.size());
    transaction.responseOffset = record.dataOffset + record.captured - transaction.responseBytes;
}

QString argumentsText(const NsmTransaction &transaction) {
    constexpr qint32 absent = NsmTransaction::absent;
    if (!transaction.hasRequest)
        return u"request not in the capture"_s;
    QStringList parts;
    if (transaction.pcr != absent) {
        if (transaction.kind == NSM_REQUEST_LOCK_PCRS)
            parts << (transaction.pcr == 0   ? u"no PCR"_s
                      : transaction.pcr == 1 ? u"PCR 0"_s
                                             : u"PCR 0–%1"_s.arg(transaction.pcr - 1));
        else
            parts << u"PCR %1"_s.arg(transaction.pcr);
    }
    if (transaction.kind == NSM_REQUEST_EXTEND_PCR && transaction.data != absent)
        parts << bytesText(transaction.data);
    if (transaction.kind == NSM_REQUEST_ATTESTATION) {
        if (transaction.nonce != absent)
            parts << u"nonce "_s + bytesText(transaction.nonce);
        if (transaction.data != absent)
            parts << u"user data "_s + bytesText(transaction.data);
        if (transaction.publicKey != absent)
            parts << u"public key "_s + bytesText(transaction.publicKey);
        if (parts.isEmpty())
            parts << u"nothing included"_s;
    }
    if (transaction.kind == NSM_REQUEST_UNKNOWN)
        parts << bytesText(transaction.requestSize);
    return parts.join(u", "_s);
}

QString answerSizeText(const NsmTransaction &transaction) {
    return transaction.hasResponse && !transaction.isDropped()
               ? u"answered with "_s + bytesText(transaction.responseSize)
               : QString();
}

QString resultText(const NsmTransaction &transaction) {
    if (!transaction.hasResponse)
        return u"no answer yet"_s;
    if (transaction.isDropped())
        return u"answer dropped"_s;
    return pcapng::nsmResultName(transaction.result);
}

QString durationText(quint64 nanoseconds) {
    if (nanoseconds < 1000)
        return u"%1 ns"_s.arg(nanoseconds);
    static const char *const units[] = {"µs", "ms", "s"};
    double value = static_cast<double>(nanoseconds) / 1000;
    size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < std::size(units); ++unit)
        value /= 1000;
    return u"%1 %2"_s.arg(value, 0, 'f',
                          value < 9.995   ? 2
                          : value < 99.95 ? 1
                                          : 0)
        .arg(QString::fromUtf8(units[unit]));
}

} // namespace nitroscope::app
