// SPDX-License-Identifier: GPL-2.0-or-later
//
// See pcr_list.hpp.

#include "app/formats/attestation/pcr_list.hpp"

#include "app/formats/document_forms/text_forms.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace nitroscope::formats::attestation {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype digestBytes = 48; // of SHA-384
constexpr quint64 pcrCount = 32;

app::Error problem(const QString &message) {
    return {u"bad-pcr-list"_s, message, {}, {}};
}

class List {
public:
    // `name`: "PCR0" or "0". Other names are somebody else's business.
    app::Result<void> add(const QString &name, const QString &value) {
        static const QRegularExpression shape(u"^(?:PCR)?([0-9]{1,2})$"_s,
                                              QRegularExpression::CaseInsensitiveOption);
        const auto match = shape.match(name);
        const quint64 index = match.captured(1).toULongLong();
        if (!match.hasMatch() || index >= pcrCount)
            return {};
        QByteArray digits = value.toLatin1().toLower();
        if (digits.startsWith("0x"))
            digits.remove(0, 2);
        const QByteArray bytes = QByteArray::fromHex(digits);
        if (bytes.size() != digestBytes || bytes.toHex() != digits)
            return tl::unexpected(problem(u"PCR%1 has not 48 bytes in hex."_s.arg(index)));
        if (const auto [entry, isNew] = values.emplace(index, bytes); !isNew && entry->second != bytes)
            return tl::unexpected(problem(u"PCR%1 has two values."_s.arg(index)));
        return {};
    }

    PcrValues values;
};

QJsonObject measurementsOf(const QJsonObject &object) {
    for (const QString &name : {u"Measurements"_s, u"measurements"_s, u"Pcrs"_s, u"pcrs"_s, u"PCRs"_s})
        if (object.value(name).isObject())
            return object.value(name).toObject();
    return object;
}

app::Result<void> addJson(List &list, const QJsonDocument &json) {
    const QJsonArray enclaves = json.isArray() ? json.array() : QJsonArray{json.object()};
    if (enclaves.size() > 1)
        return tl::unexpected(problem(u"It describes %1 enclaves; one is expected."_s.arg(enclaves.size())));
    const QJsonObject measurements = measurementsOf(enclaves.at(0).toObject());
    for (auto field = measurements.begin(); field != measurements.end(); ++field)
        if (field.value().isNull()) // an image that is not signed has no PCR8
            continue;
        else if (auto added = list.add(field.key(), field.value().toString()); !added)
            return added;
    return {};
}

// JSON may have a name twice, of which its reader keeps the last: the one that is not kept would not be checked.
app::Result<void> checkNamesOfJson(const List &list, const QString &text) {
    static const QRegularExpression field(u"\"(?:PCR)?([0-9]{1,2})\"\\s*:\\s*\"(?:0x)?([0-9a-f]{96})\""_s,
                                          QRegularExpression::CaseInsensitiveOption);
    for (auto matches = field.globalMatch(text); matches.hasNext();) {
        const auto match = matches.next();
        const quint64 index = match.captured(1).toULongLong();
        const auto kept = list.values.find(index);
        if (kept != list.values.end() && kept->second != QByteArray::fromHex(match.captured(2).toLatin1()))
            return tl::unexpected(problem(u"PCR%1 has two values."_s.arg(index)));
    }
    return {};
}

// "PCR0: 3c…", "export PCR0=3c…", "\"PCR0\": \"3c…\",", "- PCR0: `3c…`", "| PCR0 | 3c… |", "PCR0,3c…" in a line each.
app::Result<void> addLines(List &list, const QString &text) {
    static const QRegularExpression shape(
        u"^[\\s\"'`*|-]*(?:export\\s+)?((?:PCR)?\\s?[0-9]{1,2})[\"'`*]*\\s*[:=,|\\s]\\s*[\"'`*]*(?:0x)?"
        u"([0-9a-f]+)[\"'`*|,;\\s]*$"_s,
        QRegularExpression::CaseInsensitiveOption);
    // One that is overlooked would not be checked.
    static const QRegularExpression another(u"PCR.*[0-9a-f]{80}"_s,
                                            QRegularExpression::CaseInsensitiveOption);
    const QStringList lines = text.split(u'\n');
    for (qsizetype i = 0; i < lines.size(); ++i) {
        const auto match = shape.match(lines[i]);
        if (!match.hasMatch() && another.match(lines[i]).hasMatch())
            return tl::unexpected(problem(
                u"Line %1 seems to have a PCR, but does not have a form such as PCR0: HEX."_s.arg(i + 1)));
        if (!match.hasMatch())
            continue;
        if (auto added = list.add(match.captured(1).remove(u' '), match.captured(2)); !added)
            return added;
    }
    return {};
}

} // namespace

app::Result<PcrValues> readPcrList(const QByteArray &foreign) {
    if (foreign.size() > maxPcrListBytes)
        return tl::unexpected(problem(u"It is too large for a list of PCRs."_s));
    const QByteArray text = asUtf8(foreign);
    const auto json = QJsonDocument::fromJson(text);
    List list;
    // nitro-cli's build prints words before its JSON; its lines are read as well.
    auto added = json.isNull() ? addLines(list, QString::fromUtf8(text)) : addJson(list, json);
    if (added && !json.isNull())
        added = checkNamesOfJson(list, QString::fromUtf8(text));
    if (!added)
        return tl::unexpected(added.error());
    if (list.values.empty())
        return tl::unexpected(problem(
            u"There is no PCR in it; what nitro-cli prints of an image is expected, or lines such as PCR0: HEX."_s));
    return list.values;
}

} // namespace nitroscope::formats::attestation
