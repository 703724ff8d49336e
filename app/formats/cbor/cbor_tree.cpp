// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cbor_tree.hpp. Walks with nsm-device/cbor/cbor.hpp, whose bound on nesting bounds the recursion here.

#include "app/formats/cbor/cbor_tree.hpp"

#include "app/core/cbor/scalar.hpp"
#include "app/formats/tree/value_text.hpp"

namespace nitroscope::formats {

namespace {

using app::cborScalarText;
using app::cborString;
using cbor::Item;
using cbor::Type;

constexpr int deepestEmbedding = 4; // CBOR in byte strings in CBOR ...
constexpr qsizetype maxShownLength = 32;

class TreeBuilder {
public:
    TreeBuilder(cbor::Bytes bytes, quint64 base, int embedding, int &budget)
        : m_reader(bytes, base), m_bytes(bytes), m_base(base), m_embedding(embedding), m_budget(budget) {}

    void fill(Node &root) {
        int number = 0;
        for (Item item; m_reader.next(item); ++number) {
            Node node;
            node.name = number == 0 ? kindText(item) : u"[%1]"_s.arg(number);
            const bool whole = read(item, node);
            node.range = {item.offset, m_reader.offset() - item.offset};
            root.add(std::move(node));
            if (!whole)
                break;
        }
        if (!m_reader.ok()) {
            const cbor::Error &error = m_reader.error();
            const quint64 end = m_base + m_bytes.size();
            Node broken{.name = u"broken"_s,
                        .value = app::cborProblemText(error.problem),
                        .range = {error.offset, end - std::min<quint64>(error.offset, end)}};
            broken.addFinding(Severity::error, u"Byte %1: %2."_s.arg(error.offset).arg(broken.value));
            root.add(std::move(broken));
        }
    }

    bool isWhole() const { return m_reader.atEnd(); }

private:
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

    // Value and children of what `item` begins. False when the rest cannot be read.
    bool read(const Item &first, Node &node) {
        Item item = first;
        QString tags;
        while (item.type == Type::tag) {
            tags += u"tag %1 "_s.arg(item.value);
            if (!m_reader.next(item))
                return false;
        }
        bool whole = true;
        if (item.isContainer()) {
            whole = readContainer(item, node);
            const auto count = node.children.size();
            const bool map = item.type == Type::map;
            node.value = u"%1 %2"_s.arg(count).arg(map ? (count == 1 ? u"entry"_s : u"entries"_s)
                                                       : (count == 1 ? u"item"_s : u"items"_s));
            if (item.indefinite)
                node.value += u", indefinite"_s;
        } else {
            readScalar(item, node);
        }
        node.value = tags + node.value;
        return whole;
    }

    bool readContainer(const Item &container, Node &node) {
        for (Item item;;) {
            if (!m_reader.next(item))
                return false;
            if (item.type == Type::end)
                return true;
            if (--m_budget < 0)
                return cutOff(container, node);
            const quint64 start = item.offset;
            Node child;
            bool whole = true;
            if (container.type == Type::map) {
                whole = readKey(item, child) && m_reader.next(item) && item.type != Type::end;
                if (whole)
                    whole = read(item, child);
            } else {
                child.name = u"[%1]"_s.arg(node.children.size());
                whole = read(item, child);
            }
            child.range = {start, m_reader.offset() - start};
            node.add(std::move(child));
            if (!whole)
                return false;
        }
    }

    bool cutOff(const Item &container, Node &node) {
        node.addFinding(Severity::note, u"Only the first %1 values are shown."_s.arg(
                                            QLocale(QLocale::English).toString(maxCborNodes)));
        for (Item item; m_reader.depth() > container.depth;)
            if (!m_reader.next(item))
                return false;
        return true;
    }

    bool readKey(const Item &key, Node &child) {
        if (key.type == Type::text) {
            child.name = printableText(cborString(key));
            return true;
        }
        if (!key.isContainer() && key.type != Type::tag) {
            child.name = cborScalarText(key);
            return true;
        }
        child.name = u"(key that is not a scalar)"_s;
        return m_reader.skip(key);
    }

    void readScalar(const Item &item, Node &node) {
        if (item.type == Type::text) {
            node.value = u'"' + printableText(cborString(item)) + u'"';
            if (!cbor::isUtf8(item))
                node.addFinding(Severity::warning, u"This text is not valid UTF-8."_s);
        } else if (item.type == Type::bytes) {
            readBytes(item, node);
        } else {
            node.value = cborScalarText(item);
        }
    }

    void readBytes(const Item &item, Node &node) {
        const QByteArray value = cborString(item);
        const QString digits = QString::fromLatin1(value.toHex());
        node.value = value.size() <= maxShownLength
                         ? u"h'%1'"_s.arg(digits)
                         : u"%1 · %2"_s.arg(sizeText(static_cast<quint64>(value.size())), digits);
        if (item.indefinite || m_embedding >= deepestEmbedding || value.isEmpty())
            return;
        const auto first = static_cast<unsigned char>(value[0]);
        // Only containers and tags: a certificate or digest would otherwise pass for a number now and then.
        if (first >> 5 < 4 || first >> 5 > 6)
            return;
        Node inside;
        TreeBuilder builder(item.payload, item.offset + item.headSize, m_embedding + 1, m_budget);
        builder.fill(inside);
        if (builder.isWhole() && inside.children.size() == 1)
            node.children = std::move(inside.children);
    }

    cbor::Reader m_reader;
    cbor::Bytes m_bytes;
    quint64 m_base;
    int m_embedding;
    int &m_budget;
};

} // namespace

Node cborTree(QByteArrayView bytes, quint64 baseOffset) {
    Node root{.name = u"CBOR"_s, .value = {}, .range = {baseOffset, static_cast<quint64>(bytes.size())}};
    int budget = maxCborNodes;
    TreeBuilder(app::cborBytes(bytes), baseOffset, 0, budget).fill(root);
    return root;
}

} // namespace nitroscope::formats
