// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cbor_tree.hpp.

#include "app/formats/cbor/cbor_tree.hpp"

#include "app/core/cbor/scalar.hpp"
#include "app/core/cbor/walk.hpp"
#include "app/formats/tree/value_text.hpp"
#include "nsm-device/cbor/cbor_string.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace nitroscope::formats {

namespace {

using app::CborRole;
using app::cborScalarText;
using app::CborStep;
using app::cborString;
using cbor::Item;
using cbor::Type;

constexpr int deepestEmbedding = 4; // CBOR in byte strings in CBOR ...
constexpr qsizetype maxShownLength = 32;

class TreeBuilder final : private app::CborVisitor {
public:
    TreeBuilder(int embedding, int &budget) : m_embedding(embedding), m_budget(budget) {}

    // Once. True when the bytes are well-formed to their end and may be embedded where they are.
    bool fill(Node &root, QByteArrayView bytes, quint64 base) {
        m_open.push_back({std::move(root)});
        const app::CborWalk walk =
            app::walkCbor(bytes, {.extent = app::CborExtent::sequence, .baseOffset = base}, *this);
        // Where it breaks, an entry may lack its value and a tag its content.
        if (m_next)
            put(walk.end);
        while (m_open.size() > 1)
            close(walk.end);
        root = std::move(m_open.front().node);
        if (walk.fault)
            addFault(root, *walk.fault, base + quint64(bytes.size()));
        return !walk.fault && !m_isPlain;
    }

private:
    // A container whose content comes, or the root.
    struct Open {
        Node node;
        Type type = Type::end;
        bool isIndefinite = false;
        bool isCut = false; // has more in it than is shown
    };

    CborStep item(const Item &item, const app::CborPlace &place) override {
        // Of byte strings only containers and tags: a certificate or digest would otherwise pass for a number now
        // and then.
        const bool isWhole = place.role == CborRole::top && place.tags == 0;
        m_isPlain = isWhole && m_embedding > 0 &&
                    ((!item.isContainer() && item.type != Type::tag) || place.number > 0);
        if (m_isPlain)
            return CborStep::stop;
        if (place.tags == 0 && place.role != CborRole::value) {
            if (place.role != CborRole::top && isBudgetSpent())
                return CborStep::over;
            m_next = Node{.name = nameOf(item, place), .value = {}, .range = {item.offset, 0}};
        }
        // A key is in the name; the value of one that is not shown is not shown either.
        if (place.role == CborRole::key || !m_next)
            return CborStep::over;
        if (item.type == Type::tag) {
            m_next->value += u"tag %1 "_s.arg(item.value);
        } else if (item.isContainer()) {
            m_open.push_back({*std::exchange(m_next, std::nullopt), item.type, item.indefinite});
        } else {
            readScalar(item, *m_next);
            put(item.offset + item.size());
        }
        return CborStep::on;
    }

    void end(const app::CborEnd &end) override {
        if (end.type != Type::tag)
            close(end.offset);
    }

    // The node that is made is whole, up to `end`.
    void put(quint64 end) {
        m_next->range.length = end - m_next->range.offset;
        m_open.back().node.add(*std::exchange(m_next, std::nullopt));
    }

    void close(quint64 end) {
        Open open = std::move(m_open.back());
        m_open.pop_back();
        const auto count = open.node.children.size();
        open.node.value +=
            u"%1 %2"_s.arg(count).arg(open.type == Type::map ? (count == 1 ? u"entry"_s : u"entries"_s)
                                                             : (count == 1 ? u"item"_s : u"items"_s));
        if (open.isIndefinite)
            open.node.value += u", indefinite"_s;
        m_next = std::move(open.node);
        put(end);
    }

    // Whether what comes in the container is too much.
    bool isBudgetSpent() {
        Open &container = m_open.back();
        if (container.isCut || --m_budget >= 0)
            return container.isCut;
        container.isCut = true;
        container.node.addFinding(Severity::note, u"Only the first %1 values are shown."_s.arg(
                                                      QLocale(QLocale::English).toString(maxCborNodes)));
        return true;
    }

    static void addFault(Node &root, const app::CborFault &fault, quint64 end) {
        Node broken{.name = u"broken"_s,
                    .value = fault.text,
                    .range = {fault.offset, end - std::min(fault.offset, end)}};
        broken.addFinding(Severity::error, u"Byte %1: %2."_s.arg(fault.offset).arg(fault.text));
        root.add(std::move(broken));
    }

    static QString nameOf(const Item &item, const app::CborPlace &place) {
        if (place.role == CborRole::key)
            return keyText(item);
        return place.role == CborRole::top && place.number == 0 ? kindText(item)
                                                                : u"[%1]"_s.arg(place.number);
    }

    static QString kindText(const Item &item) {
        switch (item.type) {
        case Type::map:
            return u"map"_s;
        case Type::array:
            return u"array"_s;
        case Type::tag:
            return u"tag"_s;
        case Type::bytes:
            return u"bytes"_s;
        case Type::text:
            return u"text"_s;
        default:
            return u"value"_s;
        }
    }

    static QString keyText(const Item &key) {
        if (key.type == Type::text)
            return printableText(cborString(key));
        return key.isContainer() || key.type == Type::tag ? u"(key that is not a scalar)"_s
                                                          : cborScalarText(key);
    }

    // What a tag says stands before it.
    void readScalar(const Item &item, Node &node) {
        if (item.type == Type::text) {
            node.value += u'"' + printableText(cborString(item)) + u'"';
            if (!cbor::isUtf8(item))
                node.addFinding(Severity::warning, u"This text is not valid UTF-8."_s);
        } else if (item.type == Type::bytes) {
            readBytes(item, node);
        } else {
            node.value += cborScalarText(item);
        }
    }

    void readBytes(const Item &item, Node &node) {
        const QByteArray value = cborString(item);
        const QString digits = QString::fromLatin1(value.toHex());
        node.value += value.size() <= maxShownLength
                          ? u"h'%1'"_s.arg(digits)
                          : u"%1 · %2"_s.arg(sizeText(static_cast<quint64>(value.size())), digits);
        if (item.indefinite || m_embedding >= deepestEmbedding || value.isEmpty())
            return;
        Node inside;
        if (TreeBuilder(m_embedding + 1, m_budget).fill(inside, value, item.offset + item.headSize))
            node.children = std::move(inside.children);
    }

    int m_embedding;
    int &m_budget;
    std::vector<Open> m_open;
    std::optional<Node> m_next; // named, its value to come
    bool m_isPlain = false;     // not to be shown inside of a byte string
};

} // namespace

Node cborTree(QByteArrayView bytes, quint64 baseOffset) {
    Node root{.name = u"CBOR"_s, .value = {}, .range = {baseOffset, static_cast<quint64>(bytes.size())}};
    int budget = maxCborNodes;
    TreeBuilder(0, budget).fill(root, bytes, baseOffset);
    return root;
}

} // namespace nitroscope::formats
