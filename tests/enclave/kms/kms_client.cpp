// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/kms/kms_client.hpp"

#include "tests/enclave/app/vsock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

namespace nitroscope::demo {
namespace {

constexpr const char *trustedRoots = "/etc/ssl/certs/ca-certificates.crt";
constexpr size_t maxAnswerBytes = 1 << 20;

} // namespace

std::string KmsAnswer::member(std::string_view name) const {
    const std::string begin = '"' + std::string(name) + "\":\"";
    const size_t at = body.find(begin);
    if (at == std::string::npos)
        return {};
    const size_t from = at + begin.size();
    return body.substr(from, body.find('"', from) - from);
}

KmsClient::KmsClient(Credentials credentials, std::string region)
    : m_credentials(std::move(credentials)), m_region(std::move(region)) {}

KmsClient::~KmsClient() {
    m_tls.reset();
    if (m_socket >= 0)
        close(m_socket);
}

bool KmsClient::fail(const std::string &what) {
    char reason[256] = "";
    if (const unsigned long code = ERR_get_error(); code != 0)
        ERR_error_string_n(code, reason, sizeof reason);
    m_problem = what + ": " + (*reason != '\0' ? reason : std::strerror(errno));
    return false;
}

bool KmsClient::connect() {
    const std::string host = "kms." + m_region + ".amazonaws.com";
    m_socket = dialParent(requestPort, SOCK_STREAM);
    if (m_socket < 0)
        return fail("vsock port 8000 of the parent");
    m_context.reset(SSL_CTX_new(TLS_client_method()));
    if (!m_context || SSL_CTX_load_verify_locations(m_context.get(), trustedRoots, nullptr) != 1)
        return fail(trustedRoots);
    SSL_CTX_set_verify(m_context.get(), SSL_VERIFY_PEER, nullptr);
    m_tls.reset(SSL_new(m_context.get()));
    if (!m_tls || SSL_set_tlsext_host_name(m_tls.get(), host.c_str()) != 1 ||
        SSL_set1_host(m_tls.get(), host.c_str()) != 1 || SSL_set_fd(m_tls.get(), m_socket) != 1 ||
        SSL_connect(m_tls.get()) != 1)
        return fail("TLS with " + host);
    return true;
}

std::string KmsClient::request(std::string_view operation, const std::string &body) const {
    const time_t now = time(nullptr);
    tm utc{};
    gmtime_r(&now, &utc);
    char date[32];
    strftime(date, sizeof date, "%Y%m%dT%H%M%SZ", &utc);
    const SignedHeaders headers{{"content-length", std::to_string(body.size())},
                                {"content-type", "application/x-amz-json-1.1"},
                                {"host", "kms." + m_region + ".amazonaws.com"},
                                {"x-amz-date", date},
                                {"x-amz-target", "TrentService." + std::string(operation)}};
    std::string text = "POST / HTTP/1.1\r\n";
    for (const auto &[name, value] : headers)
        text += name + ": " + value + "\r\n";
    return text + "authorization: " + authorization(m_credentials, m_region, headers, body) + "\r\n\r\n" +
           body;
}

KmsAnswer KmsClient::call(std::string_view operation, const std::string &body) {
    const std::string text = request(operation, body);
    if (!m_tls || SSL_write(m_tls.get(), text.data(), static_cast<int>(text.size())) <= 0) {
        fail("sending");
        return {0, m_problem};
    }
    return answer();
}

KmsAnswer KmsClient::answer() {
    std::string text;
    size_t head = std::string::npos, length = 0;
    while (head == std::string::npos || text.size() < head + length) {
        char bytes[4096];
        const int count = SSL_read(m_tls.get(), bytes, sizeof bytes);
        if (count <= 0 || text.size() > maxAnswerBytes) {
            fail("receiving");
            return {0, m_problem};
        }
        text.append(bytes, static_cast<size_t>(count));
        if (head != std::string::npos)
            continue;
        if (const size_t end = text.find("\r\n\r\n"); end != std::string::npos) {
            head = end + 4;
            const size_t at = text.find("Content-Length: ");
            length = at < head ? std::strtoul(text.c_str() + at + 16, nullptr, 10) : 0;
        }
    }
    constexpr size_t statusAt = 9; // behind "HTTP/1.1 "
    return {std::atoi(text.c_str() + std::min(statusAt, text.size())), text.substr(head)};
}

} // namespace nitroscope::demo
