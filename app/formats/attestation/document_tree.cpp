// SPDX-License-Identifier: GPL-2.0-or-later
//
// An attestation document as nodes; see document.hpp. The payload's map is shown in the document's own order
// and with everything it holds, known or not.

#include "app/formats/attestation/document.hpp"
#include "app/formats/certificates/certificate.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

using cbor::Type;

class TreeBuilder {
public:
    explicit TreeBuilder(const Document &document) : m_document(document) {}

    Node build() const {
        Node root{.name = u"COSE_Sign1"_s,
                  .value = sizeText(quint64(m_document.bytes.size())),
                  .range = {0, quint64(m_document.bytes.size())}};
        if (!m_document.payload) {
            if (m_document.cose.root)
                root.add(cborNode(u"CBOR"_s, *m_document.cose.root));
        } else {
            addCose(root);
        }
        addFaults(root);
        return root;
    }

private:
    void addCose(Node &root) const {
        const CborValue *value = &*m_document.cose.root;
        if (m_document.isTagged) {
            root.add({.name = u"tag"_s, .value = u"18"_s, .range = {value->range.offset, value->headSize}});
            value = &value->children[0];
        }
        Node header = cborNode(u"protected header"_s, value->children[0]);
        header.value = algorithmText(m_document.algorithm);
        root.add(std::move(header));
        root.add(cborNode(u"unprotected header"_s, value->children[1]));
        root.add(payloadNode());
        root.add(cborNode(u"signature"_s, value->children[3]));
    }

    Node payloadNode() const {
        Node node{.name = u"payload"_s,
                  .value = sizeText(quint64(m_document.payload->bytes.size())),
                  .range = m_document.payload->range};
        const auto &map = m_document.payloadTree.root;
        if (!map)
            return node;
        if (!map->is(Type::map)) {
            node.add(place(cborNode(u"CBOR"_s, *map)));
            return node;
        }
        node.value += u", "_s + cborText(*map);
        for (size_t i = 0; i + 1 < map->children.size(); i += 2)
            node.add(place(fieldNode(map->children[i], map->children[i + 1])));
        return node;
    }

    // A field of the payload with its key; certificates are opened.
    Node fieldNode(const CborValue &key, const CborValue &value) const {
        const QString name = cborText(key);
        Node node = cborNode(name, value);
        if (name == u"timestamp" && value.is(Type::unsignedInt))
            node.value = u"%1 (%2)"_s.arg(timeText(value.number), node.value);
        else if (name == u"certificate" && value.is(Type::bytes))
            node = certificateNode(name, value.string, content(value));
        else if (name == u"cabundle" && value.is(Type::array))
            openCabundle(node, value);
        else if (name == u"pcrs" && value.is(Type::map))
            namePcrs(node, value);
        else if (value.is(Type::bytes) && !value.string.isEmpty())
            addText(node, value.string);
        node.range = {key.range.offset, value.range.end() - key.range.offset};
        return node;
    }

    static void openCabundle(Node &node, const CborValue &array) {
        static const char *const roles[] = {"root", "regional", "zonal", "instance"};
        for (size_t i = 0; i < array.children.size(); ++i) {
            const CborValue &value = array.children[i];
            if (!value.is(Type::bytes))
                continue;
            QString name = u"[%1]"_s.arg(i);
            if (array.children.size() == std::size(roles))
                name += u' ' + QLatin1String(roles[i]);
            node.children[i] = certificateNode(name, value.string, content(value));
            if (!content(value).isEmpty())
                node.children[i].range = value.range;
        }
    }

    static void namePcrs(Node &node, const CborValue &map) {
        for (size_t i = 0; i < node.children.size(); ++i) {
            const CborValue &value = map.children[2 * i + 1];
            node.children[i].name = u"PCR"_s + node.children[i].name;
            if (value.is(Type::bytes))
                node.children[i].value = QString::fromLatin1(value.string.toHex());
        }
    }

    // Nonces and user data are often text.
    static void addText(Node &node, const QByteArray &bytes) {
        const auto isPrintable = [](char c) {
            return static_cast<quint8>(c) >= 0x20 && static_cast<quint8>(c) < 0x7f;
        };
        if (std::ranges::all_of(bytes, isPrintable))
            node.add(
                {.name = u"as text"_s, .value = QString::fromLatin1(bytes.left(512)), .range = node.range});
    }

    static ByteRange content(const CborValue &value) {
        const auto offset = value.stringOffset();
        return offset ? ByteRange{*offset, quint64(value.string.size())} : value.range;
    }

    // What is inside a payload that comes in chunks has no bytes of its own.
    Node place(Node node) const {
        if (m_document.payload->isInChunks)
            clearRanges(node);
        return node;
    }
    static void clearRanges(Node &node) {
        node.range = {};
        for (Node &child : node.children)
            clearRanges(child);
    }

    void addFaults(Node &root) const {
        for (const Fault &fault : m_document.faults) {
            Node *node = fault.range.isEmpty() ? nullptr : nodeAt(root, fault.range.offset);
            (node ? *node : root)
                .addFinding(fault.kind == Fault::Kind::surprising ? Severity::warning : Severity::error,
                            fault.message);
        }
    }

    const Document &m_document;
};

} // namespace

Node documentTree(const Document &document) {
    return TreeBuilder(document).build();
}

} // namespace nitroscope::formats::attestation
