// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cbor_variant.hpp.
#include "app/proto/pcapng/cbor_variant.hpp"

#include "app/core/cbor/decoder.hpp"
#include "app/core/cbor/notation.hpp"
#include "app/core/cbor/scalar.hpp"

#include <limits>

namespace nitroscope::pcapng {

namespace {

using cbor::Item;
using cbor::Type;

struct VariantTarget {
    using Value = QVariant;
    using List = QVariantList;
    using Map = QVariantMap;
    static constexpr app::CborPolicy policy = {.keys = app::CborKeys::mustBeText, .maxItems = maxCborItems};

    static QVariant scalar(const Item &item) {
        switch (item.type) {
        case Type::unsignedInt:
            return QVariant::fromValue<quint64>(item.value);
        case Type::negativeInt:
            return item.value <= quint64(std::numeric_limits<qint64>::max())
                       ? QVariant::fromValue<qint64>(-1 - qint64(item.value))
                       : QVariant(-1.0 - double(item.value));
        case Type::bytes:
            return app::cborString(item);
        case Type::text:
            return QString::fromUtf8(app::cborString(item));
        case Type::floating:
            return app::cborFloat(item);
        default:
            return item.isBool() ? QVariant(item.value == cbor::simpleTrue) : QVariant();
        }
    }

    static QString key(const Item &item) { return QString::fromUtf8(app::cborString(item)); }
};

} // namespace

app::Result<QVariant> decodeCbor(QByteArrayView bytes) {
    return app::CborDecoder<VariantTarget>(bytes).decode();
}

QString cborText(QByteArrayView bytes, qsizetype limit) {
    return app::cborNotation(bytes, app::CborLayout::oneLine, limit);
}

} // namespace nitroscope::pcapng
