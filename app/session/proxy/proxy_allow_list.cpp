// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/proxy/proxy_allow_list.hpp"

#include "app/core/input/input_file.hpp"

#include <algorithm>
#include <QFile>
#include <yaml.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qint64 maxBytes = 1 << 20;

tl::unexpected<Error> malformed(const yaml_mark_t &where, const QString &what) {
    auto error = failure(u"allow-list-malformed"_s, u"Line %1: %2"_s.arg(where.line + 1).arg(what));
    error.value().offset = where.index;
    return error;
}

// The first document of a text as a graph of nodes. An alias is a reference to its node, so it multiplies nothing.
class YamlDocument {
public:
    YamlDocument() = default;
    ~YamlDocument() {
        if (m_isLoaded)
            yaml_document_delete(&m_document);
    }
    Q_DISABLE_COPY_MOVE(YamlDocument)

    Result<void> load(const QByteArray &text) {
        yaml_parser_t parser;
        if (!yaml_parser_initialize(&parser))
            return failure(u"allow-list-malformed"_s, u"There is not enough memory to read it."_s);
        yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char *>(text.constData()),
                                     size_t(text.size()));
        Result<void> result;
        if (yaml_parser_load(&parser, &m_document)) {
            m_isLoaded = true;
        } else {
            const bool isReader = parser.error == YAML_READER_ERROR; // no text: it has an offset and no line
            const yaml_mark_t where =
                isReader ? yaml_mark_t{parser.problem_offset, 0, 0} : parser.problem_mark;
            result = malformed(where, u"This is not YAML: %1."_s.arg(QString::fromUtf8(parser.problem)));
        }
        yaml_parser_delete(&parser);
        return result;
    }

    // nullptr in an empty document.
    const yaml_node_t *root() { return yaml_document_get_root_node(&m_document); }
    const yaml_node_t *node(int index) { return yaml_document_get_node(&m_document, index); }

    // The value of a key of a mapping, nullptr without it. Of a key that stands twice the last counts, as in most readers.
    const yaml_node_t *member(const yaml_node_t &mapping, QByteArrayView name) {
        const yaml_node_t *found = nullptr;
        for (const yaml_node_pair_t *pair = mapping.data.mapping.pairs.start;
             pair != mapping.data.mapping.pairs.top; ++pair)
            if (const yaml_node_t *key = node(pair->key); key && text(*key) == name)
                found = node(pair->value);
        return found;
    }

    // Of a scalar; empty for any other node.
    static QByteArrayView text(const yaml_node_t &node) {
        if (node.type != YAML_SCALAR_NODE)
            return {};
        return {reinterpret_cast<const char *>(node.data.scalar.value), qsizetype(node.data.scalar.length)};
    }

private:
    yaml_document_t m_document{};
    bool m_isLoaded = false;
};

} // namespace

Result<ProxyAllowList> ProxyAllowList::read(const QString &path) {
    const auto text = readInput(path, maxBytes);
    if (!text)
        return failure(u"allow-list-unreadable"_s, text.error().message, path);
    auto list = parse(*text);
    if (!list)
        list.error().context = path;
    return list;
}

Result<ProxyAllowList> ProxyAllowList::parse(const QByteArray &text) {
    if (text.size() > maxBytes)
        return failure(u"allow-list-too-large"_s, u"An allow-list may have at most 1 MiB."_s);
    YamlDocument document;
    if (const auto loaded = document.load(text); !loaded)
        return tl::unexpected(loaded.error());
    ProxyAllowList list;
    const yaml_node_t *const root = document.root();
    if (!root)
        return list;
    const yaml_node_t *const entries =
        root->type == YAML_MAPPING_NODE ? document.member(*root, "allowlist") : nullptr;
    if (!entries || entries->type != YAML_SEQUENCE_NODE)
        return malformed(entries ? entries->start_mark : root->start_mark,
                         u"A list named \"allowlist\" is expected."_s);
    for (const yaml_node_item_t *item = entries->data.sequence.items.start;
         item != entries->data.sequence.items.top; ++item) {
        const yaml_node_t &entry = *document.node(*item);
        const bool isMapping = entry.type == YAML_MAPPING_NODE;
        const yaml_node_t *const address = isMapping ? document.member(entry, "address") : nullptr;
        const yaml_node_t *const port = isMapping ? document.member(entry, "port") : nullptr;
        if (!address || YamlDocument::text(*address).isEmpty() || !port)
            return malformed(
                entry.start_mark,
                u"An entry needs an address and a port, as in \"- {address: HOST, port: 443}\"."_s);
        bool isNumber = false;
        const uint number = YamlDocument::text(*port).toByteArray().toUInt(&isNumber);
        if (!isNumber || number == 0 || number > 65535)
            return malformed(port->start_mark, u"A port is a number from 1 to 65535."_s);
        list.m_entries.append({QString::fromUtf8(YamlDocument::text(*address)), quint16(number)});
    }
    return list;
}

bool ProxyAllowList::permits(const QString &host, quint16 port) const {
    return std::any_of(m_entries.begin(), m_entries.end(), [&](const Entry &entry) {
        return entry.port == port && entry.host.compare(host, Qt::CaseInsensitive) == 0;
    });
}

} // namespace nitroscope::app
