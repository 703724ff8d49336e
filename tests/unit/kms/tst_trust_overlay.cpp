// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel makes of an image's ramdisks and an overlay behind them: the image's own bundles with the root in them.
#include "app/kms/trust/trust_overlay.hpp"
#include "qemu-machine/launch/file_source.hpp"
#include "tests/unit/formats/cpio_maker.hpp"

#include <memory>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

const QByteArray root = "-----BEGIN CERTIFICATE-----\nours\n-----END CERTIFICATE-----\n";

// Keeps what the ramdisks refer to.
struct Image {
    explicit Image(const QList<QByteArray> &archives) : bytes(archives) {
        for (const QByteArray &each : bytes)
            sources.push_back(std::make_unique<launch::MemorySource>(
                std::as_bytes(std::span(each.constData(), size_t(each.size())))));
        for (const auto &source : sources)
            ramdisks.push_back(*readRamdisk({source.get(), 0, source->size()}));
    }
    // As the kernel has it when the overlay has been unpacked, too.
    Image with(const QByteArray &overlay) const { return Image(bytes + QList<QByteArray>{overlay}); }
    QByteArray content(const QByteArray &path) const {
        const BootFiles files(ramdisks);
        const auto place = files.find(path);
        return place ? files.content(*place, 1 << 20) : QByteArray();
    }
    const RamdiskEntry &entry(const QByteArray &path) const {
        const BootFiles files(ramdisks);
        return files.entry(files.find(path).value());
    }
    QList<QByteArray> bytes;
    std::vector<std::unique_ptr<launch::MemorySource>> sources;
    std::vector<Ramdisk> ramdisks;
};

} // namespace

class TestTrustOverlay : public QObject {
    Q_OBJECT

private slots:
    void bundles_ofTheImage_getTheRootBehindTheirOwn() {
        const QByteArray certifi = "rootfs/usr/lib/python3/site-packages/certifi/cacert.pem";
        const Image image({cpioArchive({{.path = "init", .content = "x", .mode = 0100755}}),
                           cpioArchive(withFolders({{.path = "rootfs/etc/ssl/certs/ca-certificates.crt",
                                                     .content = "theirs\n",
                                                     .mode = 0100444,
                                                     .owner = 5,
                                                     .modified = 77},
                                                    {.path = certifi, .content = "python's"},
                                                    {.path = "rootfs/etc/ssl/cert.pem",
                                                     .content = "/etc/ssl/certs/ca-certificates.crt",
                                                     .mode = 0120777},
                                                    {.path = "rootfs/etc/hosts", .content = "localhost"}}))});
        const kms::TrustOverlay overlay = kms::trustOverlay(BootFiles(image.ramdisks), root);
        QCOMPARE(overlay.bundles,
                 (QStringList{u"rootfs/etc/ssl/certs/ca-certificates.crt"_s, QString::fromUtf8(certifi)}));
        QVERIFY(!overlay.isNew);
        const Image booted = image.with(overlay.cpio);
        const QByteArray bundle = "rootfs/etc/ssl/certs/ca-certificates.crt";
        QCOMPARE(booted.content(bundle), "theirs\n\n" + root);
        QCOMPARE(booted.content(certifi), "python's\n" + root);
        QCOMPARE(booted.content("rootfs/etc/hosts"), QByteArray("localhost"));
        QCOMPARE(booted.entry(bundle).mode, 0100444U);
        QCOMPARE(booted.entry(bundle).owner, 5U);
        QCOMPARE(booted.entry(bundle).modified, 77U);
        QVERIFY(booted.entry("rootfs/etc/ssl/cert.pem").isLink());
        QCOMPARE(kms::trustOverlay(BootFiles(image.ramdisks), root).cpio, overlay.cpio); // the same each time
    }

    void image_withoutBundles_getsOneWithItsFolders() {
        const Image image({cpioArchive(withFolders({{.path = "rootfs/bin/app", .content = "x"}}))});
        const kms::TrustOverlay overlay = kms::trustOverlay(BootFiles(image.ramdisks), root);
        QVERIFY(overlay.isNew);
        const Image booted = image.with(overlay.cpio);
        QCOMPARE(booted.content("rootfs/etc/ssl/certs/ca-certificates.crt"), root);
        const Image other({cpioArchive({{.path = "init", .content = "x"}})});
        QCOMPARE(kms::trustOverlay(BootFiles(other.ramdisks), root).bundles,
                 QStringList{u"etc/ssl/certs/ca-certificates.crt"_s});
    }

    void bundles_thatAreNone_stayAsTheyAre() {
        // A folder of that name, a link in a circle, one out of the image.
        const Image image({cpioArchive(withFolders(
            {{.path = "etc/ssl/certs/ca-certificates.crt", .mode = 040755},
             {.path = "etc/ssl/cert.pem", .content = "/etc/ssl/cert.pem", .mode = 0120777},
             {.path = "etc/pki/tls/cacert.pem", .content = "../../../../nowhere", .mode = 0120777}}))});
        const kms::TrustOverlay overlay = kms::trustOverlay(BootFiles(image.ramdisks), root);
        QVERIFY(overlay.isNew);
    }
};

QTEST_GUILESS_MAIN(TestTrustOverlay)
#include "tst_trust_overlay.moc"
