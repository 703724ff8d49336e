// SPDX-License-Identifier: GPL-2.0-or-later
//
// See record_decoder.hpp.
#include "app/proto/pcapng/record_decoder.hpp"

#include "app/proto/pcapng/byte_view.hpp"
#include "app/proto/pcapng/cbor_variant.hpp"
#include "nsm-device/core/nsm_protocol.h"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

namespace nitroscope::pcapng {

using namespace Qt::Literals::StringLiterals;

namespace {

QString decodeVsock(QByteArrayView data, Record &record) {
    const auto transportBytes = load<quint16>(data, NITRO_CAPTURE_VSOCK_TRANSPORT_BYTES_AT);
    if (data.size() < NITRO_CAPTURE_VSOCK_HEADER_BYTES + NITRO_CAPTURE_VIRTIO_VSOCK_BYTES ||
        transportBytes != NITRO_CAPTURE_VIRTIO_VSOCK_BYTES)
        return u"the vsock packet has no virtio header"_s;
    VsockRecord packet;
    packet.srcCid = load<quint64>(data, NITRO_CAPTURE_VSOCK_SRC_CID_AT);
    packet.dstCid = load<quint64>(data, NITRO_CAPTURE_VSOCK_DST_CID_AT);
    packet.srcPort = load<quint32>(data, NITRO_CAPTURE_VSOCK_SRC_PORT_AT);
    packet.dstPort = load<quint32>(data, NITRO_CAPTURE_VSOCK_DST_PORT_AT);
    const QByteArrayView header = data.sliced(NITRO_CAPTURE_VSOCK_HEADER_BYTES);
    packet.length = load<quint32>(header, VSOCK_HEADER_LEN_AT);
    packet.type = load<quint16>(header, VSOCK_HEADER_TYPE_AT);
    packet.operation = load<quint16>(header, VSOCK_HEADER_OP_AT);
    packet.flags = load<quint32>(header, VSOCK_HEADER_FLAGS_AT);
    packet.bufferSize = load<quint32>(header, VSOCK_HEADER_BUF_ALLOC_AT);
    packet.forwardCount = load<quint32>(header, VSOCK_HEADER_FWD_CNT_AT);
    packet.payload = header.sliced(NITRO_CAPTURE_VIRTIO_VSOCK_BYTES).toByteArray();
    record.content = packet;
    return {};
}

qint32 numberIn(const QVariantMap &arguments, const char *key) {
    const QVariant value = arguments.value(QLatin1String(key));
    bool isNumber = false;
    const qlonglong number = value.toLongLong(&isNumber);
    return value.isValid() && isNumber && number >= 0 && number <= 0x7fffffff ? static_cast<qint32>(number)
                                                                              : NsmRecord::none;
}

// serde decodes bytes from a list of numbers as well.
qint32 sizeIn(const QVariantMap &arguments, const char *key) {
    const QVariant value = arguments.value(QLatin1String(key));
    if (value.typeId() == QMetaType::QByteArray)
        return static_cast<qint32>(value.toByteArray().size());
    return value.typeId() == QMetaType::QVariantList ? static_cast<qint32>(value.toList().size())
                                                     : NsmRecord::none;
}

// A record of version 1 says in its CBOR alone what the request is about.
void readArguments(NsmRecord &nsm) {
    const auto decoded = decodeCbor(nsm.cbor);
    if (!decoded || decoded->typeId() != QMetaType::QVariantMap)
        return;
    const QVariantMap outer = decoded->toMap();
    if (outer.size() != 1)
        return;
    const QVariantMap arguments = outer.first().toMap();
    nsm.pcr = numberIn(arguments, nsm.kind == NSM_REQUEST_LOCK_PCRS ? "range" : "index");
    nsm.data = sizeIn(arguments, nsm.kind == NSM_REQUEST_EXTEND_PCR ? "data" : "user_data");
    nsm.nonce = sizeIn(arguments, "nonce");
    nsm.publicKey = sizeIn(arguments, "public_key");
}

QString decodeNsm(QByteArrayView data, Record &record) {
    if (data.size() < NITRO_CAPTURE_NSM_HEADER_BYTES_V1)
        return u"the NSM record is shorter than its header"_s;
    const auto version = load<quint8>(data, NITRO_CAPTURE_NSM_VERSION_AT);
    if (version == 0 || version > NITRO_CAPTURE_NSM_VERSION)
        return u"NSM record of version %1"_s.arg(version);
    const auto headerBytes = load<quint16>(data, NITRO_CAPTURE_NSM_HEADER_BYTES_AT);
    const int shortest = version == 1 ? NITRO_CAPTURE_NSM_HEADER_BYTES_V1 : NITRO_CAPTURE_NSM_HEADER_BYTES;
    if (headerBytes < shortest || headerBytes > data.size())
        return u"the NSM record's header says it has %1 bytes"_s.arg(headerBytes);
    NsmRecord nsm;
    nsm.isResponse = load<quint8>(data, NITRO_CAPTURE_NSM_DIRECTION_AT) == NITRO_CAPTURE_NSM_RESPONSE;
    nsm.kind = load<quint8>(data, NITRO_CAPTURE_NSM_KIND_AT);
    nsm.result = load<quint8>(data, NITRO_CAPTURE_NSM_RESULT_AT);
    nsm.transaction = load<quint64>(data, NITRO_CAPTURE_NSM_TRANSACTION_AT);
    nsm.durationNs = load<quint64>(data, NITRO_CAPTURE_NSM_DURATION_AT);
    nsm.cbor = data.sliced(headerBytes).toByteArray();
    if (version == 1) {
        nsm.cborBytes = record.original > headerBytes ? record.original - headerBytes : 0;
        if (!nsm.isResponse)
            readArguments(nsm);
    } else {
        const auto number = [data](qsizetype at) {
            const auto stored = load<quint32>(data, at);
            return stored <= 0x7fffffff ? static_cast<qint32>(stored) : NsmRecord::none;
        };
        nsm.pcr = number(NITRO_CAPTURE_NSM_PCR_AT);
        nsm.data = number(NITRO_CAPTURE_NSM_DATA_AT);
        nsm.nonce = number(NITRO_CAPTURE_NSM_NONCE_AT);
        nsm.publicKey = number(NITRO_CAPTURE_NSM_PUBLIC_KEY_AT);
        nsm.cborBytes = load<quint32>(data, NITRO_CAPTURE_NSM_CBOR_BYTES_AT);
    }
    record.content = nsm;
    return {};
}

// "kind" out of a decoded map. Nothing when the bytes are no map with text keys.
template <class Content>
QString decodeMap(QByteArrayView data, Content &content) {
    const auto decoded = decodeCbor(data);
    if (!decoded)
        return u"the CBOR record is broken: %1"_s.arg(decoded.error().text());
    if (decoded->typeId() != QMetaType::QVariantMap)
        return u"the CBOR record is not a map"_s;
    content.fields = decoded->toMap();
    content.kind = content.fields.take(u"kind"_s).toString();
    return {};
}

QString decodeMachine(QByteArrayView data, Record &record) {
    MachineRecord machine;
    if (QString fault = decodeMap(data, machine); !fault.isEmpty())
        return fault;
    if (machine.kind != QLatin1String(NITRO_CAPTURE_KIND_DROPPED)) {
        record.content = machine;
        return {};
    }
    DroppedRecord dropped;
    for (std::size_t i = 0; i < dropped.counts.size(); ++i)
        dropped.counts[i] = machine.fields.value(nameOf(static_cast<Source>(i))).toULongLong();
    record.content = dropped;
    return {};
}

QString decodeGuest(QByteArrayView data, Record &record) {
    GuestRecord guest;
    if (QString fault = decodeMap(data, guest); !fault.isEmpty())
        return fault;
    guest.cbor = data.toByteArray();
    record.content = guest;
    return {};
}

} // namespace

QString decodeContent(QByteArrayView data, quint16 linkType, Record &record) {
    QString fault;
    switch (record.source) {
    case Source::vsock:
        fault = decodeVsock(data, record);
        break;
    case Source::nsm:
        fault = decodeNsm(data, record);
        break;
    case Source::console:
        record.content = ConsoleRecord{data.toByteArray()};
        return {};
    case Source::machine:
        fault = decodeMachine(data, record);
        break;
    case Source::guest:
        fault = decodeGuest(data, record);
        break;
    case Source::foreign:
        record.content = ForeignRecord{linkType, data.toByteArray()};
        return {};
    }
    if (!fault.isEmpty())
        record.content = ForeignRecord{linkType, data.toByteArray()};
    return fault;
}

} // namespace nitroscope::pcapng
