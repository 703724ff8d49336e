// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/guarded_policy.hpp"

#include "app/formats/json/json_writer.hpp"
#include "app/kms/policy/condition_keys.hpp"
#include "qemu-machine/launch/launch.h"

#include <initializer_list>
#include <QJsonArray>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

using Names = std::initializer_list<const char *>;

void beginStatement(formats::JsonWriter &json, const QString &sid, const QString &principal, Names actions) {
    json.beginObject();
    json.field(u"Sid", sid);
    json.field(u"Effect", u"Allow"_s);
    json.key(u"Principal");
    json.beginObject();
    json.field(u"AWS", principal);
    json.endObject();
    json.key(u"Action");
    json.beginArray();
    for (const char *action : actions)
        json.value(u"kms:"_s + QLatin1StringView(action));
    json.endArray();
    json.field(u"Resource", u"*"_s);
}

} // namespace

QByteArray textPcr(const QString &text) {
    QByteArray pcr(48, '\0');
    nitro_launch_role_pcr(text.toUtf8().constData(), reinterpret_cast<uint8_t *>(pcr.data()));
    return pcr;
}

QByteArray guardedPolicy(const Guard &guard) {
    formats::JsonWriter json;
    json.beginObject();
    json.field(u"Version", u"2012-10-17"_s);
    json.key(u"Statement");
    json.beginArray();
    beginStatement(json, u"Administer"_s, u"arn:%1:iam::%2:root"_s.arg(guard.partition, guard.account),
                   {"CancelKeyDeletion", "CreateAlias", "DeleteAlias", "DescribeKey", "DisableKey",
                    "EnableKey", "Encrypt", "GetKeyPolicy", "ListResourceTags", "PutKeyPolicy",
                    "ScheduleKeyDeletion", "TagResource", "UntagResource", "UpdateAlias",
                    "UpdateKeyDescription"});
    json.endObject();
    beginStatement(json, u"UseInEnclave"_s, guard.role, {"Decrypt", "GenerateDataKey"});
    json.key(u"Condition");
    json.beginObject();
    json.key(u"StringEqualsIgnoreCase");
    json.beginObject();
    for (const auto &[index, value] : guard.pcrs) {
        const QString name = index == 0 ? u"ImageSha384"_s : u"PCR%1"_s.arg(index);
        json.field(attestationName(name), QString::fromLatin1(value.toHex()));
    }
    json.endObject();
    json.endObject();
    json.endObject();
    json.endArray();
    json.endObject();
    return json.text();
}

} // namespace nitroscope::kms
