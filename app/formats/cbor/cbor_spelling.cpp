// SPDX-License-Identifier: GPL-2.0-or-later
//
// CBOR as diagnostic notation and as JSON. See cbor_tree.hpp.

#include "app/core/cbor/decoder.hpp"
#include "app/core/cbor/notation.hpp"
#include "app/core/cbor/scalar.hpp"
#include "app/formats/cbor/cbor_tree.hpp"
#include "app/formats/tree/value_text.hpp"

#include <cmath>
#include <QJsonArray>
#include <QJsonObject>

namespace nitroscope::formats {

namespace {

using cbor::Item;
using cbor::Type;

struct JsonTarget {
    using Value = QJsonValue;
    using List = QJsonArray;
    using Map = QJsonObject;
    static constexpr app::CborPolicy policy = {};

    static QJsonValue scalar(const Item &item) {
        switch (item.type) {
        case Type::unsignedInt:
        case Type::negativeInt: {
            // What a double cannot hold exactly is safer as text.
            constexpr quint64 exact = quint64{1} << 53;
            const bool negative = item.type == Type::negativeInt;
            return item.value < exact ? QJsonValue(negative ? -1 - qint64(item.value) : qint64(item.value))
                                      : QJsonValue(app::cborScalarText(item));
        }
        case Type::bytes:
            return QString::fromLatin1(app::cborString(item).toBase64(QByteArray::Base64UrlEncoding |
                                                                      QByteArray::OmitTrailingEquals));
        case Type::text:
            return QString::fromUtf8(app::cborString(item));
        case Type::floating: {
            const double value = app::cborFloat(item);
            return std::isfinite(value) ? QJsonValue(value) : QJsonValue();
        }
        default:
            return item.isBool() ? QJsonValue(item.value == cbor::simpleTrue) : QJsonValue();
        }
    }

    static QString key(const Item &item) {
        if (item.type == Type::text)
            return QString::fromUtf8(app::cborString(item));
        return item.isContainer() ? u"(container)"_s : app::cborScalarText(item);
    }
};

} // namespace

QString cborDiagnostic(QByteArrayView bytes) {
    return app::cborNotation(bytes, app::CborLayout::indented);
}

QJsonValue cborJson(QByteArrayView bytes) {
    return app::CborDecoder<JsonTarget>(bytes).decode().value_or(QJsonValue(QJsonValue::Undefined));
}

} // namespace nitroscope::formats
