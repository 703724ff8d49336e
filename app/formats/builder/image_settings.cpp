// SPDX-License-Identifier: GPL-2.0-or-later
//
// See image_settings.hpp.

#include "app/formats/builder/image_settings.hpp"

#include "app/core/json_strings.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

app::Result<QStringList> wordsOf(const QJsonObject &config, const QString &key) {
    const QJsonValue value = config.value(key);
    const QJsonArray list = value.toArray();
    if (!(value.isUndefined() || value.isNull() || value.isArray()) ||
        !std::ranges::all_of(list, [](const QJsonValue &word) { return word.isString(); }))
        return app::failure(
            u"input"_s,
            u"The image's configuration is wrong: %1 must be a list of texts."_s.arg(key.toUpper()));
    return app::jsonStrings(value);
}

app::Result<std::optional<QStringList>> commandOf(const QJsonObject &config) {
    const auto command = wordsOf(config, u"Cmd"_s), entry = wordsOf(config, u"Entrypoint"_s);
    for (const auto *words : {&command, &entry})
        if (!*words)
            return tl::unexpected(words->error());
    if (config.value(u"Cmd").isArray())
        return std::optional(*command);
    return entry->isEmpty() ? std::nullopt : std::optional(*entry);
}

QStringList withVariables(QStringList environment, const QStringList &more) {
    for (const QString &variable : more) {
        const QString name = variable.section(u'=', 0, 0) + u'=';
        const auto found =
            std::ranges::find_if(environment, [&](const QString &known) { return known.startsWith(name); });
        if (found != environment.end())
            *found = variable;
        else
            environment << variable;
    }
    return environment;
}

app::Result<void> checkWords(const QStringList &words) {
    for (const QString &word : words)
        if (word.contains(u'\n'))
            return app::failure(u"recipe"_s,
                                u"A word of the command or the environment has a line break, which the "
                                "files cmd and env cannot hold: '%1'"_s.arg(printableText(word.toUtf8())));
    return {};
}

app::Result<void> checkVariables(const QStringList &variables) {
    for (const QString &variable : variables)
        if (variable.indexOf(u'=') <= 0)
            return app::failure(u"recipe"_s,
                                u"'%1' is not a variable with its value. Write NAME=VALUE, or NAME= for an "
                                "empty one."_s.arg(printableText(variable.toUtf8())));
    return {};
}

} // namespace nitroscope::formats
