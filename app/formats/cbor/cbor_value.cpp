// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cbor_value.hpp.

#include "app/formats/cbor/cbor_value.hpp"

#include "app/core/cbor/scalar.hpp"
#include "app/formats/tree/value_text.hpp"

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

// What can be said of a scalar without its bytes.
cbor::Item headOf(const CborValue &value) {
    return {.type = value.type,
            .indefinite = value.isIndefinite,
            .headSize = value.headSize,
            .depth = 0,
            .value = value.number,
            .offset = value.range.offset,
            .payload = {}};
}

QString countText(const char *what, quint64 count, const char *unit, bool isIndefinite) {
    return u"%1, %2 %3%4%5"_s.arg(QLatin1String(what))
        .arg(count)
        .arg(QLatin1String(unit), count == 1 ? u""_s : u"s"_s,
             isIndefinite ? u", indefinite length"_s : u""_s);
}

class TreeReader final : private app::CborVisitor {
public:
    CborTree read(std::span<const std::byte> bytes, quint64 baseOffset) {
        // A tree is read and shown level by level of it, so that tags count as levels, too.
        const app::CborWalk walk = app::walkCbor(
            QByteArrayView(reinterpret_cast<const char *>(bytes.data()), qsizetype(bytes.size())),
            {.texts = app::CborTexts::mustBeUtf8,
             .maxItems = maxCborValues,
             .maxAround = 64,
             .baseOffset = baseOffset},
            *this);
        while (!m_open.empty())
            close(walk.end);
        m_tree.fault = walk.fault;
        m_tree.end = walk.end;
        return std::move(m_tree);
    }

private:
    app::CborStep item(const cbor::Item &item, const app::CborPlace & /*place*/) override {
        CborValue *placed = m_open.empty() ? &m_tree.root.emplace(valueOf(item))
                                           : &m_open.back()->children.emplace_back(valueOf(item));
        if (item.isContainer() || item.type == Type::tag)
            m_open.push_back(placed);
        return app::CborStep::on;
    }

    void end(const app::CborEnd &end) override { close(end.offset); }

    void close(quint64 end) {
        m_open.back()->range.length = end - m_open.back()->range.offset;
        m_open.pop_back();
    }

    CborTree m_tree;
    // The containers and tags around the next item, outermost first. A vector of children grows only while
    // its owner is the last of them, so these pointers stay good.
    std::vector<CborValue *> m_open;
};

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
    return TreeReader().read(bytes, baseOffset);
}

QString cborText(const CborValue &value) {
    constexpr qsizetype maxBytes = 64, mostCharacters = 512;
    switch (value.type) {
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
    default:
        return app::cborScalarText(headOf(value));
    }
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
