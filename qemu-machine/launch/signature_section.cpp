// SPDX-License-Identifier: GPL-2.0-or-later
//
// The signature section's three layers of CBOR: the section, the COSE_Sign1 in it, the signed payload in
// that. See signature_section.hpp.

#include "qemu-machine/launch/signature_section.hpp"

#include "nsm-device/cbor/cbor.hpp"

#include <algorithm>

namespace nitroscope::launch {

namespace {

using cbor::Item;
using cbor::Type;
using Reader = cbor::Reader;

constexpr uint64_t coseSign1Tag = 18;   // RFC 9052, table 1
constexpr uint64_t headerAlgorithm = 1; // RFC 9052, table 3

using Fault = std::optional<SignatureFault>;

Fault faultAt(uint64_t offset, std::string sentence) {
    return SignatureFault{offset, std::move(sentence)};
}

// Why the reader stopped: broken CBOR, or the data is at its end.
Fault readerFault(const Reader &reader, const char *what) {
    if (reader.ok())
        return faultAt(reader.offset(), std::string(what) + " ends too early.");
    return faultAt(reader.error().offset, std::string(what) + " is not valid CBOR: " +
                                              std::string(text(reader.error().problem)) + ".");
}

Fault readIntegerBytes(Reader &reader, const Item &array, const char *name, IntegerBytes &out) {
    if (array.type != Type::array)
        return faultAt(array.offset, std::string("\"") + name + "\" must be an array of small integers.");
    Item item;
    while (reader.next(item)) {
        if (item.type == Type::end) {
            out.offsets.push_back(item.offset);
            out.range = {array.offset, reader.offset() - array.offset};
            return {};
        }
        if (item.type != Type::unsignedInt || item.value > 0xff)
            return faultAt(item.offset,
                           std::string("An element of \"") + name + "\" is not an integer from 0 to 255.");
        out.bytes.push_back(static_cast<std::byte>(item.value));
        out.offsets.push_back(item.offset);
    }
    return readerFault(reader, "The signature section");
}

// One {"signing_certificate", "signature"}; unknown keys are passed over, as AWS's reader does.
Fault readEntry(Reader &reader, const Item &map, SignatureEntry &entry) {
    if (map.type != Type::map)
        return faultAt(map.offset, "An entry of the signature section is not a map.");
    Item key, value;
    while (reader.next(key)) {
        if (key.type == Type::end) {
            entry.range = {map.offset, reader.offset() - map.offset};
            if (!entry.certificate.isPresent())
                return faultAt(map.offset, "The signature has no \"signing_certificate\".");
            if (!entry.cose.isPresent())
                return faultAt(map.offset, "The signature entry has no \"signature\".");
            return {};
        }
        const bool isText = key.type == Type::text;
        if (!isText && !reader.skip(key))
            break;
        const bool isCertificate = isText && stringEquals(key, "signing_certificate");
        const bool isCose = isText && stringEquals(key, "signature");
        if (!reader.next(value))
            break;
        if (isCertificate || isCose) {
            IntegerBytes &target = isCertificate ? entry.certificate : entry.cose;
            if (target.isPresent())
                return faultAt(key.offset, "A key appears twice in the signature entry.");
            if (Fault fault = readIntegerBytes(reader, value,
                                               isCertificate ? "signing_certificate" : "signature", target))
                return fault;
        } else if (!reader.skip(value)) {
            break;
        }
    }
    return readerFault(reader, "The signature section");
}

std::vector<std::byte> contentOf(const Item &string) {
    std::vector<std::byte> content(stringSize(string));
    copyString(string, content);
    return content;
}

// The protected header is CBOR in a byte string, possibly empty; only the algorithm matters here.
void readAlgorithm(CoseSign1 &sign1) {
    Reader reader(sign1.protectedHeader);
    Item key, value;
    if (!reader.next(key) || key.type != Type::map)
        return;
    while (reader.next(key) && key.type != Type::end) {
        if (!reader.skip(key) || !reader.next(value))
            return;
        const bool isAlgorithm = key.type == Type::unsignedInt && key.value == headerAlgorithm;
        if (isAlgorithm && value.type == Type::negativeInt && value.value < INT64_MAX)
            sign1.algorithm = -1 - static_cast<int64_t>(value.value);
        else if (isAlgorithm && value.type == Type::unsignedInt && value.value < INT64_MAX)
            sign1.algorithm = static_cast<int64_t>(value.value);
        else if (!reader.skip(value))
            return;
    }
}

} // namespace

FileRange IntegerBytes::rangeOf(size_t first, size_t count) const {
    if (offsets.empty())
        return range;
    const size_t last = offsets.size() - 1;
    const uint64_t begin = offsets[std::min(first, last)];
    const uint64_t end = offsets[std::min(first + count, last)];
    return {begin, end - begin};
}

Fault decodeCoseSign1(const IntegerBytes &place, CoseSign1 &out) {
    Reader reader(place.bytes);
    Item item;
    const auto fault = [&](uint64_t index, std::string sentence) {
        return faultAt(place.rangeOf(static_cast<size_t>(index), 0).offset, std::move(sentence));
    };
    const auto broken = [&] {
        Fault inner = readerFault(reader, "The COSE signature");
        return fault(inner->offset, inner->sentence);
    };
    if (!reader.next(item))
        return broken();
    if (item.type == Type::tag) {
        if (item.value != coseSign1Tag)
            return fault(item.offset, "The signature has a CBOR tag other than 18 (COSE_Sign1).");
        out.isTagged = true;
        if (!reader.next(item))
            return broken();
    }
    if (item.type != Type::array || (!item.indefinite && item.value != 4))
        return fault(item.offset, "The signature is not a COSE_Sign1: an array of four is expected.");

    const auto readBytes = [&](const char *name, std::vector<std::byte> &content, FileRange &range) -> Fault {
        if (!reader.next(item))
            return broken();
        if (item.type != Type::bytes)
            return fault(item.offset, std::string("The COSE signature's ") + name + " is not a byte string.");
        content = contentOf(item);
        range = place.rangeOf(static_cast<size_t>(item.offset),
                              static_cast<size_t>(reader.offset() - item.offset));
        return {};
    };
    if (Fault bad = readBytes("protected header", out.protectedHeader, out.protectedRange))
        return bad;
    if (!reader.next(item))
        return broken();
    if (item.type != Type::map)
        return fault(item.offset, "The COSE signature's unprotected header is not a map.");
    if (!reader.skip(item))
        return broken();
    if (Fault bad = readBytes("payload", out.payload, out.payloadRange))
        return bad;
    if (Fault bad = readBytes("signature", out.signature, out.signatureRange))
        return bad;
    if (!reader.next(item))
        return broken();
    if (item.type != Type::end)
        return fault(item.offset, "The COSE signature has more than four elements.");
    if (!reader.atEnd())
        return fault(reader.offset(), "There are bytes after the COSE signature.");
    readAlgorithm(out);
    return {};
}

Fault decodeSignedRegister(const CoseSign1 &sign1, SignedRegister &out) {
    const uint64_t base = sign1.payloadRange.offset; // inner offsets are not linear in the file
    Reader reader(sign1.payload);
    Item key, value;
    if (!reader.next(key) || key.type != Type::map)
        return faultAt(base, "The signed payload is not a map.");
    while (reader.next(key)) {
        if (key.type == Type::end) {
            if (!out.index || out.value.empty())
                return faultAt(base, "The signed payload lacks \"register_index\" or \"register_value\".");
            if (!reader.atEnd())
                return faultAt(base, "There are bytes after the signed payload.");
            return {};
        }
        if (!reader.skip(key) || !reader.next(value))
            break;
        if (key.type == Type::text && stringEquals(key, "register_index")) {
            if (value.type != Type::unsignedInt)
                return faultAt(base, "\"register_index\" in the signed payload is not an unsigned integer.");
            out.index = value.value;
        } else if (key.type == Type::text && stringEquals(key, "register_value")) {
            IntegerBytes bytes;
            if (Fault fault = readIntegerBytes(reader, value, "register_value", bytes))
                return faultAt(base, fault->sentence);
            out.value = std::move(bytes.bytes);
        } else if (!reader.skip(value)) {
            break;
        }
    }
    return faultAt(base, readerFault(reader, "The signed payload")->sentence);
}

SignatureSection decodeSignatureSection(std::span<const std::byte> data, uint64_t fileOffset) {
    SignatureSection section;
    Reader reader(data, fileOffset);
    Item item;
    if (!reader.next(item)) {
        section.fault = readerFault(reader, "The signature section");
        return section;
    }
    if (item.type != Type::array) {
        section.fault = faultAt(item.offset, "The signature section is not a CBOR array.");
        return section;
    }
    while (reader.next(item) && item.type != Type::end) {
        SignatureEntry &entry = section.entries.emplace_back();
        section.fault = readEntry(reader, item, entry);
        if (section.fault)
            return section;
    }
    if (!reader.ok() || item.type != Type::end)
        section.fault = readerFault(reader, "The signature section");
    else if (section.entries.empty())
        section.fault = faultAt(fileOffset, "The signature section holds no signature.");
    else if (!reader.atEnd())
        section.fault = faultAt(reader.offset(), "There are bytes after the signature.");
    for (SignatureEntry &entry : section.entries) {
        CoseSign1 sign1;
        SignedRegister signedRegister;
        Fault fault = decodeCoseSign1(entry.cose, sign1);
        if (!fault) {
            entry.sign1 = sign1;
            fault = decodeSignedRegister(sign1, signedRegister);
            if (!fault)
                entry.signedRegister = signedRegister;
        }
        if (fault && !section.fault)
            section.fault = fault;
    }
    return section;
}

} // namespace nitroscope::launch
