// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/server/kms_start.hpp"

#include "app/core/input/input_file.hpp"
#include "app/formats/certificates/local_root.hpp"
#include "qemu-machine/launch/limits.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

namespace nitroscope::kms {

namespace {

QString folderOf(const StartSettings &settings) {
    return settings.folder.isEmpty() ? defaultKmsFolder() : settings.folder;
}

app::Result<QByteArray> readBounded(const QString &path, qsizetype maxBytes) {
    auto content = app::readInput(path, maxBytes);
    if (content && content->size() > maxBytes)
        return app::failure(u"too-large"_s, u"It is larger than %1 bytes."_s.arg(maxBytes), path);
    return content;
}

app::Result<Identities> identitiesOf(const StartSettings &settings) {
    if (settings.identities.isEmpty()) {
        const auto role =
            parsePrincipal(settings.role.isEmpty() ? QString::fromLatin1(defaultRole) : settings.role);
        if (!role)
            return tl::unexpected(role.error());
        return Identities::ofRole(*role);
    }
    const auto json = readBounded(settings.identities, Identities::maxFileBytes);
    if (!json)
        return tl::unexpected(json.error());
    auto identities = Identities::parse(*json);
    if (!identities)
        identities.error().context = settings.identities;
    return identities;
}

// A key with the policy in the file and an alias of its name: policy.json becomes alias/policy.
app::Result<void> seed(KeyStore &store, const QString &path) {
    const auto json = readBounded(path, maxPolicyBytes);
    if (!json)
        return tl::unexpected(json.error());
    if (const auto policy = policyOfFile(path, *json); !policy)
        return tl::unexpected(policy.error());
    const QString alias = u"alias/"_s + QFileInfo(path).completeBaseName();
    if (const auto known = store.aliases().find(alias); known != store.aliases().end()) {
        store.key(known->second)->policy = *json;
        return store.save();
    }
    KmsKey key;
    key.policy = *json;
    key.created = QDateTime::currentSecsSinceEpoch();
    const auto added = store.add(std::move(key));
    if (!added)
        return tl::unexpected(added.error());
    store.setAlias(alias, (*added)->id);
    return store.save();
}

app::Result<KeyStore> storeOf(const StartSettings &settings, const QString &account) {
    if (settings.isInMemory)
        return KeyStore(settings.region, account);
    return KeyStore::open(settings.store.isEmpty() ? QDir(folderOf(settings)).filePath(u"keys.json"_s)
                                                   : settings.store,
                          settings.region, account);
}

ImdsSettings imdsOf(const StartSettings &settings, const Principal &caller) {
    const bool isRole = caller.kind == Principal::Kind::session;
    return {isRole ? caller.principalArn() : QString(), caller.account, settings.region,
            settings.instanceId.isEmpty() ? QStringLiteral(NITRO_DEFAULT_PARENT) : settings.instanceId,
            settings.takesImdsVersion1};
}

app::Result<ServiceSettings> serviceOf(const StartSettings &settings) {
    if (settings.root == "local"_L1) // the first enclave's documents will be under it
        if (const auto made = formats::readLocalRoot({}, formats::MissingRoot::isCreated); !made)
            return tl::unexpected(made.error());
    auto roots = formats::attestation::trustedRoots(settings.root);
    if (!roots)
        return tl::unexpected(roots.error());
    return ServiceSettings{*std::move(roots), settings.maxDocumentAge, settings.form,
                           settings.wrongRecipientKey};
}

} // namespace

app::Result<NamedPolicy> policyOfFile(const QString &path, const QByteArray &json) {
    NamedPolicy policy{QFileInfo(path).fileName(), parsePolicy(json)};
    if (policy.policy.isMalformed()) {
        app::Error error = malformedPolicy(policy.policy);
        error.context = path;
        return tl::unexpected(error);
    }
    return policy;
}

app::Result<PreparedKms> prepareKms(const StartSettings &settings) {
    auto identities = identitiesOf(settings);
    if (!identities)
        return tl::unexpected(identities.error());
    auto service = serviceOf(settings);
    if (!service)
        return tl::unexpected(service.error());
    auto tls = tlsIdentity(folderOf(settings), QDateTime::currentSecsSinceEpoch());
    if (!tls)
        return tl::unexpected(tls.error());
    const Principal &caller = identities->standard().caller.principal;
    auto store = storeOf(settings, caller.account);
    if (!store)
        return tl::unexpected(store.error());
    if (!settings.seed.isEmpty())
        if (const auto seeded = seed(*store, settings.seed); !seeded)
            return tl::unexpected(seeded.error());
    ServerSettings listening;
    listening.tls = *std::move(tls);
    listening.tlsPort = settings.tlsPort;
    listening.httpPort = settings.httpPort;
    listening.anySignature = settings.anySignature;
    if (settings.hasImds)
        listening.imds = imdsOf(settings, caller);
    listening.imdsPort = settings.imdsPort;
    listening.credentialSeconds = settings.credentialSeconds;
    return PreparedKms{*std::move(store), *std::move(service), *std::move(identities), std::move(listening)};
}

app::Result<std::unique_ptr<KmsServer>> startKms(PreparedKms prepared) {
    auto server =
        std::make_unique<KmsServer>(KmsService(std::move(prepared.store), std::move(prepared.service)),
                                    std::move(prepared.identities), std::move(prepared.listening));
    if (const auto started = server->listen(); !started)
        return tl::unexpected(started.error());
    return app::Result<std::unique_ptr<KmsServer>>(std::move(server));
}

app::Result<std::unique_ptr<KmsServer>> startKms(const StartSettings &settings) {
    auto prepared = prepareKms(settings);
    if (!prepared)
        return tl::unexpected(prepared.error());
    return startKms(*std::move(prepared));
}

} // namespace nitroscope::kms
