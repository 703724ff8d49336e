// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/filter/filter_completion.hpp"

#include <algorithm>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype maxWords = 200; // in a list that somebody looks through

int fieldNamed(QStringView name, std::span<const FilterFieldInfo> fields) {
    const auto at = std::find_if(fields.begin(), fields.end(), [name](const FilterFieldInfo &field) {
        return name.compare(QLatin1String(field.name), Qt::CaseInsensitive) == 0;
    });
    return at == fields.end() ? -1 : static_cast<int>(at - fields.begin());
}

QStringList operatorsOf(FilterFieldInfo::Kind kind) {
    QStringList words;
    for (const char *word : FilterExpression::operators())
        if (kind == FilterFieldInfo::Kind::text || "contains"_L1 != QLatin1String(word))
            words << QLatin1String(word);
    return words;
}

// Those that begin with what has been typed, each once; none when it is there already.
QStringList beginningWith(const QString &typed, const QStringList &all) {
    QStringList words;
    for (const QString &word : all)
        if (word.startsWith(typed, Qt::CaseInsensitive) && !words.contains(word) && words.size() < maxWords)
            words << word;
    return words.size() == 1 && words.first().compare(typed, Qt::CaseInsensitive) == 0 ? QStringList()
                                                                                       : words;
}

} // namespace

QString filterValue(const QString &value) {
    static const QRegularExpression word(uR"(^[\p{L}\p{N}._-]+$)"_s);
    QString quoted = value;
    return word.match(value).hasMatch() ? value : u'"' + quoted.remove(u'"') + u'"';
}

FilterCompletion completeFilter(const QString &text, qsizetype cursor,
                                std::span<const FilterFieldInfo> fields,
                                const std::function<QStringList(int field)> &valuesOf) {
    const QString before = text.left(cursor);
    static const QRegularExpression value(
        uR"(([\p{L}\p{N}._-]+)\s*(==|!=|<=|>=|<|>|contains\s)\s*("[^"]*|[\p{L}\p{N}._-]*)$)"_s,
        QRegularExpression::CaseInsensitiveOption);
    if (const auto match = value.match(before); match.hasMatch()) {
        QStringList words;
        if (const int field = fieldNamed(match.capturedView(1), fields); field >= 0)
            for (const QString &known : valuesOf(field))
                words << filterValue(known);
        const QString typed = match.captured(3);
        if (typed.startsWith(u'"'))
            for (QString &word : words)
                if (!word.startsWith(u'"'))
                    word = u'"' + word + u'"';
        return {match.capturedStart(3), beginningWith(typed, words)};
    }
    static const QRegularExpression first(uR"((?:^|\(|\band\s|\bor\s|\bnot\s)\s*([\p{L}\p{N}._-]*)$)"_s,
                                          QRegularExpression::CaseInsensitiveOption);
    if (const auto match = first.match(before); match.hasMatch()) {
        QStringList names;
        for (const FilterFieldInfo &field : fields)
            names << QLatin1String(field.name);
        names << u"not"_s;
        return {match.capturedStart(1), beginningWith(match.captured(1), names)};
    }
    static const QRegularExpression next(uR"(([\p{L}\p{N}._-]+|"|\))\s+([\p{L}]*|[=!<>]?)$)"_s);
    if (const auto match = next.match(before); match.hasMatch()) {
        const int field = fieldNamed(match.capturedView(1), fields);
        return {match.capturedStart(2),
                beginningWith(match.captured(2), field >= 0
                                                     ? operatorsOf(fields[static_cast<size_t>(field)].kind)
                                                     : QStringList{u"and"_s, u"or"_s})};
    }
    return {cursor, {}};
}

} // namespace nitroscope::app
