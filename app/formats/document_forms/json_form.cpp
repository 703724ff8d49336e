// SPDX-License-Identifier: GPL-2.0-or-later
//
// See json_form.hpp.

#include "app/formats/document_forms/json_form.hpp"

#include "app/formats/tree/value_text.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype minBytes = 64; // shorter fields hold no document and need not be decoded
constexpr int maxValues = 100'000, maxDepth = 64;

class Search {
public:
    explicit Search(const std::function<std::optional<QByteArray>(const QByteArray &)> &decode)
        : m_decode(decode) {}

    void visit(const QJsonValue &value, const QString &path, int depth) {
        if (++m_count > maxValues || depth > maxDepth || m_isCertain)
            return;
        if (value.isString()) {
            if (const QString text = value.toString(); text.size() >= minBytes)
                take(path, m_decode(text.toUtf8()));
        } else if (value.isArray()) {
            const QJsonArray array = value.toArray();
            if (array.size() >= minBytes && array[0].isDouble())
                return take(path, bytesOf(array));
            for (qsizetype i = 0; i < array.size(); ++i)
                visit(array[i], u"%1[%2]"_s.arg(path).arg(i), depth + 1);
        } else if (value.isObject()) {
            const QJsonObject object = value.toObject();
            if (object.size() >= minBytes && object.contains(u"0"_s)) // JSON.stringify() of a Uint8Array
                if (auto bytes = bytesOfNumberedFields(object))
                    return take(path, m_decode(*bytes));
            for (auto field = object.begin(); field != object.end(); ++field)
                visit(field.value(), path.isEmpty() ? field.key() : path + u'.' + field.key(), depth + 1);
        }
    }

    std::optional<JsonField> found;

private:
    static std::optional<char> byteOf(const QJsonValue &value) {
        const double number = value.toDouble(1000);
        if (number < -128 || number > 255 || number != double(int(number)))
            return std::nullopt;
        return char(int(number));
    }

    std::optional<QByteArray> bytesOf(const QJsonArray &array) const {
        QByteArray bytes;
        for (const QJsonValue element : array) {
            const auto byte = byteOf(element);
            if (!byte)
                return std::nullopt;
            bytes += *byte;
        }
        return m_decode(bytes);
    }

    static std::optional<QByteArray> bytesOfNumberedFields(const QJsonObject &object) {
        QByteArray bytes;
        for (qsizetype i = 0; i < object.size(); ++i) {
            const auto byte = byteOf(object.value(QString::number(i)));
            if (!byte)
                return std::nullopt;
            bytes += *byte;
        }
        return bytes;
    }

    void take(const QString &path, const std::optional<QByteArray> &bytes) {
        if (!bytes)
            return;
        const QString name = path.section(u'.', -1).toLower();
        m_isCertain = name.contains("attestation"_L1) || name.contains("document"_L1);
        if (m_isCertain || !found)
            found = {path, *bytes};
    }

    const std::function<std::optional<QByteArray>(const QByteArray &)> &m_decode;
    int m_count = 0;
    bool m_isCertain = false;
};

} // namespace

std::optional<JsonField>
documentInJson(const QByteArray &text,
               const std::function<std::optional<QByteArray>(const QByteArray &)> &decode, QString &seen) {
    const QByteArray trimmed = text.trimmed();
    if (!trimmed.startsWith('{') && !trimmed.startsWith('['))
        return std::nullopt;
    QJsonParseError problem;
    const auto json = QJsonDocument::fromJson(trimmed, &problem);
    if (json.isNull()) {
        if (trimmed.startsWith("{\"") || trimmed.startsWith("{\n"))
            seen = u"JSON that is broken at byte %1 (%2)"_s.arg(problem.offset).arg(problem.errorString());
        return std::nullopt;
    }
    Search search(decode);
    search.visit(json.isObject() ? QJsonValue(json.object()) : QJsonValue(json.array()), {}, 0);
    if (search.found)
        return search.found;
    constexpr int maxNames = 5;
    QStringList names;
    for (const QString &name : json.object().keys().mid(0, maxNames))
        names << printableText(name.left(40).toUtf8());
    seen = names.isEmpty() ? u"JSON without a document in it"_s
                           : u"JSON without a document in it (its fields: %1)"_s.arg(names.join(u", "_s));
    return std::nullopt;
}

} // namespace nitroscope::formats::attestation
