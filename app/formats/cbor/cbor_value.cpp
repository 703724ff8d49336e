// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cbor_value.hpp.

#include "app/formats/cbor/cbor_value.hpp"

#include "app/core/cbor/scalar.hpp"
#include "app/formats/tree/value_text.hpp"

#include <bit>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

using cbor::Type;

CborValue valueOf(const cbor::Item &item) {
    CborValue value{.type = item.type,
                    .isIndefinite = item.indefinite,
                    .headSize = item.headSize,
                    .number = item.value,
                    .range = {item.offset, item.size()},
                    .string = {},
                    .children = {}};
    if (item.isString())
        value.string = app::cborString(item);
    return value;
}

QString faultText(const cbor::Error &error) {
    return u"Broken CBOR: %1."_s.arg(app::cborProblemText(error.problem));
}

QString floatText(const CborValue &value) {
    if (value.headSize == 9)
        return QString::number(std::bit_cast<double>(value.number), 'g', 17);
    if (value.headSize == 5)
        return QString::number(static_cast<double>(std::bit_cast<float>(static_cast<quint32>(value.number))),
                               'g', 9);
    return u"half-precision float "_s + hexText(value.number, 4);
}

QString simpleText(const CborValue &value) {
    switch (value.number) {
    case cbor::simpleFalse:
        return u"false"_s;
    case cbor::simpleTrue:
        return u"true"_s;
    case cbor::simpleNull:
        return u"null"_s;
    case cbor::simpleUndefined:
        return u"undefined"_s;
    default:
        return u"simple value %1"_s.arg(value.number);
    }
}

QString countText(const char *what, quint64 count, const char *unit, bool isIndefinite) {
    return u"%1, %2 %3%4%5"_s.arg(QLatin1String(what))
        .arg(count)
        .arg(QLatin1String(unit), count == 1 ? u""_s : u"s"_s,
             isIndefinite ? u", indefinite length"_s : u""_s);
}

} // namespace

std::optional<quint64> CborValue::stringOffset() const {
    if (isIndefinite)
        return std::nullopt;
    return range.offset + headSize;
}

const CborValue *CborValue::find(QByteArrayView key) const {
    for (size_t i = 0; i + 1 < children.size(); i += 2)
        if (children[i].is(Type::text) && children[i].string == key)
            return &children[i + 1];
    return nullptr;
}

const CborValue *CborValue::find(qint64 key) const {
    for (size_t i = 0; i + 1 < children.size(); i += 2)
        if (children[i].integer() == key)
            return &children[i + 1];
    return nullptr;
}

std::optional<qint64> CborValue::integer() const {
    if ((type != Type::unsignedInt && type != Type::negativeInt) || number > quint64(INT64_MAX))
        return std::nullopt;
    const auto value = static_cast<qint64>(number);
    return type == Type::unsignedInt ? value : -1 - value;
}

CborTree readCbor(std::span<const std::byte> bytes, quint64 baseOffset) {
    CborTree tree;
    cbor::Reader reader(bytes, baseOffset);
    // The containers and tags around the next item, outermost first. A vector of children grows only while
    // its owner is the last of them, so these pointers stay good.
    std::vector<CborValue *> open;
    size_t count = 0;
    cbor::Item item;
    const auto close = [&](quint64 end) {
        open.back()->range.length = end - open.back()->range.offset;
        open.pop_back();
    };
    const auto fail = [&](quint64 offset, const QString &message) {
        tree.fault = {offset, message};
        while (!open.empty())
            close(reader.offset());
    };
    do {
        if (!reader.next(item)) {
            // An empty input ends without an error of the reader.
            fail(reader.ok() ? baseOffset : reader.error().offset,
                 reader.ok() ? u"There is nothing to read."_s : faultText(reader.error()));
            break;
        }
        if (item.type == Type::end) {
            close(reader.offset());
        } else {
            // Tags do not count as nesting for the reader; they do here.
            if (++count > maxCborValues || open.size() > 64) {
                fail(item.offset, u"More CBOR items than any real document has."_s);
                break;
            }
            if (item.type == Type::text && !cbor::isUtf8(item)) {
                fail(item.offset, u"A text string is not UTF-8."_s);
                break;
            }
            CborValue *placed = open.empty() ? &tree.root.emplace(valueOf(item))
                                             : &open.back()->children.emplace_back(valueOf(item));
            if (item.isContainer() || item.type == Type::tag) {
                open.push_back(placed);
                continue;
            }
        }
        while (!open.empty() && open.back()->is(Type::tag))
            close(reader.offset());
    } while (!open.empty());
    tree.end = reader.offset();
    return tree;
}

QString cborText(const CborValue &value) {
    constexpr qsizetype maxBytes = 64, mostCharacters = 512;
    switch (value.type) {
    case Type::unsignedInt:
        return QString::number(value.number);
    case Type::negativeInt:
        return value.number == UINT64_MAX ? u"-18446744073709551616"_s
                                          : u'-' + QString::number(value.number + 1);
    case Type::bytes: {
        if (value.string.isEmpty())
            return u"0 bytes"_s;
        QString text = sizeText(quint64(value.string.size())) + u": "_s +
                       QString::fromLatin1(value.string.left(maxBytes).toHex());
        return value.string.size() > maxBytes ? text + u'…' : text;
    }
    case Type::text: {
        const QString text = printableText(value.string.left(4 * mostCharacters));
        return text.size() > mostCharacters ? text.left(mostCharacters) + u'…' : text;
    }
    case Type::array:
        return countText("array", value.children.size(), "element", value.isIndefinite);
    case Type::map:
        return countText("map", value.children.size() / 2, "pair", value.isIndefinite);
    case Type::tag:
        return u"tag %1"_s.arg(value.number);
    case Type::simple:
        return simpleText(value);
    case Type::floating:
        return floatText(value);
    case Type::end:
        break;
    }
    return {};
}

Node cborNode(const QString &name, const CborValue &value) {
    Node node{.name = name, .value = cborText(value), .range = value.range};
    const bool isMap = value.is(Type::map);
    node.children.reserve(value.children.size() / (isMap ? 2 : 1));
    for (size_t i = 0; i < value.children.size(); ++i) {
        if (!isMap) {
            node.add(cborNode(value.is(Type::tag) ? u"content"_s : u"[%1]"_s.arg(i), value.children[i]));
        } else if (i + 1 < value.children.size()) {
            const CborValue &key = value.children[i];
            Node entry = cborNode(cborText(key), value.children[++i]);
            // The key's bytes belong to the entry.
            entry.range = {key.range.offset, entry.range.end() - key.range.offset};
            node.add(std::move(entry));
        }
    }
    return node;
}

} // namespace nitroscope::formats
