// SPDX-License-Identifier: GPL-2.0-or-later
//
// See cbor_variant.hpp. The walking is nsm-device/core/cbor.hpp's, which bounds nesting at 32 levels, hence
// the recursion here too.
#include "app/proto/pcapng/cbor_variant.hpp"

#include "nsm-device/core/cbor.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace nitroscope::pcapng {

namespace {

using cbor::Item;
using cbor::Type;

QString textOf(std::string_view text) {
    return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

QByteArray stringValue(const Item &item) {
    QByteArray value;
    cbor::forEachChunk(item, [&](cbor::Bytes chunk) {
        value.append(reinterpret_cast<const char *>(chunk.data()), qsizetype(chunk.size()));
    });
    return value;
}

cbor::Bytes viewOf(QByteArrayView bytes) {
    return {reinterpret_cast<const std::byte *>(bytes.data()), static_cast<std::size_t>(bytes.size())};
}

// Half floats (RFC 8949 appendix D) have no C++ type.
double halfValue(quint64 bits) {
    const int exponent = int(bits >> 10 & 0x1f);
    const auto mantissa = double(bits & 0x3ff);
    double value = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(mantissa + 1024, exponent - 25);
    if (exponent == 31)
        value = mantissa == 0 ? std::numeric_limits<double>::infinity()
                              : std::numeric_limits<double>::quiet_NaN();
    return bits & 0x8000 ? -value : value;
}

double floatValue(const Item &item) {
    switch (item.headSize) {
    case 3:
        return halfValue(item.value);
    case 5:
        return double(std::bit_cast<float>(quint32(item.value)));
    default:
        return std::bit_cast<double>(item.value);
    }
}

class VariantDecoder {
public:
    explicit VariantDecoder(QByteArrayView bytes) : m_reader(viewOf(bytes)) {}

    app::Result<QVariant> decode() {
        Item item;
        QVariant value;
        if (next(item) && read(item, value) && m_reader.ok())
            return value;
        app::Error error;
        error.code = QStringLiteral("cbor-broken");
        error.offset = m_reader.ok() ? m_reader.offset() : m_reader.error().offset;
        error.message = !m_fault.isEmpty() ? m_fault
                        : m_reader.ok()    ? QStringLiteral("there is nothing to decode")
                                           : textOf(cbor::text(m_reader.error().problem));
        return tl::unexpected(error);
    }

private:
    // The next item that is no tag.
    bool next(Item &item) {
        do {
            if (++m_items > mostCborItems) {
                m_fault = QStringLiteral("more than %1 items").arg(mostCborItems);
                return false;
            }
            if (!m_reader.next(item))
                return false;
        } while (item.type == Type::tag);
        return true;
    }

    bool read(const Item &item, QVariant &value) {
        switch (item.type) {
        case Type::unsignedInt:
            value = QVariant::fromValue<quint64>(item.value);
            return true;
        case Type::negativeInt:
            value = item.value <= quint64(std::numeric_limits<qint64>::max())
                        ? QVariant::fromValue<qint64>(-1 - qint64(item.value))
                        : QVariant(-1.0 - double(item.value));
            return true;
        case Type::bytes:
            value = stringValue(item);
            return true;
        case Type::text:
            value = QString::fromUtf8(stringValue(item));
            return true;
        case Type::floating:
            value = floatValue(item);
            return true;
        case Type::array:
            return readArray(value);
        case Type::map:
            return readMap(value);
        default:
            value = item.isBool() ? QVariant(item.value == cbor::simpleTrue) : QVariant();
            return true;
        }
    }

    bool readArray(QVariant &value) {
        QVariantList list;
        for (Item item;;) {
            if (!next(item))
                return false;
            if (item.type == Type::end)
                break;
            QVariant element;
            if (!read(item, element))
                return false;
            list.append(element);
        }
        value = list;
        return true;
    }

    bool readMap(QVariant &value) {
        QVariantMap map;
        for (Item item;;) {
            if (!next(item))
                return false;
            if (item.type == Type::end)
                break;
            if (item.type != Type::text) {
                m_fault = QStringLiteral("a map key is no text");
                return false;
            }
            const QString key = QString::fromUtf8(stringValue(item));
            QVariant element;
            if (!next(item) || !read(item, element))
                return false;
            map.insert(key, element);
        }
        value = map;
        return true;
    }

    cbor::Reader m_reader;
    QString m_fault;
    int m_items = 0;
};

class TextWriter {
public:
    TextWriter(QByteArrayView bytes, qsizetype limit) : m_reader(viewOf(bytes)), m_limit(limit) {}

    QString write() {
        std::array<Level, 33> levels{};
        Item item;
        while (m_text.size() < m_limit && m_reader.next(item)) {
            Level &level = levels[item.depth];
            if (item.type == Type::end) {
                m_text += level.close;
                continue;
            }
            // After a tag stands its content, which is no item of its own.
            if (!m_afterTag)
                separate(item.depth == 0 ? m_top : levels[item.depth - 1]);
            m_afterTag = item.type == Type::tag;
            put(item);
            if (m_afterTag) {
                ++m_openTags;
                continue;
            }
            const QString closeTags(std::exchange(m_openTags, 0), QLatin1Char(')'));
            if (item.isContainer()) // it stands at its own depth, its content one deeper
                level = {item.type == Type::map, 0,
                         QLatin1Char(item.type == Type::map ? '}' : ']') + closeTags};
            else
                m_text += closeTags;
        }
        if (m_text.size() >= m_limit)
            return m_text.left(m_limit) + QChar(0x2026);
        if (!m_reader.ok())
            m_text += QStringLiteral("<%1>").arg(textOf(cbor::text(m_reader.error().problem)));
        return m_text;
    }

private:
    struct Level {
        bool map = false;
        int count = 0;
        QString close;
    };

    void separate(Level &level) {
        if (level.map && level.count % 2 == 1)
            m_text += QLatin1String(": ");
        else if (level.count > 0)
            m_text += QLatin1String(", ");
        ++level.count;
    }

    void put(const Item &item) {
        switch (item.type) {
        case Type::unsignedInt:
            m_text += QString::number(item.value);
            break;
        case Type::negativeInt:
            m_text += item.value == std::numeric_limits<quint64>::max()
                          ? QStringLiteral("-18446744073709551616")
                          : QLatin1Char('-') + QString::number(item.value + 1);
            break;
        case Type::bytes:
            m_text += QLatin1String("h'") + QLatin1String(stringValue(item).left(m_limit).toHex()) +
                      QLatin1Char('\'');
            break;
        case Type::text:
            putText(QString::fromUtf8(stringValue(item)));
            break;
        case Type::array:
        case Type::map:
            m_text += QLatin1String(item.type == Type::map ? "{" : "[") +
                      QLatin1String(item.indefinite ? "_ " : "");
            break;
        case Type::tag:
            m_text += QString::number(item.value) + QLatin1Char('(');
            break;
        case Type::floating:
            m_text += QString::number(floatValue(item));
            break;
        default:
            putSimple(item);
        }
    }

    void putSimple(const Item &item) {
        if (item.isBool())
            m_text += QLatin1String(item.value == cbor::simpleTrue ? "true" : "false");
        else if (item.isNull())
            m_text += QLatin1String("null");
        else if (item.value == cbor::simpleUndefined)
            m_text += QLatin1String("undefined");
        else
            m_text += QStringLiteral("simple(%1)").arg(item.value);
    }

    void putText(const QString &text) {
        m_text += QLatin1Char('"');
        for (const QChar c : text) {
            if (c == QLatin1Char('"') || c == QLatin1Char('\\'))
                m_text += QLatin1Char('\\');
            if (c.unicode() < 0x20 || c.unicode() == 0x7f)
                m_text += QStringLiteral("\\u%1").arg(c.unicode(), 4, 16, QLatin1Char('0'));
            else
                m_text += c;
        }
        m_text += QLatin1Char('"');
    }

    cbor::Reader m_reader;
    qsizetype m_limit;
    QString m_text;
    Level m_top;
    bool m_afterTag = false;
    int m_openTags = 0;
};

} // namespace

app::Result<QVariant> decodeCbor(QByteArrayView bytes) {
    return VariantDecoder(bytes).decode();
}

QString cborText(QByteArrayView bytes, qsizetype limit) {
    return TextWriter(bytes, limit).write();
}

} // namespace nitroscope::pcapng
