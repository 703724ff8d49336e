// SPDX-License-Identifier: GPL-2.0-or-later
//
// The records of a capture stream as plain values, as docs/capture-format.md describes them. Everything that
// reads a stream, live or from a file, works on these; nothing here knows pcapng.
#pragma once

#include "nsm-device/core/nsm_protocol.h"
#include "qemu-machine/capture/core/format.h"

#include <array>
#include <optional>
#include <QByteArray>
#include <QString>
#include <QVariantMap>
#include <variant>

namespace nitroscope::pcapng {

// Same numbers as NitroCaptureInterface; `foreign` is anything that is not one of ours.
#define PCAPNG_SOURCE(constant, enumerator, link, text) enumerator,
enum class Source : quint8 { NITRO_CAPTURE_INTERFACE_LIST(PCAPNG_SOURCE) foreign };
#undef PCAPNG_SOURCE
enum class Direction : quint8 { none, inbound, outbound }; // seen from the guest
#define PCAPNG_VERDICT(constant, enumerator) enumerator,
enum class Verdict : quint8 { NITRO_CAPTURE_VERDICT_LIST(PCAPNG_VERDICT) };
#undef PCAPNG_VERDICT

// Lower-case words, as the filter and the JSON use them. nameOf(Verdict) has an answer for numbers of later
// versions too.
QString nameOf(Source source);
QString nameOf(Direction direction);
QString nameOf(Verdict verdict);

// Names of NsmRequestKind and NsmError; numbers of later versions have one too.
QString nsmKindName(int kind);     // "ExtendPCR"
QString nsmResultName(int result); // "Success", "ReadOnlyIndex"

struct VsockRecord {
    quint64 srcCid = 0, dstCid = 0;
    quint32 srcPort = 0, dstPort = 0;
    // virtio_vsock_hdr (VirtIO 1.2 §5.10.6)
    quint16 type = 0, operation = 0; // VsockType, VsockOp
    quint32 length = 0;              // bytes of payload the packet really had
    quint32 flags = 0, bufferSize = 0, forwardCount = 0;
    QByteArray payload; // possibly cut

    QString operationName() const; // "REQUEST", without VIRTIO_VSOCK_OP_
};

struct NsmRecord {
    bool isResponse = false;
    quint8 kind = 0;   // NsmRequestKind
    quint8 result = 0; // NsmError
    quint64 transaction = 0;
    quint64 durationNs = 0; // host time; 0 in a request
    // What the request is about, in a response too (of version 1 only in a request); none: it has no such field.
    static constexpr qint32 none = -1;
    qint32 pcr = none;                     // index; of LockPCRs the number of PCRs
    qint32 data = none;                    // bytes of ExtendPCR's data or of user_data
    qint32 nonce = none, publicKey = none; // bytes, of an attestation request
    quint32 cborBytes = 0;                 // that crossed the virtqueue
    QByteArray cbor;                       // possibly cut

    QString kindName() const { return nsmKindName(kind); }
    QString resultName() const { return nsmResultName(result); }
};

struct ConsoleRecord {
    QByteArray bytes;
};

// One flat map of the machine, or one item of a plugin (then `kind` may be empty).
struct MachineRecord {
    QString kind;
    QVariantMap fields; // without "kind"; numbers, booleans, texts and byte arrays
};
struct GuestRecord {
    QString kind;
    QVariantMap fields;
    QByteArray cbor;
};

// What the stream lost since the previous record of this type, per interface.
struct DroppedRecord {
    std::array<quint64, NITRO_CAPTURE_INTERFACES> counts{};
};

// A packet of another program's interface, or one of ours whose content could not be decoded.
struct ForeignRecord {
    quint16 linkType = 0;
    QByteArray bytes;
};

struct Record {
    quint64 offset = 0; // of its block, bytes from the start of the stream
    quint32 blockLength = 0;
    quint64 dataOffset = 0; // of the packet's data; `captured` bytes from there can be read again
    Source source = Source::foreign;
    qint64 hostNs = 0; // since 1970-01-01 UTC
    std::optional<qint64> virtualNs;
    std::optional<quint64> icount; // instructions the guest had executed, where they are counted
    Direction direction = Direction::none;
    Verdict verdict = Verdict::passed;
    quint32 rule = 0;     // fault or break rule that acted; 0 = none
    quint64 flow = 0;     // vsock flow or NSM transaction; 0 = none
    quint32 captured = 0; // bytes in the stream, our header included
    quint32 original = 0; // bytes there were
    QString comment;      // the verdict in words
    std::variant<ForeignRecord, VsockRecord, NsmRecord, ConsoleRecord, MachineRecord, GuestRecord,
                 DroppedRecord>
        content;

    bool isCut() const { return captured < original; }
};

} // namespace nitroscope::pcapng
