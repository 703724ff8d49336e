// SPDX-License-Identifier: GPL-2.0-or-later
//
// The keys of the local KMS, in one file that its user alone can read (0600) and that appears whole or not at all. A file of others, or one
// that others can read, is refused.
#pragma once

#include "app/core/result.hpp"
#include "app/kms/store/key_material.hpp"

#include <map>
#include <optional>
#include <QByteArray>
#include <QString>
#include <vector>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

enum class KeyState { enabled, disabled, pendingDeletion };
QString keyStateWord(KeyState state); // "Enabled", "Disabled", "PendingDeletion"

struct KmsKey {
    QString id; // a UUID
    QString description;
    QString spec = u"SYMMETRIC_DEFAULT"_s, usage = u"ENCRYPT_DECRYPT"_s;
    KeyState state = KeyState::enabled;
    qint64 created = 0;              // Unix seconds
    std::optional<qint64> deletion;  // when it is going to be deleted
    QByteArray policy;               // JSON
    QByteArray materialId, material; // 32 bytes each; of asymmetric keys PKCS #8

    bool isSymmetric() const;
};

class KeyStore {
public:
    // In memory only.
    KeyStore(QString region, QString account) : m_region(std::move(region)), m_account(std::move(account)) {}
    // What is in the file; none: an empty store that is written there. Errors: "store-unusable", "store-malformed", "output".
    static app::Result<KeyStore> open(const QString &file, const QString &region, const QString &account);

    const QString &region() const { return m_region; }
    const QString &account() const { return m_account; }
    QString keyArn(const QString &id) const;
    QString aliasArn(const QString &alias) const; // "alias/NAME"

    const std::vector<KmsKey> &keys() const { return m_keys; }
    const std::map<QString, QString> &aliases() const { return m_aliases; } // "alias/NAME" to key id
    KmsKey *key(const QString &id);
    const KmsKey *keyOfMaterial(const QByteArray &materialId) const;
    QStringList aliasesOf(const QString &id) const;

    static constexpr size_t maxKeys = 1000, maxAliases = 1000;

    // A new key with material of its own, not yet written. Error: "crypto", "limit".
    app::Result<KmsKey *> add(KmsKey key);
    void setAlias(const QString &alias, const QString &id) { m_aliases[alias] = id; }
    void removeAlias(const QString &alias) { m_aliases.erase(alias); }

    // After each change. Error: "output".
    app::Result<void> save() const;

private:
    app::Result<void> read(const QByteArray &json);

    QString m_file, m_region, m_account;
    std::vector<KmsKey> m_keys;
    std::map<QString, QString> m_aliases;
};

} // namespace nitroscope::kms
