// SPDX-License-Identifier: GPL-2.0-or-later
//
// The chain that one module signs with: regional, zonal, instance and leaf certificates under an authority. A
// certificate is used until its reserve is reached and then issued anew, as hardware does: a leaf serves for
// two and a half of its three hours, an instance certificate as long as it can still cover a whole leaf, and
// so on upwards.
#pragma once

#include "nsm-device/cbor/cbor_item.hpp"
#include "nsm-device/pki/authority.hpp"

#include <array>
#include <optional>

namespace nitroscope::nsm {

// Ready for a document: DER, and the leaf's key.
struct Chain {
    std::vector<ByteVector> cabundle; // the root first, the leaf's issuer last
    ByteVector certificate;
    EVP_PKEY *key = nullptr; // owned by the Pki
};

class Pki {
public:
    // Where to find the authority when it is first needed.
    struct Source {
        std::string storeDirectory;         // of the user's root; used when there is no key file
        std::string caKeyFile, caChainFile; // the user's own CA
        bool ownCa() const { return !caKeyFile.empty(); }
    };

    Pki(Subject subject, Source source) : m_subject(std::move(subject)), m_source(std::move(source)) {}
    // With an authority that is there already (a throw-away root, for the "wrong root" fault).
    Pki(Subject subject, Authority authority)
        : m_subject(std::move(subject)), m_authority(std::move(authority)) {}

    // Loads or creates the authority now instead of on first use. False with a sentence in `error`.
    bool open(std::int64_t now, std::string &error);

    // The chain to sign with at `now` (seconds), issued anew as far as needed; valid until the next call.
    // Null with a sentence in `error` when there is no usable authority.
    const Chain *chainAt(std::int64_t now, std::string &error);

    // A leaf that has been out of date for ten minutes at `now`, under the current chain; for tests of
    // verifiers.
    Issued expiredLeaf(std::int64_t now);

    // The issued levels with their keys as CBOR, for snapshots; the authority's key is not in it.
    ByteVector save() const;
    // False, and nothing changed, when `saved` is not what save() makes.
    bool load(cbor::Bytes saved);

private:
    static constexpr std::size_t levelCount = 5; // index: Level; the root's place stays empty

    // Forgets all levels and takes the authority's chain as it is now.
    bool startOver(std::int64_t now, std::string &error);
    bool isUsable(Level level, std::int64_t now) const;
    const Issued *issuerOf(Level level) const;
    Issued &at(Level level) { return m_levels[static_cast<std::size_t>(level)]; }
    const Issued &at(Level level) const { return m_levels[static_cast<std::size_t>(level)]; }
    void rebuildChain();

    Subject m_subject;
    Source m_source;
    std::optional<Authority> m_authority;
    std::array<Issued, levelCount> m_levels;
    // The level that the authority issues itself: a CA with a short path length leaves no room for all of
    // them.
    Level m_first = Level::regional;
    std::vector<ByteVector> m_upper; // DER of the authority's chain at the time the first level was issued
    Chain m_chain;
};

} // namespace nitroscope::nsm
