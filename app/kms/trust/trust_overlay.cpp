// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/trust/trust_overlay.hpp"

#include "app/formats/ramdisk/cpio_writer.hpp"

#include <algorithm>
#include <map>
#include <QBuffer>

namespace nitroscope::kms {

using namespace Qt::Literals::StringLiterals;
using formats::BootFiles;

namespace {

// Below the image's root; the first is the one that is made when there is none.
constexpr const char *usualBundles[] = {"etc/ssl/certs/ca-certificates.crt",
                                        "etc/pki/tls/certs/ca-bundle.crt",
                                        "etc/ssl/ca-bundle.pem",
                                        "etc/pki/tls/cacert.pem",
                                        "etc/ssl/cert.pem",
                                        "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"};
// Anywhere: packages that bring their own.
constexpr const char *packagedBundles[] = {"/certifi/cacert.pem", "/botocore/cacert.pem"};
constexpr const char *rootfs = "rootfs"; // where nitro-cli's images have their file system

// By path, so that the same image gives the same bytes.
std::map<QByteArray, BootFiles::Place> bundlesIn(const BootFiles &files) {
    std::map<QByteArray, BootFiles::Place> bundles;
    const auto take = [&](const QByteArray &path) {
        if (const auto place = files.find(path);
            place && files.entry(*place).isRegular() && files.entry(*place).size <= maxBundleBytes)
            bundles.emplace(path, *place);
    };
    for (const QByteArray &root : {QByteArray(), QByteArray(rootfs)})
        for (const char *bundle : usualBundles)
            if (const auto below = files.resolvedPath(bundle, root))
                take(root.isEmpty() ? *below : root + '/' + *below);
    for (auto file = files.all().begin(); file != files.all().end(); ++file)
        if (std::any_of(std::begin(packagedBundles), std::end(packagedBundles),
                        [&](const char *end) { return file.key().endsWith(end); }))
            take(file.key());
    return bundles;
}

void addFolders(formats::CpioWriter &writer, const BootFiles &files, const QByteArray &path) {
    for (qsizetype slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1))
        if (!files.find(path.first(slash)))
            writer.folder(path.first(slash));
}

} // namespace

TrustOverlay trustOverlay(const BootFiles &files, const QByteArray &rootPem) {
    TrustOverlay overlay;
    QBuffer buffer(&overlay.cpio);
    buffer.open(QIODevice::WriteOnly); // writer-ok: into memory
    formats::CpioWriter writer(buffer);
    const auto put = [&](const QByteArray &path, const QByteArray &content,
                         const formats::RamdiskEntry *like) {
        formats::CpioHeader header;
        header.path = path;
        header.mode = like ? like->mode : S_IFREG | 0644;
        header.owner = like ? like->owner : 0;
        header.group = like ? like->group : 0;
        header.modified = like ? like->modified : 0;
        header.size = static_cast<quint32>(content.size());
        writer.entry(header, content);
        overlay.bundles << QString::fromUtf8(path);
    };
    for (const auto &[path, place] : bundlesIn(files))
        put(path, files.content(place, maxBundleBytes) + '\n' + rootPem, &files.entry(place));
    if (overlay.bundles.isEmpty()) {
        const QByteArray path =
            (files.isFolder(rootfs) ? QByteArray(rootfs) + '/' : QByteArray()) + usualBundles[0];
        addFolders(writer, files, path);
        put(path, rootPem, nullptr);
        overlay.isNew = true;
    }
    writer.finish();
    return overlay;
}

} // namespace nitroscope::kms
