// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/recording_facts.hpp"

#include "app/session/launch/launch_options.hpp"

#include <algorithm>
#include <QJsonDocument>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr auto formatKey = "nitroscope-recording"_L1;

tl::unexpected<Error> invalid(const QString &what) {
    return failure(u"recording-invalid"_s, u"recording.json cannot be used: %1."_s.arg(what));
}

// Takes members out of an object and remembers the first that is not what it must be.
class Members {
public:
    explicit Members(const QJsonObject &object) : m_object(object) {}

    QString text(QLatin1StringView name) {
        const QJsonValue value = m_object.value(name);
        if (!value.isUndefined() && !value.isString())
            refuse(name, u"is not text"_s);
        else if (value.toString().size() > RecordingFacts::maxTextLength)
            refuse(name, u"is longer than any text of ours"_s);
        return value.toString().left(RecordingFacts::maxTextLength);
    }
    // Hexadecimal digits of so many bytes.
    QByteArray digest(QLatin1StringView name, qsizetype bytes) {
        const QByteArray digits = m_object.value(name).toString().toLatin1();
        const bool isHex = digits.size() == 2 * bytes &&
                           std::ranges::all_of(digits, [](char c) { return isxdigit(uchar(c)) != 0; });
        if (!isHex)
            refuse(name, u"is not a digest of %1 bytes"_s.arg(bytes));
        return QByteArray::fromHex(digits);
    }
    quint64 number(QLatin1StringView name) {
        const qint64 value = m_object.value(name).toInteger(-1);
        if (value < 0)
            refuse(name, u"is not a number"_s);
        return static_cast<quint64>(std::max<qint64>(0, value));
    }
    QDateTime time(QLatin1StringView name) {
        const QDateTime time = QDateTime::fromString(text(name), Qt::ISODate).toUTC();
        if (!time.isValid())
            refuse(name, u"is not a time"_s);
        return time;
    }
    QJsonObject object(QLatin1StringView name) {
        const QJsonValue value = m_object.value(name);
        if (!value.isUndefined() && !value.isObject())
            refuse(name, u"is not an object"_s);
        return value.toObject();
    }

    const QString &problem() const { return m_problem; }

private:
    void refuse(QLatin1StringView name, const QString &why) {
        if (m_problem.isEmpty())
            m_problem = u"“%1” %2"_s.arg(name, why);
    }

    QJsonObject m_object;
    QString m_problem;
};

QString hex(const QByteArray &digest) {
    return QString::fromLatin1(digest.toHex());
}

} // namespace

QByteArray writeFacts(const RecordingFacts &facts) {
    QJsonObject eif{{u"name"_s, facts.eifName},
                    {u"bytes"_s, static_cast<qint64>(facts.eifBytes)},
                    {u"sha384"_s, hex(facts.eifSha384)}};
    if (!facts.measurements.isEmpty())
        eif.insert(u"measurements"_s, facts.measurements);
    QJsonObject versions{{u"nitroscope"_s, facts.program}};
    if (!facts.qemuVersion.isEmpty())
        versions.insert(u"qemu"_s, facts.qemuVersion);
    QJsonObject all{{formatKey, RecordingFacts::formatVersion},
                    {u"created"_s, facts.created.toString(Qt::ISODate)},
                    {u"eif"_s, eif},
                    {u"options"_s, facts.options},
                    {u"ramdisk"_s, facts.hasRamdisk},
                    {u"versions"_s, versions},
                    {u"build"_s, QJsonObject{{u"qemu"_s, hex(facts.build.qemu)},
                                             {u"firmware"_s, hex(facts.build.firmware)}}}};
    if (!facts.end.isEmpty())
        all.insert(u"end"_s, facts.end.left(RecordingFacts::maxTextLength));
    return QJsonDocument(all).toJson();
}

Result<RecordingFacts> readFacts(const QByteArray &json) {
    if (json.size() > RecordingFacts::maxBytes)
        return invalid(u"it has more than %1 bytes"_s.arg(RecordingFacts::maxBytes));
    QJsonParseError problem;
    const auto document = QJsonDocument::fromJson(json, &problem);
    if (!document.isObject()) {
        auto error = invalid(u"it is not a JSON object"_s);
        if (problem.error != QJsonParseError::NoError)
            error.value().offset = static_cast<quint64>(problem.offset);
        return error;
    }
    Members all(document.object());
    const qint64 version = document.object().value(formatKey).toInteger(-1);
    if (version < 1)
        return invalid(u"it does not say which version of the format it has"_s);
    if (version > RecordingFacts::formatVersion)
        return failure(
            u"recording-newer"_s,
            u"The recording was made by a newer Nitroscope (format %1); open it with that one."_s.arg(
                version));
    RecordingFacts facts;
    facts.created = all.time("created"_L1);
    facts.end = all.text("end"_L1);
    facts.options = all.object("options"_L1);
    facts.hasRamdisk = document.object().value("ramdisk"_L1).toBool();
    Members eif(all.object("eif"_L1));
    facts.eifName = eif.text("name"_L1);
    facts.eifBytes = eif.number("bytes"_L1);
    facts.eifSha384 = eif.digest("sha384"_L1, 48);
    facts.measurements = eif.object("measurements"_L1);
    Members versions(all.object("versions"_L1));
    facts.program = versions.text("nitroscope"_L1);
    facts.qemuVersion = versions.text("qemu"_L1);
    Members build(all.object("build"_L1));
    facts.build = {build.digest("qemu"_L1, 32), build.digest("firmware"_L1, 32)};
    for (const Members *members : {&all, &eif, &versions, &build})
        if (!members->problem().isEmpty())
            return invalid(members->problem());
    if (const auto spec = replayOptions(facts.options); !spec)
        return tl::unexpected(spec.error());
    return facts;
}

QJsonObject recordedOptions(const LaunchSpec &spec) {
    QJsonObject options;
    for (const LaunchOption &option : launchOptions())
        if (!option.isLocal && !isDefault(option, spec))
            options.insert(QLatin1String(option.name), QJsonValue::fromVariant(valueOf(option, spec)));
    return options;
}

Result<LaunchSpec> replayOptions(const QJsonObject &options) {
    LaunchSpec spec;
    for (auto each = options.begin(); each != options.end(); ++each) {
        const auto known = std::ranges::find_if(launchOptions(), [&](const LaunchOption &option) {
            return !option.isLocal && each.key() == QLatin1String(option.name);
        });
        if (known == launchOptions().end())
            return invalid(u"there is no launch option “%1” that a recording has"_s.arg(each.key().left(80)));
        const QVariant value = each.value().isArray() ? QVariant(each.value().toVariant().toStringList())
                                                      : each.value().toVariant();
        if (const auto set = setValue(*known, spec, value); !set)
            return invalid(u"the launch option “%1” %2"_s.arg(each.key(), set.error().message));
    }
    return spec;
}

} // namespace nitroscope::app
