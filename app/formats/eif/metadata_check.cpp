// SPDX-License-Identifier: GPL-2.0-or-later
//
// See metadata_check.hpp. The fields are those of nitro-cli's EifIdentityInfo and EifBuildInfo (image-format README,
// "Metadata section").

#include "app/formats/eif/metadata_check.hpp"

#include "app/formats/json/json_text.hpp"

#include <algorithm>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr const char16_t *texts[] = {u"ImageName", u"ImageVersion"};
constexpr const char16_t *buildTexts[] = {u"BuildTime", u"BuildTool", u"BuildToolVersion", u"OperatingSystem",
                                          u"KernelVersion"};
constexpr const char16_t *anything[] = {u"DockerInfo", u"CustomMetadata"};

app::Error bad(const QString &message, std::optional<quint64> offset = {}) {
    return {u"E35"_s, message, offset, {}};
}

// The first of these that is no text; empty when all are.
template <size_t count>
QString notText(const QJsonObject &object, const char16_t *const (&keys)[count]) {
    const auto found = std::ranges::find_if(
        keys, [&](const char16_t *key) { return !object.value(QStringView(key)).isString(); });
    return found == std::end(keys) ? QString() : QStringView(*found).toString();
}

} // namespace

int jsonDepth(const QByteArray &json) {
    int depth = 0, deepest = 0;
    for (qsizetype i = 0; i >= 0 && i < json.size();) {
        const char c = json[i];
        if (c == '{' || c == '[')
            deepest = std::max(deepest, ++depth);
        else if (c == '}' || c == ']')
            --depth;
        i = c == '"' ? endOfJsonString(json, i) : i + 1;
    }
    return deepest;
}

std::optional<app::Error> checkMetadata(const QByteArray &json) {
    if (json.startsWith("\xef\xbb\xbf"))
        return bad(u"The metadata begin with a byte order mark, which JSON does not have."_s, 0);
    if (jsonDepth(json) > maxMetadataDepth)
        return bad(u"The metadata are nested deeper than %1 levels."_s.arg(maxMetadataDepth));
    QJsonParseError problem;
    const QJsonDocument document = QJsonDocument::fromJson(json, &problem);
    if (problem.error == QJsonParseError::GarbageAtEnd)
        return bad(u"Something follows the JSON object of the metadata."_s,
                   static_cast<quint64>(problem.offset));
    if (problem.error != QJsonParseError::NoError)
        return bad(u"The metadata are no JSON (%1)."_s.arg(problem.errorString()),
                   static_cast<quint64>(problem.offset));
    if (!document.isObject())
        return bad(u"The metadata are not a JSON object."_s);
    const QJsonObject metadata = document.object();
    QString missing = notText(metadata, texts);
    if (missing.isEmpty() && !metadata.value(u"BuildMetadata").isObject())
        return bad(u"The metadata have no object BuildMetadata."_s);
    if (missing.isEmpty())
        missing = notText(metadata.value(u"BuildMetadata").toObject(), buildTexts);
    if (!missing.isEmpty())
        return bad(u"The metadata have no text %1."_s.arg(missing));
    for (const char16_t *key : anything)
        if (!metadata.contains(QStringView(key)))
            return bad(
                u"The metadata have no %1; it may be null, but must be there."_s.arg(QStringView(key)));
    const QJsonValue custom = metadata.value(u"CustomMetadata");
    if (!custom.isObject() && !custom.isNull())
        return app::Error{u"E17"_s, u"The CustomMetadata are neither an object nor null."_s, {}, {}};
    return std::nullopt;
}

} // namespace nitroscope::formats
