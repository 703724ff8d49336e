// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes in all forms of CBOR. Forms that read everything agree on where it breaks; those that read one item refuse it
// there, or earlier by their own rules, or not at all when it ends before; and ranges lie inside of the bytes.
#include "app/formats/cbor/cbor_tree.hpp"
#include "app/formats/cbor/cbor_value.hpp"
#include "app/formats/tree/value_text.hpp"
#include "app/proto/pcapng/cbor_variant.hpp"

#include <cstdint>
#include <cstdlib>
#include <QRegularExpression>

using namespace nitroscope;
using namespace nitroscope::formats;

namespace {

void require(bool condition) {
    if (!condition)
        std::abort();
}

std::optional<quint64> brokenInTree(const Node &root) {
    if (root.children.empty() || root.children.back().name != u"broken"_s)
        return std::nullopt;
    return root.children.back().range.offset;
}

std::optional<quint64> brokenInNotation(const QByteArray &bytes) {
    static const QRegularExpression fault(u" / byte ([0-9]+): [^/]* /$"_s);
    const auto match = fault.match(cborDiagnostic(bytes));
    return match.hasMatch() ? std::optional(match.captured(1).toULongLong()) : std::nullopt;
}

// A child's bytes are its parent's.
void checkRanges(const Node &node) {
    for (const Node &child : node.children) {
        require(child.range.offset >= node.range.offset && child.range.end() <= node.range.end());
        checkRanges(child);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > 4096) // enough for every shape; the trees grow faster than the bytes
        return 0;
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const Node tree = cborTree(bytes);
    checkRanges(tree);
    const auto broken = brokenInTree(tree);
    require(broken == brokenInNotation(bytes));

    const CborTree values = readCbor(toBytes(bytes));
    const bool isMalformed = values.fault && values.fault->kind == app::CborFault::Kind::malformed;
    if (isMalformed)
        require(broken == values.fault->offset);
    require(values.end <= size);
    if (values.root)
        (void)cborNode(u"CBOR"_s, *values.root);
    const bool hasJson = !cborJson(bytes).isUndefined();
    const auto variant = pcapng::decodeCbor(bytes);
    if (!values.fault)
        require(hasJson);
    if (isMalformed || size == 0)
        require(!hasJson && !variant);
    if (variant)
        require(hasJson);
    else
        require(variant.error().offset <= size);
    (void)pcapng::cborText(bytes, 160);
    return 0;
}
