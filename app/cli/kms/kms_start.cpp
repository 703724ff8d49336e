// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kms/kms_start.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/inputs.hpp"
#include "app/cli/kms/kms_commands.hpp"
#include "app/formats/certificates/local_root.hpp"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

namespace {

QString folderOf(const KmsOptions &options) {
    return options.folder.empty() ? kms::defaultKmsFolder() : pathOf(options.folder);
}

// "chunks", "primitive", "chunk=16", "der".
kms::EnvelopeForm formOf(const std::string &text) {
    if (text == "chunks")
        return {};
    if (text == "primitive")
        return {.content = kms::EnvelopeForm::Content::primitive};
    if (text == "der")
        return {.content = kms::EnvelopeForm::Content::primitive, .chunkBytes = 1000, .isDer = true};
    bool isNumber = false;
    const int bytes = textOf(text).startsWith(u"chunk="_s) ? textOf(text).sliced(6).toInt(&isNumber) : 0;
    if (!isNumber || bytes < 1 || bytes > 4096)
        throw CLI::ValidationError("--envelope", "takes chunks, chunk=BYTES, primitive or der");
    return {.content = kms::EnvelopeForm::Content::chunks, .chunkBytes = bytes};
}

app::Result<kms::Identities> identitiesOf(const KmsOptions &options, const kms::Principal &role) {
    if (options.identities.empty())
        return kms::Identities::ofRole(role);
    const auto json = readWholeOf(pathOf(options.identities), kms::Identities::maxFileBytes);
    if (!json)
        return tl::unexpected(json.error());
    auto identities = kms::Identities::parse(*json);
    if (!identities)
        identities.error().context = pathOf(options.identities);
    return identities;
}

// A key with the policy in the file and an alias of its name: policy.json becomes alias/policy.
app::Result<void> seed(kms::KeyStore &store, const std::string &path) {
    const auto json = readWholeOf(pathOf(path), kms::maxPolicyBytes);
    if (!json)
        return tl::unexpected(json.error());
    if (const auto policy = readPolicy(path); !policy)
        return tl::unexpected(policy.error());
    const QString alias = u"alias/"_s + QFileInfo(pathOf(path)).completeBaseName();
    if (const auto known = store.aliases().find(alias); known != store.aliases().end()) {
        store.key(known->second)->policy = *json;
        return store.save();
    }
    kms::KmsKey key;
    key.policy = *json;
    key.created = QDateTime::currentSecsSinceEpoch();
    const auto added = store.add(std::move(key));
    if (!added)
        return tl::unexpected(added.error());
    store.setAlias(alias, (*added)->id);
    return store.save();
}

app::Result<kms::KeyStore> storeOf(const KmsOptions &options, const QString &account) {
    const QString region = textOf(options.region);
    if (options.inMemory)
        return kms::KeyStore(region, account);
    return kms::KeyStore::open(options.store.empty() ? QDir(folderOf(options)).filePath(u"keys.json"_s)
                                                     : pathOf(options.store),
                               region, account);
}

void sayWhere(const kms::KmsServer &server, const kms::KeyStore &store, const kms::Identities &identities,
              const KmsOptions &options) {
    say(u"KMS of %1 listens: https://127.0.0.1:%2 and http://127.0.0.1:%3"_s.arg(store.region())
            .arg(server.tlsPort())
            .arg(server.httpPort()));
    say(u"clients trust it with the certificate of `nitroscope-cli kms ca export`; an enclave reaches it with run-enclave --vsock-route "
        "8000=tcp:127.0.0.1:%1"_s.arg(server.tlsPort()));
    if (options.identities.empty())
        say(u"the access key is test, its secret test, for %1"_s.arg(
            identities.standard().caller.principal.principalArn()));
    if (options.anySignature)
        say(u"signatures are not looked at (--any-signature): every call is taken"_s);
    for (const auto &[alias, id] : store.aliases())
        say(u"%1 is %2"_s.arg(alias, store.keyArn(id)));
}

app::Result<kms::ServiceSettings> settingsOf(const KmsOptions &options) {
    if (options.root == "local") // the first enclave's documents will be under it
        if (const auto made = formats::readLocalRoot({}, formats::MissingRoot::isCreated); !made)
            return tl::unexpected(made.error());
    auto roots = formats::attestation::trustedRoots(pathOf(options.root));
    if (!roots)
        return tl::unexpected(roots.error());
    return kms::ServiceSettings{*std::move(roots), options.maxDocumentAge, formOf(options.form),
                                options.wrongKey};
}

} // namespace

QByteArray textOf(const kms::CallRecord &record) {
    const QString time = QDateTime::fromSecsSinceEpoch(record.time, Qt::UTC).toString(u"HH:mm:ss"_s);
    QString text = u"%1 %2 by %3: %4\n"_s.arg(
        time, record.operation, record.principal.isEmpty() ? u"nobody known"_s : record.principal,
        record.isGood() ? u"done"_s : record.errorType);
    if (!record.message.isEmpty())
        text += u"  %1\n"_s.arg(record.message);
    for (const QString &line : record.explanation.split(u'\n', Qt::SkipEmptyParts))
        text += u"  %1\n"_s.arg(line);
    return text.toUtf8();
}

app::Result<std::unique_ptr<kms::KmsServer>> startKms(const KmsOptions &options) {
    const auto role =
        kms::parsePrincipal(options.role.empty() ? QString::fromLatin1(defaultRole) : textOf(options.role));
    if (!role)
        return tl::unexpected(role.error());
    auto identities = identitiesOf(options, *role);
    if (!identities)
        return tl::unexpected(identities.error());
    auto settings = settingsOf(options);
    if (!settings)
        return tl::unexpected(settings.error());
    kms::ServerSettings listening;
    auto tls = kms::tlsIdentity(folderOf(options), QDateTime::currentSecsSinceEpoch());
    if (!tls)
        return tl::unexpected(tls.error());
    listening.tls = *std::move(tls);
    listening.tlsPort = quint16(options.port);
    listening.httpPort = quint16(options.httpPort);
    listening.anySignature = options.anySignature;
    auto store = storeOf(options, identities->standard().caller.principal.account);
    if (!store)
        return tl::unexpected(store.error());
    if (!options.seed.empty())
        if (const auto seeded = seed(*store, options.seed); !seeded)
            return tl::unexpected(seeded.error());
    const kms::KeyStore known = *store;
    auto server = std::make_unique<kms::KmsServer>(kms::KmsService(*std::move(store), *std::move(settings)),
                                                   *identities, std::move(listening));
    if (const auto started = server->listen(); !started)
        return tl::unexpected(started.error());
    sayWhere(*server, known, *identities, options);
    return app::Result<std::unique_ptr<kms::KmsServer>>(std::move(server));
}

} // namespace nitroscope::cli
