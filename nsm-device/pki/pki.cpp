// SPDX-License-Identifier: GPL-2.0-or-later
//
// Issuing and reissuing of the module's chain.
#include "nsm-device/pki/pki.hpp"

#include "nsm-device/cbor/cbor.hpp"

#include <openssl/x509v3.h>

namespace nitroscope::nsm {

namespace {

constexpr std::int64_t minute = 60, hour = 60 * minute;
constexpr std::uint64_t formatVersion = 1; // of save()
constexpr std::size_t maxUpper = 16;

constexpr Level above(Level level) {
    return static_cast<Level>(static_cast<std::uint8_t>(level) - 1);
}
constexpr Level below(Level level) {
    return static_cast<Level>(static_cast<std::uint8_t>(level) + 1);
}

// A path length of 2 leaves room for two more CAs, and so on.
Level firstLevel(int pathLength) {
    switch (pathLength) {
    case 0:
        return Level::leaf;
    case 1:
        return Level::instance;
    case 2:
        return Level::zonal;
    default:
        return Level::regional;
    }
}

} // namespace

bool Pki::open(std::int64_t now, std::string &error) {
    if (m_authority)
        return true;
    Authority authority;
    const bool opened = m_source.ownCa()
                            ? loadAuthority(m_source.caKeyFile, m_source.caChainFile, now, authority, error)
                            : RootStore(m_source.storeDirectory).loadOrCreate(now, authority, error);
    if (opened)
        m_authority = std::move(authority);
    return opened;
}

const Chain *Pki::chainAt(std::int64_t now, std::string &error) {
    if (isUsable(Level::leaf, now) && m_chain.key != nullptr)
        return &m_chain;
    // Everything below the lowest usable certificate is issued anew, everything above it stays.
    Level level = Level::leaf;
    while (level != m_first && !isUsable(above(level), now))
        level = above(level);
    if (level == m_first) {
        if (!startOver(now, error))
            return nullptr;
        level = m_first;
    }
    m_chain = {}; // its key goes with the old leaf, and memory may run out before there is a new one
    for (;; level = below(level)) {
        at(level) = issue(level, m_subject, usualValidity(level, now), issuerOf(level));
        if (!at(level)) {
            error = "cannot issue a certificate: " + lastOpensslError();
            m_levels = {};
            return nullptr;
        }
        if (level == Level::leaf)
            break;
    }
    rebuildChain();
    return &m_chain;
}

bool Pki::startOver(std::int64_t now, std::string &error) {
    if (!open(now, error))
        return false;
    if (now >= notAfter(m_authority->ca.certificate.get())) {
        error = "the CA certificate has expired";
        return false;
    }
    m_levels = {};
    m_first = firstLevel(m_authority->pathLength);
    m_upper.clear();
    for (const CertPtr &certificate : m_authority->above)
        m_upper.push_back(toDer(certificate.get()));
    m_upper.push_back(toDer(m_authority->ca.certificate.get()));
    return true;
}

Issued Pki::expiredLeaf(std::int64_t now) {
    const std::int64_t end = now - 10 * minute;
    const Issued *issuer = issuerOf(Level::leaf);
    return issuer != nullptr ? issue(Level::leaf, m_subject, {end - 3 * hour - 3, end}, issuer) : Issued{};
}

bool Pki::isUsable(Level level, std::int64_t now) const {
    const Issued &issued = at(level);
    if (!issued || now < notBefore(issued.certificate.get()))
        return false;
    const std::int64_t end = notAfter(issued.certificate.get());
    if (now + reserve(level) <= end)
        return true;
    // A certificate that was cut to its issuer's end gets no better by issuing it again.
    const Issued *issuer = issuerOf(level);
    return now < end && issuer != nullptr && *issuer && notAfter(issuer->certificate.get()) == end;
}

const Issued *Pki::issuerOf(Level level) const {
    if (level != m_first)
        return &at(above(level));
    return m_authority ? &m_authority->ca : nullptr;
}

void Pki::rebuildChain() {
    m_chain = {};
    m_chain.cabundle = m_upper;
    for (Level level = m_first; level != Level::leaf; level = below(level))
        m_chain.cabundle.push_back(toDer(at(level).certificate.get()));
    m_chain.certificate = toDer(at(Level::leaf).certificate.get());
    m_chain.key = at(Level::leaf).key.get(); // last: without it the chain is not whole
}

// [version, first level, [upper certificate, …], [certificate, key] of each issued level from the first on]
ByteVector Pki::save() const {
    if (!at(Level::leaf))
        return {};
    const auto write = [this](cbor::Writer &out) {
        out.array(3 + levelCount - static_cast<std::size_t>(m_first));
        out.unsignedInt(formatVersion);
        out.unsignedInt(static_cast<std::uint64_t>(m_first));
        out.array(m_upper.size());
        for (const ByteVector &der : m_upper)
            out.bytes(der);
        for (std::size_t i = static_cast<std::size_t>(m_first); i < levelCount; ++i) {
            out.array(2);
            out.bytes(toDer(m_levels[i].certificate.get()));
            out.bytes(toDer(m_levels[i].key.get()));
        }
    };
    cbor::Writer measure;
    write(measure);
    ByteVector saved(measure.size());
    cbor::Writer out(saved);
    write(out);
    return saved;
}

bool Pki::load(cbor::Bytes saved) {
    cbor::Reader reader(saved);
    cbor::Item item;
    const auto next = [&](cbor::Type type) {
        return reader.next(item) && item.type == type && !item.indefinite;
    };
    if (!next(cbor::Type::array) || !next(cbor::Type::unsignedInt) || item.value != formatVersion ||
        !next(cbor::Type::unsignedInt) || item.value < 1 || item.value >= levelCount)
        return false;
    const auto first = static_cast<std::size_t>(item.value);
    if (!next(cbor::Type::array) || item.value > maxUpper)
        return false;
    std::vector<ByteVector> upper(static_cast<std::size_t>(item.value));
    for (ByteVector &der : upper) {
        if (!next(cbor::Type::bytes) || !certificateFromDer(item.payload))
            return false;
        der.assign(item.payload.begin(), item.payload.end());
    }
    if (!next(cbor::Type::end))
        return false;
    std::array<Issued, levelCount> levels;
    for (std::size_t i = first; i < levelCount; ++i) {
        if (!next(cbor::Type::array) || item.value != 2 || !next(cbor::Type::bytes))
            return false;
        levels[i].certificate = certificateFromDer(item.payload);
        if (!next(cbor::Type::bytes))
            return false;
        levels[i].key = keyFromDer(item.payload);
        if (!levels[i] || X509_check_private_key(levels[i].certificate.get(), levels[i].key.get()) != 1 ||
            !reader.next(item) || item.type != cbor::Type::end)
            return false;
    }
    if (!reader.next(item) || item.type != cbor::Type::end || !reader.atEnd())
        return false;
    m_first = static_cast<Level>(first);
    m_upper = std::move(upper);
    m_levels = std::move(levels);
    rebuildChain();
    return true;
}

} // namespace nitroscope::nsm
