// SPDX-License-Identifier: GPL-2.0-or-later
//
// The user's root on disk.
#include "nsm-device/pki/authority.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::nsm {

namespace {

bool fail(std::string &error, const std::string &what, const std::string &path) {
    error = what + " " + path + ": " + std::strerror(errno);
    return false;
}

// mkdir -p; folders that are made here are the user's alone. Folders above that cannot be made may well be
// there already, so only the last one decides.
bool makeFolders(const std::string &path, std::string &error) {
    int reason = ENOENT;
    for (std::size_t end = 0; end != std::string::npos;) {
        end = path.find('/', end + 1);
        if (mkdir(path.substr(0, end).c_str(), 0700) != 0 && errno != EEXIST)
            reason = errno;
    }
    struct stat info {};
    const bool exists = stat(path.c_str(), &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return true;
    errno = exists ? ENOTDIR : reason;
    return fail(error, "cannot create the folder", path);
}

// Key and certificate as PEM in memory that is wiped when freed.
BioPtr toPem(const Issued &root) {
    BioPtr out(BIO_new(BIO_s_secmem()));
    if (out &&
        PEM_write_bio_PKCS8PrivateKey(out.get(), root.key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
            1 &&
        PEM_write_bio_X509(out.get(), root.certificate.get()) == 1)
        return out;
    return {};
}

// Writes a new file next to its final place and makes sure that it is on disk. Returns its name, empty on
// failure.
std::string writeTemporary(const std::string &directory, BIO *content, std::string &error) {
    std::string path = directory + "/.root-XXXXXX";
    const int file = mkostemp(path.data(), O_CLOEXEC); // 0600
    if (file < 0) {
        fail(error, "cannot create a file in", directory);
        return {};
    }
    char *data = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(content, &data));
    std::size_t done = 0;
    while (done < size) {
        const ssize_t written = write(file, data + done, size - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        done += static_cast<std::size_t>(written);
    }
    const bool good = done == size && fsync(file) == 0;
    if (!good)
        fail(error, "cannot write", path);
    close(file);
    if (good)
        return path;
    unlink(path.c_str());
    return {};
}

void syncFolder(const std::string &directory) {
    const int folder = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    fsync(folder); // best effort: the file is good either way
    close(folder);
}

} // namespace

std::string RootStore::defaultDirectory() {
    const char *data = std::getenv("XDG_DATA_HOME");
    if (data != nullptr && *data == '/') // relative ones are to be ignored, says the XDG specification
        return std::string(data) + "/nitroscope/pki";
    const char *home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') {
        const passwd *user = getpwuid(getuid());
        home = user != nullptr ? user->pw_dir : "";
    }
    return std::string(home) + "/.local/share/nitroscope/pki";
}

bool RootStore::load(Authority &authority, std::string &error) const {
    const BioPtr in = openTrusted(file(), 077, error);
    if (!in)
        return false;
    // No password prompt, whatever the file says.
    const auto noPassword = [](char *, int, int, void *) { return 0; };
    Issued root{nullptr, KeyPtr(PEM_read_bio_PrivateKey(in.get(), nullptr, noPassword, nullptr))};
    if (root.key)
        root.certificate.reset(PEM_read_bio_X509(in.get(), nullptr, noPassword, nullptr));
    if (!root || X509_check_private_key(root.certificate.get(), root.key.get()) != 1) {
        error = file() + " is not a key with its certificate (" + lastOpensslError() + ")";
        return false;
    }
    authority = {};
    authority.ca = std::move(root);
    return true;
}

bool RootStore::loadOrCreate(std::int64_t now, Authority &authority, std::string &error) const {
    if (access(file().c_str(), F_OK) == 0)
        return load(authority, error);
    return create(now, Place::ifMissing, error) && load(authority, error);
}

bool RootStore::renew(std::int64_t now, Authority &authority, std::string &error) const {
    return create(now, Place::always, error) && load(authority, error);
}

bool RootStore::create(std::int64_t now, Place place, std::string &error) const {
    if (!makeFolders(m_directory, error))
        return false;
    const Issued root = issue(Level::root, {}, usualValidity(Level::root, now), nullptr);
    const BioPtr pem = root ? toPem(root) : BioPtr();
    if (!pem) {
        error = "cannot make a root certificate: " + lastOpensslError();
        return false;
    }
    const std::string temporary = writeTemporary(m_directory, pem.get(), error);
    if (temporary.empty())
        return false;
    const bool placed = place == Place::always
                            ? rename(temporary.c_str(), file().c_str()) == 0
                            : link(temporary.c_str(), file().c_str()) == 0 || errno == EEXIST;
    if (!placed)
        fail(error, "cannot create", file());
    if (place == Place::ifMissing || !placed)
        unlink(temporary.c_str());
    syncFolder(m_directory);
    return placed;
}

} // namespace nitroscope::nsm
