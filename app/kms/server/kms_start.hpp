// SPDX-License-Identifier: GPL-2.0-or-later
//
// A KMS of one's own as programs start it: from names of files to a server that listens.
#pragma once

#include "app/kms/server/kms_server.hpp"

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;

// Where `kms serve` listens unless it is told, and `proxy out PORT kms|imds` looks for it.
inline constexpr quint16 usualTlsPort = 4567, usualHttpPort = 4566, usualImdsPort = 4568;

struct StartSettings {
    QString folder; // of root and keys; empty: defaultKmsFolder()
    QString store;  // file of the keys; empty: keys.json in the folder
    bool isInMemory = false;
    QString seed;       // file with the policy of a key, which is made unless there is one
    QString identities; // file (identities.hpp); empty: the access key "test" for the role
    QString role;       // ARN; empty: defaultRole
    QString region = u"us-east-1"_s;
    QString root = u"local"_s; // of attestation documents: a name or a file (trustedRoots())
    EnvelopeForm form;
    bool wrongRecipientKey = false;
    qint64 maxDocumentAge = ServiceSettings().maxDocumentAge;
    bool anySignature = false;
    quint16 tlsPort = 0, httpPort = 0; // 0 chooses one
    bool hasImds = false;              // the parent's metadata service beside it
    quint16 imdsPort = 0;
    bool takesImdsVersion1 = false;
    QString instanceId; // of the parent; empty: the machine's own
    qint64 credentialSeconds = ServerSettings().credentialSeconds;
};

// All that takes a while: files are read, a key is made. On any thread. Errors: those of each file, "bad-principal".
struct PreparedKms {
    KeyStore store;
    ServiceSettings service;
    Identities identities;
    ServerSettings listening;
};
app::Result<PreparedKms> prepareKms(const StartSettings &settings);
// It listens. Error: "kms-listen".
app::Result<std::unique_ptr<KmsServer>> startKms(PreparedKms prepared);
// Both at once, for programs that may wait.
app::Result<std::unique_ptr<KmsServer>> startKms(const StartSettings &settings);

// A policy that AWS would take, named after its file. Error: "malformed-policy", with the path as context.
app::Result<NamedPolicy> policyOfFile(const QString &path, const QByteArray &json);

} // namespace nitroscope::kms
