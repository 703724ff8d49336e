// SPDX-License-Identifier: GPL-2.0-or-later
//
// Certificate templates of the five levels.
#include "nsm-device/pki/certificate.hpp"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string_view>

namespace nitroscope::nsm {

namespace {

constexpr std::int64_t second = 1, minute = 60, hour = 60 * minute, day = 24 * hour;
// A leaf starts three seconds before it is issued and its serial carries the time of issue.
constexpr std::int64_t leafBackdate = 3 * second;

struct NamePart {
    int nid;
    std::string value;
};

std::uint64_t random64() {
    std::uint64_t value = 0;
    RAND_bytes(reinterpret_cast<unsigned char *>(&value), sizeof value);
    return value;
}

std::string hex(const char *format, std::uint64_t value) {
    char text[17];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string instanceId(const Subject &subject) {
    return subject.moduleId.substr(0, subject.moduleId.find("-enc"));
}

// The number behind "-enc", 0 when the module id has none.
std::uint64_t enclaveNumber(const Subject &subject) {
    const std::size_t at = subject.moduleId.find("-enc");
    return at == std::string::npos ? 0 : std::strtoull(subject.moduleId.c_str() + at + 4, nullptr, 16);
}

// In the order in which the real certificates have them.
std::vector<NamePart> nameOf(Level level, const Subject &subject) {
    const std::string tail = "." + subject.region + ".aws";
    const NamePart country{NID_countryName, "US"}, organization{NID_organizationName, "Amazon"},
        unit{NID_organizationalUnitName, "AWS"}, city{NID_localityName, "Seattle"};
    switch (level) {
    case Level::root:
        return {country, organization, unit, {NID_commonName, "aws.nitro-enclaves"}};
    case Level::regional:
        return {country,
                organization,
                unit,
                {NID_commonName, hex("%016" PRIx64, random64()) + tail + ".nitro-enclaves"}};
    case Level::zonal:
        return {{NID_commonName, hex("%" PRIx64, random64()) + ".zonal" + tail + ".nitro-enclaves"},
                unit,
                organization,
                country,
                {NID_stateOrProvinceName, "WA"},
                city};
    case Level::instance:
    case Level::leaf:
        break;
    }
    const std::string commonName =
        level == Level::instance ? instanceId(subject) + tail + ".nitro-enclaves" : subject.moduleId + tail;
    return {country, {NID_stateOrProvinceName, "Washington"},
            city,    organization,
            unit,    {NID_commonName, commonName.substr(0, ub_common_name)}};
}

bool setSubject(X509 *certificate, Level level, const Subject &subject) {
    X509_NAME *name = X509_get_subject_name(certificate);
    for (const NamePart &part : nameOf(level, subject)) {
        // Countries are printable strings by definition, everything else is UTF-8.
        const int type = part.nid == NID_countryName ? V_ASN1_PRINTABLESTRING : V_ASN1_UTF8STRING;
        if (X509_NAME_add_entry_by_NID(name, part.nid, type,
                                       reinterpret_cast<const unsigned char *>(part.value.data()),
                                       static_cast<int>(part.value.size()), -1, 0) != 1)
            return false;
    }
    return true;
}

// Random numbers of 16 bytes (20 for an instance); a leaf's is made of the enclave's number, zero, and its
// time.
bool setSerial(X509 *certificate, Level level, const Subject &subject, std::int64_t notBefore) {
    std::array<unsigned char, 20> bytes{};
    std::size_t size = level == Level::instance ? 20 : 16;
    if (level == Level::leaf) {
        const std::uint64_t number = enclaveNumber(subject);
        const auto time = static_cast<std::uint32_t>(notBefore + leafBackdate);
        for (std::size_t i = 0; i < 8; ++i)
            bytes[i] = static_cast<unsigned char>(number >> (56 - 8 * i));
        for (std::size_t i = 0; i < 4; ++i)
            bytes[12 + i] = static_cast<unsigned char>(time >> (24 - 8 * i));
    } else if (RAND_bytes(bytes.data(), static_cast<int>(size)) != 1) {
        return false;
    } else {
        bytes[0] &= 0x7f; // at most 20 octets as a positive integer (RFC 5280 §4.1.2.2)
        bytes[0] |= 0x40; // and never shorter
    }
    const std::unique_ptr<BIGNUM, Release<BN_free>> number(
        BN_bin2bn(bytes.data(), static_cast<int>(size), nullptr));
    return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

std::string crlAddress(Level level, const Subject &subject) {
    const std::uint64_t high = random64(), low = random64();
    char id[37];
    std::snprintf(id, sizeof id, "%08x-%04x-4%03x-%04x-%012" PRIx64, static_cast<unsigned>(high >> 32),
                  static_cast<unsigned>(high >> 16 & 0xffff), static_cast<unsigned>(high & 0xfff),
                  static_cast<unsigned>(low >> 48 & 0x3fff) | 0x8000, low & 0xffffffffffff);
    const std::string host = level == Level::zonal ? "crl-" + subject.region : "crl";
    return "URI:http://" + host + ".nitroscope.invalid/crl/" + id + ".crl";
}

struct Extension {
    int nid;
    std::string value; // in OpenSSL's configuration syntax
};

std::vector<Extension> extensionsOf(Level level, const Subject &subject) {
    const std::string caUsage = "critical,digitalSignature,keyCertSign,cRLSign";
    const Extension subjectKey{NID_subject_key_identifier, "hash"},
        issuerKey{NID_authority_key_identifier, "keyid:always"};
    switch (level) {
    case Level::root:
        return {{NID_basic_constraints, "critical,CA:TRUE"}, subjectKey, {NID_key_usage, caUsage}};
    case Level::regional:
    case Level::zonal:
        return {{NID_basic_constraints,
                 std::string("critical,CA:TRUE,pathlen:") + (level == Level::regional ? "2" : "1")},
                issuerKey,
                subjectKey,
                {NID_key_usage, caUsage},
                {NID_crl_distribution_points, crlAddress(level, subject)}};
    case Level::instance:
        return {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                {NID_key_usage, "critical,keyCertSign"},
                subjectKey,
                issuerKey};
    case Level::leaf:
        break;
    }
    return {{NID_basic_constraints, "critical,CA:FALSE"}, {NID_key_usage, "digitalSignature,nonRepudiation"}};
}

bool addExtensions(X509 *certificate, X509 *issuer, Level level, const Subject &subject) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    for (const Extension &extension : extensionsOf(level, subject)) {
        const std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> made(
            X509V3_EXT_nconf_nid(nullptr, &context, extension.nid, extension.value.c_str()));
        // An issuer of the user's own may have no key identifier to refer to; then the chain links by name.
        if (!made && extension.nid == NID_authority_key_identifier)
            continue;
        if (!made || X509_add_ext(certificate, made.get(), -1) != 1)
            return false;
    }
    return true;
}

} // namespace

Validity usualValidity(Level level, std::int64_t now) {
    switch (level) {
    case Level::root:
        return {now - day, now - day + 30 * 365 * day + 8 * day + hour}; // 30 years with their leap days
    case Level::regional:
        return {now - 3 * hour, now - 3 * hour + 20 * day + hour};
    case Level::zonal: {
        // Between 5 d 13 h and 6 d 1 h, in whole hours.
        const auto extra = static_cast<std::int64_t>(random64() % 13);
        return {now - 2 * hour, now - 2 * hour + 5 * day + (13 + extra) * hour};
    }
    case Level::instance:
        return {now - hour, now + 23 * hour};
    case Level::leaf:
        break;
    }
    return {now - leafBackdate, now + 3 * hour};
}

std::int64_t reserve(Level level) {
    switch (level) {
    case Level::root:
        return 20 * day + hour;
    case Level::regional:
        return 6 * day + hour;
    case Level::zonal:
        return day;
    case Level::instance:
        return 3 * hour;
    case Level::leaf:
        break;
    }
    return 30 * minute;
}

Issued issue(Level level, const Subject &subject, Validity validity, const Issued *issuer) {
    Issued made{CertPtr(X509_new()), makeKey()};
    if (!made)
        return {};
    X509 *certificate = made.certificate.get();
    X509 *parent = issuer != nullptr ? issuer->certificate.get() : certificate;
    EVP_PKEY *signingKey = issuer != nullptr ? issuer->key.get() : made.key.get();
    if (issuer != nullptr)
        validity.notAfter = std::min(validity.notAfter, notAfter(parent));
    const bool good = X509_set_version(certificate, X509_VERSION_3) == 1 &&
                      setSerial(certificate, level, subject, validity.notBefore) &&
                      setSubject(certificate, level, subject) &&
                      X509_set_issuer_name(certificate, X509_get_subject_name(parent)) == 1 &&
                      ASN1_TIME_set(X509_getm_notBefore(certificate), validity.notBefore) != nullptr &&
                      ASN1_TIME_set(X509_getm_notAfter(certificate), validity.notAfter) != nullptr &&
                      X509_set_pubkey(certificate, made.key.get()) == 1 &&
                      addExtensions(certificate, parent, level, subject) &&
                      X509_sign(certificate, signingKey, EVP_sha384()) > 0;
    return good ? std::move(made) : Issued{};
}

} // namespace nitroscope::nsm
