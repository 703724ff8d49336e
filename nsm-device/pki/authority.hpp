// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where the trust of a local PKI starts: a CA certificate with its key, and the certificates above it. Either
// the user's own Nitroscope root, made on first use and kept for good, or a CA the user brings as PEM files.
#pragma once

#include "nsm-device/pki/certificate.hpp"

#include <string>
#include <vector>

namespace nitroscope::nsm {

struct Authority {
    std::vector<CertPtr> above; // the CA's issuers, the root first; empty when the CA is the root
    Issued ca;
    int pathLength = -1; // of the CA's basic constraints; -1 = unlimited
};

// The user's root, in one file "root.pem" (key and certificate, mode 0600) in a folder of mode 0700. One
// file, so that the two can never belong to different roots; linked into place, so that of two processes that
// create it at the same time one wins and the other uses the winner's.
class RootStore {
public:
    explicit RootStore(std::string directory) : m_directory(std::move(directory)) {}

    // "$XDG_DATA_HOME/nitroscope/pki", or "~/.local/share/nitroscope/pki".
    static std::string defaultDirectory();

    const std::string &directory() const { return m_directory; }
    std::string file() const { return m_directory + "/root.pem"; }

    // All of these: false with a sentence in `error` on failure. A file that is there but not usable (broken,
    // readable by others) is an error and is left alone. `now` is in seconds since the epoch.
    bool load(Authority &authority, std::string &error) const;
    bool loadOrCreate(std::int64_t now, Authority &authority, std::string &error) const;
    // Puts a new root in place of the old one. Documents signed before verify only against a copy of the old
    // root.
    bool renew(std::int64_t now, Authority &authority, std::string &error) const;

private:
    enum class Place { ifMissing, always };
    bool create(std::int64_t now, Place place, std::string &error) const;

    std::string m_directory;
};

// A regular file of the user's or the administrator's, to read from; null and a sentence in `error` for anything else, a
// pipe as well, which would never end. `forbidden`: bits that its mode must not have, 077 for a key of ours.
BioPtr openTrusted(const std::string &path, unsigned forbidden, std::string &error);

// A user's own CA: its private key (unencrypted PEM) and its certificate with those above it (PEM, any
// order). Checked: the key belongs to one of the certificates, that one may sign certificates and is valid at
// `now`, and each certificate is signed by the next one above it.
bool loadAuthority(const std::string &keyFile, const std::string &chainFile, std::int64_t now,
                   Authority &authority, std::string &error);

} // namespace nitroscope::nsm
