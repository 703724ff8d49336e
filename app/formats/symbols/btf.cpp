// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/symbols/btf.hpp"

#include <cstring>

namespace nitroscope::symbols {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint16 magic = 0xeb9f;
constexpr int deepest = 16;
constexpr int maxMembers = 200'000; // looked at for one field

// Kinds, and the bytes that follow the common 12 bytes of a type.
enum Kind : quint32 {
    kindInt = 1,
    kindPointer,
    kindArray,
    kindStruct,
    kindUnion,
    kindEnum,
    kindForward,
    kindTypedef,
    kindVolatile,
    kindConst,
    kindRestrict,
    kindFunction,
    kindPrototype,
    kindVariable,
    kindDataSection,
    kindFloat,
    kindDeclarationTag,
    kindTypeTag,
    kindEnum64,
};

std::optional<quint64> tailBytes(quint32 kind, quint64 count) {
    switch (kind) {
    case kindInt:
    case kindVariable:
    case kindDeclarationTag:
        return 4;
    case kindArray:
        return 12;
    case kindStruct:
    case kindUnion:
    case kindDataSection:
    case kindEnum64:
        return 12 * count;
    case kindEnum:
    case kindPrototype:
        return 8 * count;
    case kindPointer:
    case kindForward:
    case kindTypedef:
    case kindVolatile:
    case kindConst:
    case kindRestrict:
    case kindFunction:
    case kindFloat:
    case kindTypeTag:
        return 0;
    default:
        return std::nullopt;
    }
}

struct Header {
    quint16 magic;
    quint8 version, flags;
    quint32 headerBytes, typeOffset, typeBytes, stringOffset, stringBytes;
};
static_assert(sizeof(Header) == 24);

template <class T>
std::optional<T> valueAt(const QByteArray &bytes, quint64 offset) {
    if (offset > quint64(bytes.size()) || quint64(bytes.size()) - offset < sizeof(T))
        return std::nullopt;
    T value;
    std::memcpy(&value, bytes.constData() + offset, sizeof value);
    return value;
}

tl::unexpected<app::Error> damaged(const QString &message, quint64 offset) {
    return tl::unexpected(app::Error{u"btf"_s, message, offset, {}});
}

} // namespace

app::Result<std::shared_ptr<const Btf>> Btf::read(QByteArray bytes) {
    const auto header = valueAt<Header>(bytes, 0);
    if (!header || header->magic != magic || header->version != 1)
        return damaged(u"This is not BTF version 1."_s, 0);
    const quint64 size = quint64(bytes.size());
    const quint64 types = quint64(header->headerBytes) + header->typeOffset;
    const quint64 strings = quint64(header->headerBytes) + header->stringOffset;
    if (types + header->typeBytes > size || strings + header->stringBytes > size || !header->stringBytes)
        return damaged(u"BTF's types or names lie outside of it."_s, offsetof(Header, typeOffset));
    auto btf = std::make_shared<Btf>();
    btf->m_bytes = std::move(bytes);
    btf->m_strings = strings;
    btf->m_stringsEnd = strings + header->stringBytes;
    const quint64 end = types + header->typeBytes;
    btf->m_types.reserve(qsizetype(header->typeBytes / 32));
    for (quint64 at = types; at < end;) {
        const auto common = valueAt<std::array<quint32, 3>>(btf->m_bytes, at);
        if (!common || at + 12 > end)
            return damaged(u"BTF ends within a type."_s, at);
        const Type type{(*common)[0], (*common)[1], (*common)[2], at + 12};
        const auto tail = tailBytes(type.kind(), type.count());
        if (!tail || *tail > end - type.tail)
            return damaged(u"BTF has a type of an unknown kind, or one that is cut off."_s, at);
        btf->m_types.append(type);
        at = type.tail + *tail;
    }
    for (qsizetype i = 0; i < btf->m_types.size(); ++i) {
        const Type &type = btf->m_types[i];
        if (type.kind() != kindStruct && type.kind() != kindUnion)
            continue;
        const QByteArrayView name = btf->name(type.name);
        if (!name.isEmpty() && !btf->m_structures.contains(name))
            btf->m_structures.insert(name, quint32(i + 1));
    }
    return btf;
}

QByteArrayView Btf::name(quint32 offset) const {
    const quint64 at = m_strings + offset;
    if (at >= m_stringsEnd)
        return {};
    const char *text = m_bytes.constData() + at;
    return QByteArrayView(text, qsizetype(qstrnlen(text, size_t(qMin<quint64>(m_stringsEnd - at, 512)))));
}

const Btf::Type *Btf::type(quint32 id) const {
    return id == 0 || id > quint32(m_types.size()) ? nullptr : &m_types[id - 1];
}

const Btf::Type *Btf::plain(quint32 id) const {
    for (int i = 0; i < deepest; ++i) {
        const Type *found = type(id);
        if (!found)
            return nullptr;
        switch (found->kind()) {
        case kindTypedef:
        case kindVolatile:
        case kindConst:
        case kindRestrict:
        case kindTypeTag:
            id = found->sizeOrType;
            break;
        default:
            return found;
        }
    }
    return nullptr;
}

std::optional<quint64> Btf::sizeOf(quint32 id, int depth) const {
    const Type *found = plain(id);
    if (!found || depth > deepest)
        return std::nullopt;
    switch (found->kind()) {
    case kindInt:
    case kindStruct:
    case kindUnion:
    case kindEnum:
    case kindEnum64:
    case kindFloat:
        return found->sizeOrType;
    case kindPointer:
        return 8;
    case kindArray: {
        const auto array = valueAt<std::array<quint32, 3>>(m_bytes, found->tail); // type, index type, count
        const auto element = sizeOf((*array)[0], depth + 1);
        return element ? std::optional(*element * (*array)[2]) : std::nullopt;
    }
    default:
        return std::nullopt;
    }
}

std::optional<Btf::Found> Btf::member(const Type &in, QByteArrayView wanted, int depth, int &left) const {
    if ((in.kind() != kindStruct && in.kind() != kindUnion) || depth > deepest)
        return std::nullopt;
    for (quint32 i = 0; i < in.count() && left > 0; ++i) {
        --left;
        const auto entry = *valueAt<std::array<quint32, 3>>(m_bytes, in.tail + 12 * quint64(i));
        const quint32 bits = in.hasBitSizes() ? entry[2] & 0xffffff : entry[2];
        const bool isBitField = in.hasBitSizes() && entry[2] >> 24;
        const QByteArrayView memberName = name(entry[0]);
        if (memberName == wanted)
            return isBitField || bits % 8 ? std::nullopt : std::optional(Found{entry[1], bits / 8});
        if (!memberName.isEmpty() || isBitField)
            continue;
        if (const Type *inner = plain(entry[1]))
            if (auto found = member(*inner, wanted, depth + 1, left)) {
                found->offset += bits / 8;
                return found;
            }
    }
    return std::nullopt;
}

std::optional<FieldPlace> Btf::field(QByteArrayView typeName, QByteArrayView path) const {
    const auto start = m_structures.constFind(typeName);
    if (start == m_structures.cend())
        return std::nullopt;
    const Type *in = type(*start);
    FieldPlace place;
    int left = maxMembers;
    for (int depth = 0; in && depth < deepest; ++depth) {
        const qsizetype dot = path.indexOf('.');
        const auto found = member(*in, dot < 0 ? path : path.first(dot), 0, left);
        if (!found)
            return std::nullopt;
        place.offset += found->offset;
        if (dot < 0) {
            place.bytes = sizeOf(found->type, 0).value_or(0);
            return place;
        }
        path = path.sliced(dot + 1);
        in = plain(found->type);
    }
    return std::nullopt;
}

std::optional<quint64> Btf::size(QByteArrayView typeName) const {
    const auto found = m_structures.constFind(typeName);
    return found == m_structures.cend() ? std::nullopt : std::optional<quint64>(type(*found)->sizeOrType);
}

} // namespace nitroscope::symbols
