// SPDX-License-Identifier: GPL-2.0-or-later
//
// See header_rules.hpp.

#include "app/formats/attestation/header_rules.hpp"

#include <algorithm>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

using cbor::Type;
using Kind = Fault::Kind;

bool isLabel(const CborValue &key) {
    return key.is(Type::text) || key.integer();
}

bool isSameLabel(const CborValue &one, const CborValue &other) {
    return one.is(Type::text) ? other.is(Type::text) && one.string == other.string
                              : one.integer() && one.integer() == other.integer();
}

bool hasLabel(const CborValue &map, const CborValue &label) {
    for (size_t i = 0; i + 1 < map.children.size(); i += 2)
        if (isSameLabel(map.children[i], label))
            return true;
    return false;
}

quint8 shortestHead(quint64 number) {
    if (number < 24)
        return 1;
    if (number <= 0xff)
        return 2;
    if (number <= 0xffff)
        return 3;
    return number <= 0xffffffff ? 5 : 9;
}

bool isLong(const CborValue &value) {
    if (value.is(Type::simple) || value.is(Type::floating))
        return false;
    return value.isIndefinite || value.headSize > shortestHead(value.number);
}

} // namespace

std::vector<Fault> headerFaults(const CborValue *signedMap, ByteRange signedRange,
                                const CborValue &unsignedMap) {
    std::vector<Fault> faults;
    const auto check = [&faults](const CborValue &key, ByteRange range) {
        if (!isLabel(key))
            faults.push_back({Kind::invalid, u"A header's label is neither an integer nor a text."_s, range});
        return isLabel(key);
    };
    for (size_t i = 0; signedMap && i + 1 < signedMap->children.size(); i += 2) {
        const CborValue &key = signedMap->children[i];
        if (!check(key, signedRange))
            continue;
        if (key.integer() == criticalLabel) // RFC 9052 §3.1: what is not understood must be refused
            faults.push_back({Kind::invalid,
                              u"The protected header has critical parameters of an unknown kind."_s,
                              signedRange});
        else if (key.integer() != algorithmLabel)
            faults.push_back(
                {Kind::surprising,
                 u"The protected header has the parameter %1 beside the algorithm."_s.arg(cborText(key)),
                 signedRange});
    }
    for (size_t i = 0; i + 1 < unsignedMap.children.size(); i += 2) {
        const CborValue &key = unsignedMap.children[i];
        if (!check(key, key.range))
            continue;
        if (signedMap && hasLabel(*signedMap, key))
            faults.push_back(
                {Kind::invalid, u"The parameter %1 stands in both headers."_s.arg(cborText(key)), key.range});
        if (key.integer() == algorithmLabel || key.integer() == criticalLabel)
            faults.push_back(
                {Kind::invalid,
                 u"The unprotected header has the parameter %1, which must be signed."_s.arg(cborText(key)),
                 key.range});
    }
    return faults;
}

const CborValue *longForm(const CborValue &value, RootMap root) {
    const bool isExcepted = root == RootMap::mayBeIndefinite && value.is(Type::map) && value.isIndefinite;
    if (isLong(value) && !isExcepted)
        return &value;
    for (const CborValue &child : value.children)
        if (const CborValue *found = longForm(child, RootMap::isDefinite))
            return found;
    return nullptr;
}

} // namespace nitroscope::formats::attestation
