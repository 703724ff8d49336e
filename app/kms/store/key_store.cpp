// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/store/key_store.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/formats/json/json_writer.hpp"
#include "app/kms/policy/policy.hpp"
#include "qemu-machine/access/judge.hpp"

#include <algorithm>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUuid>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype maxStoreBytes = 64 * 1024 * 1024;
constexpr qsizetype idBytes = 32;
const QString states[] = {u"Enabled"_s, u"Disabled"_s, u"PendingDeletion"_s};

tl::unexpected<app::Error> malformed(const QString &why) {
    return app::failure(u"store-malformed"_s, u"The key store is damaged: %1"_s.arg(why));
}

// Nothing when there is no file.
app::Result<std::optional<QByteArray>> contentOf(const QString &path) {
    const QByteArray name = QFile::encodeName(path);
    const int descriptor = access::openForReading(name.constData());
    if (descriptor < 0 && errno == ENOENT)
        return std::nullopt;
    QFile file;
    if (descriptor < 0 || !file.open(descriptor, QIODevice::ReadOnly, QFileDevice::AutoCloseHandle))
        return app::failure(u"store-unusable"_s, qt_error_string(errno), path);
    if (const access::Finding finding = access::judgeFile(descriptor, 077); finding != access::Finding::fine)
        return app::failure(u"store-unusable"_s,
                            u"It holds keys, but %1; make it yours alone (chmod 600)."_s.arg(
                                QLatin1StringView(access::words(finding))),
                            path);
    QByteArray content = file.read(maxStoreBytes + 1);
    if (content.size() > maxStoreBytes)
        return app::failure(u"store-unusable"_s, u"It is too large for a key store."_s, path);
    return content;
}

app::Result<KmsKey> keyOf(const QJsonObject &object) {
    const auto bytes = [&](const QString &name) {
        return QByteArray::fromBase64(object.value(name).toString().toLatin1());
    };
    KmsKey key;
    key.id = object.value(u"KeyId"_s).toString();
    key.description = object.value(u"Description"_s).toString();
    key.spec = object.value(u"KeySpec"_s).toString(key.spec);
    key.usage = object.value(u"KeyUsage"_s).toString(key.usage);
    key.created = object.value(u"CreationDate"_s).toInteger();
    if (const QJsonValue deletion = object.value(u"DeletionDate"_s); deletion.isDouble())
        key.deletion = deletion.toInteger();
    key.policy = object.value(u"Policy"_s).toString().toUtf8();
    key.materialId = bytes(u"MaterialId"_s);
    key.material = bytes(u"Material"_s);
    const auto state =
        std::find(std::begin(states), std::end(states), object.value(u"KeyState"_s).toString(states[0]));
    if (key.id.isEmpty() || key.id.contains(u'/') || state == std::end(states))
        return malformed(u"a key has no KeyId, or an unknown KeyState."_s);
    key.state = KeyState(state - std::begin(states));
    const KeySpec *spec = keySpec(key.spec);
    const bool isWhole =
        spec && key.materialId.size() == idBytes &&
        (spec->isSymmetric() ? key.material.size() == 32 : !publicKeyOf(key.material).isEmpty());
    if (!isWhole)
        return malformed(u"the key %1 has no material of its KeySpec."_s.arg(key.id));
    if (const Policy policy = parsePolicy(key.policy); policy.isMalformed())
        return malformed(
            u"the policy of the key %1 is malformed: %2"_s.arg(key.id, malformedPolicy(policy).message));
    return key;
}

QJsonObject jsonOf(const KmsKey &key) {
    QJsonObject object{{u"KeyId"_s, key.id},
                       {u"Description"_s, key.description},
                       {u"KeySpec"_s, key.spec},
                       {u"KeyUsage"_s, key.usage},
                       {u"KeyState"_s, keyStateWord(key.state)},
                       {u"CreationDate"_s, key.created},
                       {u"Policy"_s, QString::fromUtf8(key.policy)},
                       {u"MaterialId"_s, QString::fromLatin1(key.materialId.toBase64())},
                       {u"Material"_s, QString::fromLatin1(key.material.toBase64())}};
    if (key.deletion)
        object.insert(u"DeletionDate"_s, *key.deletion);
    return object;
}

} // namespace

QString keyStateWord(KeyState state) {
    return states[size_t(state)];
}

bool KmsKey::isSymmetric() const {
    const KeySpec *found = keySpec(spec);
    return found && found->isSymmetric();
}

app::Result<KeyStore> KeyStore::open(const QString &file, const QString &region, const QString &account) {
    const auto content = contentOf(file);
    if (!content)
        return tl::unexpected(content.error());
    KeyStore store(region, account);
    store.m_file = file;
    const auto ready = *content ? store.read(**content) : store.save();
    if (!ready) {
        app::Error error = ready.error();
        error.context = file;
        return tl::unexpected(error);
    }
    return store;
}

app::Result<void> KeyStore::read(const QByteArray &json) {
    QJsonParseError problem;
    const QJsonObject root = QJsonDocument::fromJson(json, &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return malformed(u"%1 (at byte %2)."_s.arg(problem.errorString()).arg(problem.offset));
    const QJsonArray keys = root.value(u"Keys"_s).toArray();
    if (keys.size() > qsizetype(maxKeys))
        return malformed(u"it has more than %1 keys."_s.arg(maxKeys));
    for (const QJsonValue each : keys) {
        auto key = keyOf(each.toObject());
        if (!key)
            return tl::unexpected(key.error());
        if (this->key(key->id))
            return malformed(u"the key %1 is in it twice."_s.arg(key->id));
        m_keys.push_back(*std::move(key));
    }
    const QJsonObject aliases = root.value(u"Aliases"_s).toObject();
    for (auto alias = aliases.begin(); alias != aliases.end(); ++alias) {
        if (!alias.key().startsWith(u"alias/"_s) || !key(alias.value().toString()) ||
            m_aliases.size() >= maxAliases)
            return malformed(u"the alias %1 is of no key."_s.arg(alias.key()));
        m_aliases[alias.key()] = alias.value().toString();
    }
    return {};
}

app::Result<void> KeyStore::save() const {
    if (m_file.isEmpty())
        return {};
    QJsonArray keys;
    for (const KmsKey &key : m_keys)
        keys.append(jsonOf(key));
    QJsonObject aliases;
    for (const auto &[alias, id] : m_aliases)
        aliases.insert(alias, id);
    formats::JsonWriter json;
    json.value(QJsonObject{{u"Keys"_s, keys}, {u"Aliases"_s, aliases}});
    return app::writeFile(m_file, json.text(), app::FileRole::secret);
}

QString KeyStore::keyArn(const QString &id) const {
    return u"arn:aws:kms:%1:%2:key/%3"_s.arg(m_region, m_account, id);
}

QString KeyStore::aliasArn(const QString &alias) const {
    return u"arn:aws:kms:%1:%2:%3"_s.arg(m_region, m_account, alias);
}

KmsKey *KeyStore::key(const QString &id) {
    const auto found =
        std::find_if(m_keys.begin(), m_keys.end(), [&](const KmsKey &each) { return each.id == id; });
    return found == m_keys.end() ? nullptr : &*found;
}

const KmsKey *KeyStore::keyOfMaterial(const QByteArray &materialId) const {
    const auto found = std::find_if(m_keys.begin(), m_keys.end(),
                                    [&](const KmsKey &each) { return each.materialId == materialId; });
    return found == m_keys.end() ? nullptr : &*found;
}

QStringList KeyStore::aliasesOf(const QString &id) const {
    QStringList names;
    for (const auto &[alias, target] : m_aliases)
        if (target == id)
            names << alias;
    return names;
}

app::Result<KmsKey *> KeyStore::add(KmsKey key) {
    const KeySpec *spec = keySpec(key.spec);
    if (!spec || m_keys.size() >= maxKeys)
        return app::failure(u"limit"_s, u"There are %1 keys already."_s.arg(m_keys.size()));
    if (key.id.isEmpty())
        key.id = QUuid::createUuid().toString(QUuid::WithoutBraces);
    if (key.material.isEmpty()) {
        auto material = makeMaterial(*spec);
        if (!material)
            return tl::unexpected(material.error());
        key.material = *std::move(material);
    }
    key.materialId = randomBytes(idBytes);
    return &m_keys.emplace_back(std::move(key));
}

} // namespace nitroscope::kms
