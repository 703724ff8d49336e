// SPDX-License-Identifier: GPL-2.0-or-later
//
// KMS as kmstool reaches it: TLS over vsock to port 8000 of the parent, whose certificate must be for kms.REGION.amazonaws.com under a root in
// /etc/ssl/certs/ca-certificates.crt; HTTP/1.1 on one connection.
#pragma once

#include "tests/enclave/kms/signature.hpp"

#include <memory>
#include <openssl/ssl.h>
#include <string>
#include <string_view>

namespace nitroscope::demo {

struct KmsAnswer {
    int status = 0;   // of HTTP; 0: none came, and `body` says why
    std::string body; // JSON

    // A string member whose value needs no escapes; empty when there is none.
    std::string member(std::string_view name) const;
};

class KmsClient {
public:
    KmsClient(Credentials credentials, std::string region);
    ~KmsClient();
    KmsClient(const KmsClient &) = delete;
    KmsClient &operator=(const KmsClient &) = delete;

    // False, and problem() says why.
    bool connect();
    const std::string &problem() const { return m_problem; }
    KmsAnswer call(std::string_view operation, const std::string &body);

private:
    bool fail(const std::string &what);
    std::string request(std::string_view operation, const std::string &body) const;
    KmsAnswer answer();

    struct FreeContext {
        void operator()(SSL_CTX *context) const { SSL_CTX_free(context); }
    };
    struct FreeConnection {
        void operator()(SSL *connection) const { SSL_free(connection); }
    };
    Credentials m_credentials;
    std::string m_region, m_problem;
    int m_socket = -1;
    std::unique_ptr<SSL_CTX, FreeContext> m_context;
    std::unique_ptr<SSL, FreeConnection> m_tls;
};

} // namespace nitroscope::demo
