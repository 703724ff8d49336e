// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record_text.hpp.
#include "app/proto/pcapng/record_text.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/proto/pcapng/cbor_variant.hpp"
#include "app/proto/pcapng/guest_text.hpp"
#include "app/proto/pcapng/kms_call.hpp"
#include "nsm-device/core/nsm.h"

#include <QJsonArray>
#include <QStringList>

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype maxCborTextLength = 160; // characters in a summary

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
    return u"…"_s;
}

QString fieldsText(const QString &kind, const QVariantMap &fields) {
    QStringList parts;
    for (auto it = fields.begin(); it != fields.end(); ++it)
        parts << it.key() + u'=' + fieldText(it.value());
    return kind + (parts.isEmpty() ? QString() : u' ' + parts.join(u' '));
}

struct Summary {
    QString operator()(const ForeignRecord &foreign) const {
        return u"link type %1, %2 bytes"_s.arg(foreign.linkType).arg(foreign.bytes.size());
    }
    QString operator()(const VsockRecord &packet) const {
        return u"%1:%2 → %3:%4 %5, %6 bytes"_s.arg(packet.srcCid)
            .arg(packet.srcPort)
            .arg(packet.dstCid)
            .arg(packet.dstPort)
            .arg(packet.operationName())
            .arg(packet.length);
    }
    QString operator()(const NsmRecord &nsm) const {
        if (!nsm.isResponse)
            return u"%1 %2 %3"_s.arg(nsm.transaction)
                .arg(nsm.kindName(), cborText(nsm.cbor, maxCborTextLength));
        return u"%1 %2 → %3 in %4 ms %5"_s.arg(nsm.transaction)
            .arg(nsm.kindName(), nsm.resultName())
            .arg(double(nsm.durationNs) / 1e6, 0, 'f', 3)
            .arg(cborText(nsm.cbor, maxCborTextLength));
    }
    QString operator()(const ConsoleRecord &console) const { return app::visibleText(console.bytes); }
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
                parts << u"%1 of %2"_s.arg(dropped.counts[i]).arg(nameOf(static_cast<Source>(i)));
        return u"lost for lack of room: "_s + parts.join(", "_L1);
    }
};

struct JsonContent {
    QJsonObject &json;

    void operator()(const ForeignRecord &foreign) const {
        json.insert(u"link-type"_s, foreign.linkType);
        json.insert(u"data"_s, QString::fromLatin1(foreign.bytes.toHex()));
    }
    void operator()(const VsockRecord &packet) const {
        json.insert(u"src-cid"_s, jsonOf(packet.srcCid));
        json.insert(u"src-port"_s, qint64(packet.srcPort));
        json.insert(u"dst-cid"_s, jsonOf(packet.dstCid));
        json.insert(u"dst-port"_s, qint64(packet.dstPort));
        json.insert(u"type"_s, packet.type);
        json.insert(u"payload-length"_s, qint64(packet.length));
        json.insert(u"flags"_s, qint64(packet.flags));
        json.insert(u"buf-alloc"_s, qint64(packet.bufferSize));
        json.insert(u"fwd-cnt"_s, qint64(packet.forwardCount));
        json.insert(u"data"_s, QString::fromLatin1(packet.payload.toHex()));
    }
    void operator()(const NsmRecord &nsm) const {
        json.insert(u"type"_s, nsm.isResponse ? u"response"_s : u"request"_s);
        json.insert(u"transaction"_s, jsonOf(nsm.transaction));
        if (nsm.isResponse) {
            json.insert(u"result"_s, nsm.resultName());
            json.insert(u"duration-ns"_s, jsonOf(nsm.durationNs));
        }
        json.insert(u"cbor"_s, QString::fromLatin1(nsm.cbor.toHex()));
        if (const auto decoded = decodeCbor(nsm.cbor))
            json.insert(u"content"_s, jsonOf(*decoded));
    }
    void operator()(const ConsoleRecord &console) const {
        json.insert(u"text"_s, QString::fromUtf8(console.bytes));
    }
    void operator()(const MachineRecord &machine) const { putFields(machine.fields); }
    void operator()(const GuestRecord &guest) const { putFields(guest.fields); }
    void operator()(const DroppedRecord &dropped) const {
        QJsonObject counts;
        for (std::size_t i = 0; i < dropped.counts.size(); ++i)
            counts.insert(nameOf(static_cast<Source>(i)), jsonOf(dropped.counts[i]));
        json.insert(u"content"_s, counts);
    }
    void putFields(const QVariantMap &fields) const { json.insert(u"content"_s, jsonOf(QVariant(fields))); }
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
    const auto call = kmsCallOf(record);
    QString text = call ? u"%1 %2"_s.arg(QLatin1String(kmsCallKind), kmsCallText(*call))
                        : std::visit(Summary{}, record.content);
    if (record.verdict != Verdict::passed)
        text += u" [%1]"_s.arg(record.comment.isEmpty() ? nameOf(record.verdict) : record.comment);
    if (record.isCut())
        text += u" (cut to %1 of %2 bytes)"_s.arg(record.captured).arg(record.original);
    return text;
}

std::optional<int> pcrOf(const Record &record) {
    QVariant index;
    if (const auto *machine = std::get_if<MachineRecord>(&record.content)) {
        if (machine->kind == QLatin1String(NITRO_CAPTURE_KIND_PCR))
            index = machine->fields.value(u"index"_s);
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
    json.insert(u"offset"_s, jsonOf(record.offset));
    json.insert(u"interface"_s, nameOf(record.source));
    json.insert(u"host-ns"_s, record.hostNs);
    if (record.virtualNs)
        json.insert(u"virtual-ns"_s, *record.virtualNs);
    if (record.icount)
        json.insert(u"instruction"_s, jsonOf(*record.icount));
    json.insert(u"direction"_s, nameOf(record.direction));
    json.insert(u"verdict"_s, nameOf(record.verdict));
    if (record.rule != 0)
        json.insert(u"rule"_s, qint64(record.rule));
    if (record.flow != 0)
        json.insert(u"flow"_s, jsonOf(record.flow));
    json.insert(u"captured"_s, qint64(record.captured));
    json.insert(u"original"_s, qint64(record.original));
    if (!record.comment.isEmpty())
        json.insert(u"comment"_s, record.comment);
    if (const QString kind = kindOf(record); !kind.isEmpty())
        json.insert(u"kind"_s, kind);
    std::visit(JsonContent{json}, record.content);
    return json;
}

} // namespace nitroscope::pcapng
