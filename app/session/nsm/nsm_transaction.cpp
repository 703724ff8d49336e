// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/nsm/nsm_transaction.hpp"

#include "app/proto/pcapng/cbor_variant.hpp"

#include <QStringList>

namespace nitroscope::app {
namespace {

qint32 numberOf(const QVariantMap &arguments, const char *key) {
    const QVariant value = arguments.value(QLatin1String(key));
    bool ok = false;
    const qlonglong number = value.toLongLong(&ok);
    return value.isValid() && ok && number >= 0 && number <= 0x7fffffff ? static_cast<qint32>(number)
                                                                        : NsmTransaction::absent;
}

// serde decodes bytes from a list of numbers as well.
qint32 sizeOf(const QVariantMap &arguments, const char *key) {
    const QVariant value = arguments.value(QLatin1String(key));
    if (value.typeId() == QMetaType::QByteArray)
        return static_cast<qint32>(value.toByteArray().size());
    return value.typeId() == QMetaType::QVariantList ? static_cast<qint32>(value.toList().size())
                                                     : NsmTransaction::absent;
}

QString bytesText(qint32 count) {
    return count == 1 ? QStringLiteral("1 byte") : QStringLiteral("%1 bytes").arg(count);
}

} // namespace

bool NsmTransaction::concerns(int index) const {
    if (kind == NSM_REQUEST_LOCK_PCRS)
        return pcr != absent && index < pcr;
    return kind <= NSM_REQUEST_LOCK_PCR && pcr == index;
}

void takeRequest(const pcapng::Record &record, const pcapng::NsmRecord &nsm, NsmTransaction &transaction) {
    transaction.hasRequest = true;
    transaction.kind = nsm.kind;
    transaction.hostNs = record.hostNs;
    transaction.virtualNs = record.virtualNs.value_or(-1);
    transaction.requestBytes = static_cast<quint32>(nsm.cbor.size());
    transaction.requestOffset = record.dataOffset + record.captured - transaction.requestBytes;
    const auto decoded = pcapng::decodeCbor(nsm.cbor);
    if (!decoded || decoded->typeId() != QMetaType::QVariantMap)
        return;
    const QVariantMap outer = decoded->toMap();
    if (outer.size() != 1)
        return;
    const QVariantMap arguments = outer.first().toMap();
    transaction.pcr = numberOf(arguments, nsm.kind == NSM_REQUEST_LOCK_PCRS ? "range" : "index");
    transaction.data = sizeOf(arguments, nsm.kind == NSM_REQUEST_EXTEND_PCR ? "data" : "user_data");
    transaction.nonce = sizeOf(arguments, "nonce");
    transaction.publicKey = sizeOf(arguments, "public_key");
}

void takeResponse(const pcapng::Record &record, const pcapng::NsmRecord &nsm, NsmTransaction &transaction) {
    if (!transaction.hasRequest) { // its request was lost
        transaction.kind = nsm.kind;
        transaction.hostNs = record.hostNs;
        transaction.virtualNs = record.virtualNs.value_or(-1);
    }
    transaction.hasResponse = true;
    transaction.result = nsm.result;
    transaction.durationNs = nsm.durationNs;
    transaction.verdict = record.verdict;
    transaction.rule = record.rule;
    transaction.responseBytes = static_cast<quint32>(nsm.cbor.size());
    transaction.responseOffset = record.dataOffset + record.captured - transaction.responseBytes;
}

QString argumentsText(const NsmTransaction &transaction) {
    constexpr qint32 absent = NsmTransaction::absent;
    if (!transaction.hasRequest)
        return QStringLiteral("request not in the capture");
    QStringList parts;
    if (transaction.pcr != absent) {
        if (transaction.kind == NSM_REQUEST_LOCK_PCRS)
            parts << (transaction.pcr == 0   ? QStringLiteral("no PCR")
                      : transaction.pcr == 1 ? QStringLiteral("PCR 0")
                                             : QStringLiteral("PCR 0–%1").arg(transaction.pcr - 1));
        else
            parts << QStringLiteral("PCR %1").arg(transaction.pcr);
    }
    if (transaction.kind == NSM_REQUEST_EXTEND_PCR && transaction.data != absent)
        parts << bytesText(transaction.data);
    if (transaction.kind == NSM_REQUEST_ATTESTATION) {
        if (transaction.nonce != absent)
            parts << QStringLiteral("nonce ") + bytesText(transaction.nonce);
        if (transaction.data != absent)
            parts << QStringLiteral("user data ") + bytesText(transaction.data);
        if (transaction.publicKey != absent)
            parts << QStringLiteral("public key ") + bytesText(transaction.publicKey);
        if (parts.isEmpty())
            parts << QStringLiteral("nothing included");
    }
    if (transaction.kind == NSM_REQUEST_UNKNOWN)
        parts << bytesText(static_cast<qint32>(transaction.requestBytes));
    return parts.join(QStringLiteral(", "));
}

QString resultText(const NsmTransaction &transaction) {
    if (!transaction.hasResponse)
        return QStringLiteral("no answer yet");
    if (transaction.isDropped())
        return QStringLiteral("answer dropped");
    return pcapng::nsmResultName(transaction.result);
}

QString durationText(quint64 nanoseconds) {
    if (nanoseconds < 1000)
        return QStringLiteral("%1 ns").arg(nanoseconds);
    static const char *const units[] = {"µs", "ms", "s"};
    double value = static_cast<double>(nanoseconds) / 1000;
    size_t unit = 0;
    for (; value >= 999.5 && unit + 1 < std::size(units); ++unit)
        value /= 1000;
    return QStringLiteral("%1 %2")
        .arg(value, 0, 'f',
             value < 9.995   ? 2
             : value < 99.95 ? 1
                             : 0)
        .arg(QString::fromUtf8(units[unit]));
}

} // namespace nitroscope::app
