// SPDX-License-Identifier: GPL-2.0-or-later
//
// The request decoder. It mirrors what serde's derived code does over serde_cbor's from_slice, with one
// difference that the device makes: text is not taken where the API says bytes.
#include "nsm-device/core/request.hpp"

#include "nsm-device/cbor/cbor.hpp"
#include "nsm-device/core/names.hpp"

#include <span>
#include <string_view>

namespace nitroscope::nsm {

namespace {

using cbor::Item;
using cbor::Type;

enum class FieldType : std::uint8_t { number, bytes, optionalBytes };

struct Field {
    std::string_view name;
    FieldType type;
};

constexpr Field indexFields[] = {{"index", FieldType::number}};
constexpr Field extendFields[] = {{"index", FieldType::number}, {"data", FieldType::bytes}};
constexpr Field rangeFields[] = {{"range", FieldType::number}};
constexpr Field attestationFields[] = {{"user_data", FieldType::optionalBytes},
                                       {"nonce", FieldType::optionalBytes},
                                       {"public_key", FieldType::optionalBytes}};
constexpr std::size_t maxFields = 3;

// In declaration order; empty for unit variants.
std::span<const Field> fieldsOf(NsmRequestKind kind) {
    switch (kind) {
    case NSM_REQUEST_DESCRIBE_PCR:
    case NSM_REQUEST_LOCK_PCR:
        return indexFields;
    case NSM_REQUEST_EXTEND_PCR:
        return extendFields;
    case NSM_REQUEST_LOCK_PCRS:
        return rangeFields;
    case NSM_REQUEST_ATTESTATION:
        return attestationFields;
    default:
        return {};
    }
}

class Decoder {
public:
    Decoder(cbor::Bytes bytes, Request &request) : m_reader(bytes), m_request(request) {}

    NsmError decode() {
        Item root;
        if (!take(root))
            return NSM_INVALID_OPERATION;
        const bool good = root.isContainer() ? decodeVariant(root) : identify(root) && isUnit();
        if (m_request.kind == NSM_REQUEST_UNKNOWN)
            return NSM_INVALID_OPERATION;
        return good && m_reader.atEnd() && store() ? NSM_SUCCESS : NSM_INVALID_ARGUMENT;
    }

private:
    struct Value {
        bool present = false;
        std::uint16_t number = 0;
        std::optional<cbor::Bytes> bytes;
    };

    bool isUnit() const { return fieldsOf(m_request.kind).empty(); }

    // Next item, with the checks serde_cbor makes of every item, ignored ones included. Tags are looked
    // through.
    bool take(Item &item) {
        m_tagged = false;
        while (m_reader.next(item)) {
            if (item.type == Type::tag) {
                m_tagged = true;
                continue;
            }
            if (item.type == Type::simple &&
                (item.value < cbor::simpleFalse || item.value > cbor::simpleUndefined))
                return false;
            return item.type != Type::text || cbor::isUtf8(item);
        }
        return false;
    }

    bool takeEnd() {
        Item item;
        return take(item) && item.type == Type::end;
    }

    // Passes over one whole value that nobody asked for.
    bool ignore() {
        Item item;
        if (!take(item) || item.type == Type::end)
            return false;
        while (m_reader.depth() > item.depth) {
            Item inner;
            if (!take(inner))
                return false;
        }
        return true;
    }

    // {name: body}, or [name, body] as older serde_cbor wrote it.
    bool decodeVariant(const Item &root) {
        const std::uint64_t expected = root.type == Type::map ? 1 : 2;
        if (!root.indefinite && root.value != expected)
            return false;
        Item name;
        return take(name) && identify(name) && (isUnit() ? decodeUnitBody() : decodeStructBody()) &&
               takeEnd();
    }

    // The variant by its name (text or bytes) or by its number in declaration order.
    bool identify(const Item &name) {
        const auto names = knownRequestNames();
        for (std::size_t kind = 0; kind < names.size(); ++kind)
            if (isNamed(name, names[kind], kind))
                m_request.kind = static_cast<NsmRequestKind>(kind);
        return m_request.kind != NSM_REQUEST_UNKNOWN;
    }

    static bool isNamed(const Item &item, std::string_view name, std::uint64_t number) {
        return item.isString() ? cbor::stringEquals(item, name)
                               : item.type == Type::unsignedInt && item.value == number;
    }

    bool decodeUnitBody() {
        Item body;
        return take(body) && body.type == Type::simple && body.value >= cbor::simpleNull;
    }

    bool decodeStructBody() {
        Item body;
        if (!take(body))
            return false;
        if (body.type == Type::map)
            return decodeFieldMap();
        return body.type == Type::array && decodeFieldArray();
    }

    bool decodeFieldMap() {
        const auto fields = fieldsOf(m_request.kind);
        for (;;) {
            Item key;
            if (!take(key))
                return false;
            if (key.type == Type::end)
                return true;
            if (!key.isString() && key.type != Type::unsignedInt)
                return false;
            std::size_t i = 0;
            while (i < fields.size() && !isNamed(key, fields[i].name, i))
                ++i;
            if (i == fields.size() ? !ignore() : m_values[i].present || !decodeField(fields[i], m_values[i]))
                return false;
        }
    }

    bool decodeFieldArray() {
        const auto fields = fieldsOf(m_request.kind);
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (!decodeField(fields[i], m_values[i]))
                return false;
        return takeEnd();
    }

    bool decodeField(const Field &field, Value &value) {
        Item item;
        if (!take(item))
            return false;
        value.present = true;
        if (field.type == FieldType::number) {
            value.number = static_cast<std::uint16_t>(item.value);
            return item.type == Type::unsignedInt && item.value <= UINT16_MAX;
        }
        if (field.type == FieldType::optionalBytes && item.isNull() && !m_tagged)
            return true;
        if (item.type == Type::bytes)
            return keepBytes(item, value);
        return item.type == Type::array && keepNumbers(value);
    }

    bool keepBytes(const Item &item, Value &value) {
        if (!item.indefinite) {
            value.bytes = item.payload;
            return true;
        }
        const auto room = std::span(m_request.storage).subspan(m_used);
        const auto size = cbor::copyString(item, room);
        if (!size)
            return false;
        value.bytes = room.first(*size);
        m_used += *size;
        return true;
    }

    // Bytes as an array of numbers: what serde makes of a plain Vec<u8>.
    bool keepNumbers(Value &value) {
        const std::size_t start = m_used;
        for (;;) {
            Item item;
            if (!take(item))
                return false;
            if (item.type == Type::end)
                break;
            if (item.type != Type::unsignedInt || item.value > UINT8_MAX ||
                m_used == m_request.storage.size())
                return false;
            m_request.storage[m_used++] = static_cast<std::byte>(item.value);
        }
        value.bytes = std::span(m_request.storage).subspan(start, m_used - start);
        return true;
    }

    // Moves the values to where the request has them; false when a required one is missing.
    bool store() {
        const auto fields = fieldsOf(m_request.kind);
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (!m_values[i].present && fields[i].type != FieldType::optionalBytes)
                return false;
        m_request.index = m_values[0].number;
        if (m_request.kind == NSM_REQUEST_EXTEND_PCR)
            m_request.data = *m_values[1].bytes;
        if (m_request.kind == NSM_REQUEST_ATTESTATION) {
            m_request.userData = m_values[0].bytes;
            m_request.nonce = m_values[1].bytes;
            m_request.publicKey = m_values[2].bytes;
        }
        return true;
    }

    cbor::BasicReader<127> m_reader; // serde_cbor's own recursion limit
    Request &m_request;
    bool m_tagged = false; // the item take() returned stood behind a tag
    std::size_t m_used = 0;
    Value m_values[maxFields];
};

} // namespace

NsmError decodeRequest(cbor::Bytes bytes, Request &request) {
    return Decoder(bytes, request).decode();
}

} // namespace nitroscope::nsm
