// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/nsm/nsm_messages.hpp"

namespace nitroscope::demo {
namespace {

using cbor::Item;
using cbor::Type;

// Runs `write` once to measure and once to write.
template <class Write>
NsmRequest encode(Write &&write) {
    cbor::Writer dry;
    write(dry);
    NsmRequest request(dry.size());
    cbor::Writer writer(request);
    write(writer);
    return request;
}

std::string textOf(const Item &item) {
    std::string text(cbor::stringSize(item), '\0');
    cbor::copyString(item, std::as_writable_bytes(std::span(text)));
    return text;
}

std::string undecodable(std::string_view what) {
    return "the answer cannot be understood: " + std::string(what);
}

// Opens {"<variant>": {...}} and calls `field(key, item, reader)` for each entry of the inner map. `field`
// says whether it took the value; what it does not take is passed over.
template <class Field>
NsmResult<void> forEachField(cbor::Bytes response, std::string_view variant, Field &&field) {
    cbor::Reader reader(response);
    Item item;
    if (!reader.next(item))
        return tl::unexpected(undecodable("it is empty"));
    if (item.type == Type::text)
        return tl::unexpected(undecodable("it is only \"" + textOf(item) + "\""));
    if (item.type != Type::map || !reader.next(item) || item.type != Type::text)
        return tl::unexpected(undecodable("it is no map with a name"));
    const std::string name = textOf(item);
    if (!reader.next(item))
        return tl::unexpected(undecodable(cbor::text(reader.error().problem)));
    if (name == "Error")
        return tl::unexpected(item.type == Type::text ? textOf(item)
                                                      : undecodable("an error without a name"));
    if (name != variant || item.type != Type::map)
        return tl::unexpected(
            undecodable("it is a \"" + name + "\" and not a \"" + std::string(variant) + '"'));
    while (reader.next(item) && item.type != Type::end) {
        if (item.type != Type::text)
            return tl::unexpected(undecodable("a key is not text"));
        const std::string key = textOf(item);
        if (!reader.next(item))
            break;
        if (!field(key, item, reader) && !reader.skip(item))
            break;
    }
    if (!reader.ok())
        return tl::unexpected(undecodable(cbor::text(reader.error().problem)));
    return {};
}

bool takePcr(const Item &item, PcrValue &value, bool &found) {
    if (item.type != Type::bytes || cbor::stringSize(item) != value.size())
        return false;
    found = cbor::copyString(item, value).has_value();
    return found;
}

} // namespace

NsmRequest encodeDescribe() {
    return encode([](cbor::Writer &out) { out.text("DescribeNSM"); });
}

NsmRequest encodeGetRandom() {
    return encode([](cbor::Writer &out) { out.text("GetRandom"); });
}

NsmRequest encodeDescribePcr(uint16_t index) {
    return encode([&](cbor::Writer &out) {
        out.map(1);
        out.text("DescribePCR");
        out.map(1);
        out.text("index");
        out.unsignedInt(index);
    });
}

NsmRequest encodeExtendPcr(uint16_t index, cbor::Bytes data) {
    return encode([&](cbor::Writer &out) {
        out.map(1);
        out.text("ExtendPCR");
        out.map(2);
        out.text("index");
        out.unsignedInt(index);
        out.text("data");
        out.bytes(data);
    });
}

NsmRequest encodeLockPcr(uint16_t index) {
    return encode([&](cbor::Writer &out) {
        out.map(1);
        out.text("LockPCR");
        out.map(1);
        out.text("index");
        out.unsignedInt(index);
    });
}

NsmRequest encodeLockPcrs(uint16_t range) {
    return encode([&](cbor::Writer &out) {
        out.map(1);
        out.text("LockPCRs");
        out.map(1);
        out.text("range");
        out.unsignedInt(range);
    });
}

NsmRequest encodeAttestation(cbor::Bytes userData, cbor::Bytes nonce, cbor::Bytes publicKey) {
    return encode([&](cbor::Writer &out) {
        const auto field = [&](std::string_view key, cbor::Bytes value) {
            out.text(key);
            value.empty() ? out.null() : out.bytes(value);
        };
        out.map(1);
        out.text("Attestation");
        out.map(3);
        field("user_data", userData);
        field("nonce", nonce);
        field("public_key", publicKey);
    });
}

NsmResult<NsmDescription> decodeDescribe(cbor::Bytes response) {
    NsmDescription description;
    const auto number = [](const Item &item, uint64_t &value) {
        if (item.type == Type::unsignedInt)
            value = item.value;
        return item.type == Type::unsignedInt;
    };
    const auto text = [](const Item &item, std::string &value) {
        if (item.type == Type::text)
            value = textOf(item);
        return item.type == Type::text;
    };
    const auto field = [&](const std::string &key, const Item &item, cbor::Reader &reader) {
        if (key == "version_major")
            return number(item, description.versionMajor);
        if (key == "version_minor")
            return number(item, description.versionMinor);
        if (key == "version_patch")
            return number(item, description.versionPatch);
        if (key == "max_pcrs")
            return number(item, description.maxPcrs);
        if (key == "module_id")
            return text(item, description.moduleId);
        if (key == "digest")
            return text(item, description.digest);
        if (key != "locked_pcrs" || item.type != Type::array)
            return false;
        Item index;
        while (reader.next(index) && index.type != Type::end)
            if (index.type == Type::unsignedInt)
                description.lockedPcrs.push_back(index.value);
        return true;
    };
    return forEachField(response, "DescribeNSM", field).map([&] { return description; });
}

NsmResult<std::vector<std::byte>> decodeGetRandom(cbor::Bytes response) {
    std::vector<std::byte> random;
    const auto field = [&](const std::string &key, const Item &item, cbor::Reader &) {
        if (key != "random" || item.type != Type::bytes)
            return false;
        random.resize(cbor::stringSize(item));
        return cbor::copyString(item, random).has_value();
    };
    return forEachField(response, "GetRandom", field).map([&] { return random; });
}

NsmResult<PcrState> decodeDescribePcr(cbor::Bytes response) {
    PcrState state;
    bool found = false;
    const auto field = [&](const std::string &key, const Item &item, cbor::Reader &) {
        if (key == "lock" && item.isBool()) {
            state.locked = item.value == cbor::simpleTrue;
            return true;
        }
        return key == "data" && takePcr(item, state.value, found);
    };
    return forEachField(response, "DescribePCR", field).and_then([&]() -> NsmResult<PcrState> {
        if (!found)
            return tl::unexpected(undecodable("there is no register value of 48 bytes"));
        return state;
    });
}

NsmResult<PcrValue> decodeExtendPcr(cbor::Bytes response) {
    PcrValue value{};
    bool found = false;
    const auto field = [&](const std::string &key, const Item &item, cbor::Reader &) {
        return key == "data" && takePcr(item, value, found);
    };
    return forEachField(response, "ExtendPCR", field).and_then([&]() -> NsmResult<PcrValue> {
        if (!found)
            return tl::unexpected(undecodable("there is no register value of 48 bytes"));
        return value;
    });
}

NsmResult<void> decodeDone(cbor::Bytes response, std::string_view variant) {
    cbor::Reader reader(response);
    Item item;
    if (reader.next(item) && item.type == Type::text && textOf(item) == variant)
        return {};
    const std::string error = errorName(response);
    return tl::unexpected(error.empty() ? undecodable("it is not \"" + std::string(variant) + '"') : error);
}

NsmResult<std::vector<std::byte>> decodeAttestation(cbor::Bytes response) {
    std::vector<std::byte> document;
    const auto field = [&](const std::string &key, const Item &item, cbor::Reader &) {
        if (key != "document" || item.type != Type::bytes)
            return false;
        document.resize(cbor::stringSize(item));
        return cbor::copyString(item, document).has_value();
    };
    return forEachField(response, "Attestation", field).map([&] { return document; });
}

std::string errorName(cbor::Bytes response) {
    cbor::Reader reader(response);
    Item item;
    if (!reader.next(item) || item.type != Type::map || !reader.next(item) || item.type != Type::text ||
        textOf(item) != "Error" || !reader.next(item) || item.type != Type::text)
        return {};
    return textOf(item);
}

} // namespace nitroscope::demo
