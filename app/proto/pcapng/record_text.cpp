// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record_text.hpp.
#include "app/proto/pcapng/record_text.hpp"

#include "app/proto/pcapng/cbor_variant.hpp"
#include "app/proto/pcapng/guest_text.hpp"
#include "nsm-device/core/nsm.h"

#include <QJsonArray>
#include <QStringList>

namespace nitroscope::pcapng {

namespace {

constexpr qsizetype longestCborText = 160; // characters in a summary

// One line: control characters become what a programmer would write.
QString printable(const QByteArray &bytes) {
    QString text;
    for (const QChar c : QString::fromUtf8(bytes)) {
        if (c == u'\n')
            text += QLatin1String("\\n");
        else if (c == u'\r')
            text += QLatin1String("\\r");
        else if (c == u'\t')
            text += QLatin1String("\\t");
        else if (c.unicode() < 0x20 || c.unicode() == 0x7f)
            text += QStringLiteral("\\x%1").arg(c.unicode(), 2, 16, QLatin1Char('0'));
        else
            text += c;
    }
    return text;
}

QJsonValue jsonOf(const QVariant &value) {
    switch (value.typeId()) {
    case QMetaType::ULongLong: {
        // JSON numbers are signed here; what is larger becomes text rather than wrong.
        const quint64 number = value.toULongLong();
        return number <= quint64(std::numeric_limits<qint64>::max()) ? QJsonValue(qint64(number))
                                                                     : QJsonValue(QString::number(number));
    }
    case QMetaType::QByteArray:
        return QString::fromLatin1(value.toByteArray().toHex());
    case QMetaType::QVariantMap: {
        QJsonObject object;
        const QVariantMap map = value.toMap();
        for (auto it = map.begin(); it != map.end(); ++it)
            object.insert(it.key(), jsonOf(it.value()));
        return object;
    }
    case QMetaType::QVariantList: {
        QJsonArray array;
        for (const QVariant &element : value.toList())
            array.append(jsonOf(element));
        return array;
    }
    default:
        return QJsonValue::fromVariant(value);
    }
}

QJsonValue jsonOf(quint64 number) {
    return jsonOf(QVariant::fromValue(number));
}

QString fieldText(const QVariant &value) {
    if (value.typeId() == QMetaType::QByteArray)
        return QString::fromLatin1(value.toByteArray().toHex());
    if (value.canConvert<QString>())
        return value.toString();
    return QStringLiteral("…");
}

QString fieldsText(const QString &kind, const QVariantMap &fields) {
    QStringList parts;
    for (auto it = fields.begin(); it != fields.end(); ++it)
        parts << it.key() + u'=' + fieldText(it.value());
    return kind + (parts.isEmpty() ? QString() : u' ' + parts.join(u' '));
}

struct Summary {
    QString operator()(const ForeignRecord &foreign) const {
        return QStringLiteral("link type %1, %2 bytes").arg(foreign.linkType).arg(foreign.bytes.size());
    }
    QString operator()(const VsockRecord &packet) const {
        return QStringLiteral("%1:%2 → %3:%4 %5, %6 bytes")
            .arg(packet.srcCid)
            .arg(packet.srcPort)
            .arg(packet.dstCid)
            .arg(packet.dstPort)
            .arg(packet.operationName())
            .arg(packet.length);
    }
    QString operator()(const NsmRecord &nsm) const {
        if (!nsm.isResponse)
            return QStringLiteral("%1 %2 %3")
                .arg(nsm.transaction)
                .arg(nsm.kindName(), cborText(nsm.cbor, longestCborText));
        return QStringLiteral("%1 %2 → %3 in %4 ms %5")
            .arg(nsm.transaction)
            .arg(nsm.kindName(), nsm.resultName())
            .arg(double(nsm.durationNs) / 1e6, 0, 'f', 3)
            .arg(cborText(nsm.cbor, longestCborText));
    }
    QString operator()(const ConsoleRecord &console) const { return printable(console.bytes); }
    QString operator()(const MachineRecord &machine) const {
        return fieldsText(machine.kind, machine.fields);
    }
    QString operator()(const GuestRecord &guest) const {
        return guestText(guest).value_or(fieldsText(guest.kind, guest.fields));
    }
    QString operator()(const DroppedRecord &dropped) const {
        QStringList parts;
        for (std::size_t i = 0; i < dropped.counts.size(); ++i)
            if (dropped.counts[i] > 0)
                parts
                    << QStringLiteral("%1 of %2").arg(dropped.counts[i]).arg(nameOf(static_cast<Source>(i)));
        return QStringLiteral("lost for lack of room: ") + parts.join(QLatin1String(", "));
    }
};

struct JsonContent {
    QJsonObject &json;

    void operator()(const ForeignRecord &foreign) const {
        json.insert(QStringLiteral("link-type"), foreign.linkType);
        json.insert(QStringLiteral("data"), QString::fromLatin1(foreign.bytes.toHex()));
    }
    void operator()(const VsockRecord &packet) const {
        json.insert(QStringLiteral("src-cid"), jsonOf(packet.srcCid));
        json.insert(QStringLiteral("src-port"), qint64(packet.srcPort));
        json.insert(QStringLiteral("dst-cid"), jsonOf(packet.dstCid));
        json.insert(QStringLiteral("dst-port"), qint64(packet.dstPort));
        json.insert(QStringLiteral("type"), packet.type);
        json.insert(QStringLiteral("payload-length"), qint64(packet.length));
        json.insert(QStringLiteral("flags"), qint64(packet.flags));
        json.insert(QStringLiteral("buf-alloc"), qint64(packet.bufferSize));
        json.insert(QStringLiteral("fwd-cnt"), qint64(packet.forwardCount));
        json.insert(QStringLiteral("data"), QString::fromLatin1(packet.payload.toHex()));
    }
    void operator()(const NsmRecord &nsm) const {
        json.insert(QStringLiteral("type"),
                    nsm.isResponse ? QStringLiteral("response") : QStringLiteral("request"));
        json.insert(QStringLiteral("transaction"), jsonOf(nsm.transaction));
        if (nsm.isResponse) {
            json.insert(QStringLiteral("result"), nsm.resultName());
            json.insert(QStringLiteral("duration-ns"), jsonOf(nsm.durationNs));
        }
        json.insert(QStringLiteral("cbor"), QString::fromLatin1(nsm.cbor.toHex()));
        if (const auto decoded = decodeCbor(nsm.cbor))
            json.insert(QStringLiteral("content"), jsonOf(*decoded));
    }
    void operator()(const ConsoleRecord &console) const {
        json.insert(QStringLiteral("text"), QString::fromUtf8(console.bytes));
    }
    void operator()(const MachineRecord &machine) const { putFields(machine.fields); }
    void operator()(const GuestRecord &guest) const { putFields(guest.fields); }
    void operator()(const DroppedRecord &dropped) const {
        QJsonObject counts;
        for (std::size_t i = 0; i < dropped.counts.size(); ++i)
            counts.insert(nameOf(static_cast<Source>(i)), jsonOf(dropped.counts[i]));
        json.insert(QStringLiteral("content"), counts);
    }
    void putFields(const QVariantMap &fields) const {
        json.insert(QStringLiteral("content"), jsonOf(QVariant(fields)));
    }
};

} // namespace

QString kindOf(const Record &record) {
    if (const auto *nsm = std::get_if<NsmRecord>(&record.content))
        return nsm->kindName();
    if (const auto *machine = std::get_if<MachineRecord>(&record.content))
        return machine->kind;
    if (const auto *guest = std::get_if<GuestRecord>(&record.content))
        return guest->kind;
    if (const auto *packet = std::get_if<VsockRecord>(&record.content))
        return packet->operationName();
    if (std::holds_alternative<DroppedRecord>(record.content))
        return QStringLiteral(NITRO_CAPTURE_KIND_DROPPED);
    return {};
}

QString summaryOf(const Record &record) {
    QString text = std::visit(Summary{}, record.content);
    if (record.verdict != Verdict::passed)
        text +=
            QStringLiteral(" [%1]").arg(record.comment.isEmpty() ? nameOf(record.verdict) : record.comment);
    if (record.isCut())
        text += QStringLiteral(" (cut to %1 of %2 bytes)").arg(record.captured).arg(record.original);
    return text;
}

std::optional<int> pcrOf(const Record &record) {
    QVariant index;
    if (const auto *machine = std::get_if<MachineRecord>(&record.content)) {
        if (machine->kind == QLatin1String(NITRO_CAPTURE_KIND_PCR))
            index = machine->fields.value(QStringLiteral("index"));
    } else if (const auto *nsm = std::get_if<NsmRecord>(&record.content); nsm && !nsm->isResponse) {
        // Of LockPCRs it is a number of PCRs.
        return nsm->pcr != NsmRecord::none && nsm->kind != NSM_REQUEST_LOCK_PCRS ? std::optional(nsm->pcr)
                                                                                 : std::nullopt;
    }
    bool isNumber = false;
    const int number = index.toInt(&isNumber);
    return isNumber ? std::optional(number) : std::nullopt;
}

QJsonObject toJson(const Record &record) {
    QJsonObject json;
    json.insert(QStringLiteral("offset"), jsonOf(record.offset));
    json.insert(QStringLiteral("interface"), nameOf(record.source));
    json.insert(QStringLiteral("host-ns"), record.hostNs);
    if (record.virtualNs)
        json.insert(QStringLiteral("virtual-ns"), *record.virtualNs);
    json.insert(QStringLiteral("direction"), nameOf(record.direction));
    json.insert(QStringLiteral("verdict"), nameOf(record.verdict));
    if (record.rule != 0)
        json.insert(QStringLiteral("rule"), qint64(record.rule));
    if (record.flow != 0)
        json.insert(QStringLiteral("flow"), jsonOf(record.flow));
    json.insert(QStringLiteral("captured"), qint64(record.captured));
    json.insert(QStringLiteral("original"), qint64(record.original));
    if (!record.comment.isEmpty())
        json.insert(QStringLiteral("comment"), record.comment);
    if (const QString kind = kindOf(record); !kind.isEmpty())
        json.insert(QStringLiteral("kind"), kind);
    std::visit(JsonContent{json}, record.content);
    return json;
}

} // namespace nitroscope::pcapng
