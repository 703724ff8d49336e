// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who may call the server: access keys with secrets, out of a file of test identities (0600 is not asked for: they are nobody's real ones, and
// the file says so), and whom calls are of when nobody asks for a signature.
//
//   {"Identities": [{"AccessKeyId", "SecretAccessKey", "SessionToken"?, "Expires"? (Unix seconds), "PrincipalArn", "Policies"?: [{…}]}]}
//
// A principal without Policies may do whatever the key's policy leaves to its account, as with AdministratorAccess.
#pragma once

#include "app/kms/imds/imds.hpp"
#include "app/kms/service/service.hpp"
#include "app/kms/sigv4/verify_signature.hpp"

namespace nitroscope::kms {

struct Identity {
    SigningKey key;
    Caller caller;
};

class Identities {
public:
    static constexpr qsizetype maxFileBytes = 4 * 1024 * 1024;
    // The one identity of who starts the server: access key "test", secret "test".
    static Identities ofRole(const Principal &principal);
    // Error: "bad-identities", with the number of the identity.
    static app::Result<Identities> parse(const QByteArray &json);

    const Identity *find(const QByteArray &accessKeyId) const;
    const Identity &standard() const { return m_identities.front(); }

    // New ones of the standard identity's role for a while, as the metadata service hands them out. Expired ones stay known for what they were
    // until there are too many.
    RoleCredentials issue(qint64 seconds, qint64 now);
    static constexpr size_t maxIssued = 64;

private:
    std::vector<Identity> m_identities; // at least one
    std::vector<Identity> m_issued;     // temporary ones, in order
};

} // namespace nitroscope::kms
