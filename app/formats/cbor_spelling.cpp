// SPDX-License-Identifier: GPL-2.0-or-later
//
// CBOR as diagnostic notation and as JSON. See cbor_tree.hpp.

#include "app/formats/cbor_scalar.hpp"
#include "app/formats/cbor_tree.hpp"
#include "app/formats/value_text.hpp"

#include <cmath>
#include <QJsonArray>
#include <QJsonObject>

namespace nitroscope::formats {

namespace {

using cbor::Item;
using cbor::Type;

class DiagnosticWriter {
public:
    explicit DiagnosticWriter(QByteArrayView bytes) : m_reader(cborBytes(bytes)) {}

    QString write() {
        for (Item item; m_reader.next(item);) {
            if (!m_text.isEmpty())
                m_text += u",\n"_s;
            if (!put(item, 0))
                break;
        }
        if (!m_reader.ok())
            m_text += u" / byte %1: %2 /"_s.arg(m_reader.error().offset)
                          .arg(QString::fromUtf8(cbor::text(m_reader.error().problem).data()));
        return m_text;
    }

private:
    bool put(const Item &first, int depth) {
        Item item = first;
        int tags = 0;
        for (; item.type == Type::tag; ++tags) {
            m_text += QString::number(item.value) + u'(';
            if (!m_reader.next(item))
                return false;
        }
        if (item.isContainer()) {
            if (!putContainer(item, depth))
                return false;
        } else {
            m_text += cborScalarText(item);
        }
        m_text += QString(tags, u')');
        return true;
    }

    bool putContainer(const Item &container, int depth) {
        const bool map = container.type == Type::map;
        m_text += map ? u'{' : u'[';
        if (container.indefinite)
            m_text += u"_ "_s;
        bool empty = true;
        for (Item item;;) {
            if (!m_reader.next(item))
                return false;
            if (item.type == Type::end)
                break;
            m_text += (empty ? u"\n"_s : u",\n"_s) + QString(2 * (depth + 1), u' ');
            empty = false;
            if (!put(item, depth + 1))
                return false;
            if (!map)
                continue;
            m_text += u": "_s;
            if (!m_reader.next(item) || !put(item, depth + 1))
                return false;
        }
        if (!empty)
            m_text += u'\n' + QString(2 * depth, u' ');
        m_text += map ? u'}' : u']';
        return true;
    }

    cbor::Reader m_reader;
    QString m_text;
};

class JsonBuilder {
public:
    explicit JsonBuilder(QByteArrayView bytes) : m_reader(cborBytes(bytes)) {}

    QJsonValue build() {
        Item item;
        QJsonValue value(QJsonValue::Undefined);
        if (!m_reader.next(item) || !read(item, value) || !m_reader.ok())
            return QJsonValue(QJsonValue::Undefined);
        return value;
    }

private:
    bool next(Item &item) {
        do {
            if (!m_reader.next(item))
                return false;
        } while (item.type == Type::tag);
        return true;
    }

    bool read(const Item &item, QJsonValue &value) {
        Item at = item;
        if (at.type == Type::tag && !next(at))
            return false;
        switch (at.type) {
        case Type::unsignedInt:
        case Type::negativeInt: {
            // What a double cannot hold exactly is safer as text.
            constexpr quint64 exact = quint64{1} << 53;
            const bool negative = at.type == Type::negativeInt;
            value = at.value < exact ? QJsonValue(negative ? -1 - qint64(at.value) : qint64(at.value))
                                     : QJsonValue(cborScalarText(at));
            return true;
        }
        case Type::bytes:
            value = QString::fromLatin1(
                cborString(at).toBase64(QByteArray::Base64UrlEncoding | QByteArray::OmitTrailingEquals));
            return true;
        case Type::text:
            value = QString::fromUtf8(cborString(at));
            return true;
        case Type::floating:
            value = std::isfinite(cborFloat(at)) ? QJsonValue(cborFloat(at)) : QJsonValue();
            return true;
        case Type::array:
            return readArray(value);
        case Type::map:
            return readMap(value);
        default:
            value = at.isBool() ? QJsonValue(at.value == cbor::simpleTrue) : QJsonValue();
            return true;
        }
    }

    bool readArray(QJsonValue &value) {
        QJsonArray array;
        for (Item item;;) {
            if (!next(item))
                return false;
            if (item.type == Type::end)
                break;
            QJsonValue element;
            if (!read(item, element))
                return false;
            array.append(element);
        }
        value = array;
        return true;
    }

    bool readMap(QJsonValue &value) {
        QJsonObject object;
        for (Item item;;) {
            if (!next(item))
                return false;
            if (item.type == Type::end)
                break;
            if (item.isContainer() && !m_reader.skip(item))
                return false;
            const QString key = item.type == Type::text ? QString::fromUtf8(cborString(item))
                                : item.isContainer()    ? u"(container)"_s
                                                        : cborScalarText(item);
            QJsonValue element;
            if (!next(item) || !read(item, element))
                return false;
            object.insert(key, element);
        }
        value = object;
        return true;
    }

    cbor::Reader m_reader;
};

} // namespace

QString cborDiagnostic(QByteArrayView bytes) {
    return DiagnosticWriter(bytes).write();
}

QJsonValue cborJson(QByteArrayView bytes) {
    return JsonBuilder(bytes).build();
}

} // namespace nitroscope::formats
