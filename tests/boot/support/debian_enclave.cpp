// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/debian_enclave.hpp"

#include "tests/boot/support/cache_folder.hpp"

#include <QDir>
#include <QFile>
#include <QProcess>

namespace nitroscope::test {
namespace {

bool run(const QString &program, const QStringList &arguments) {
    QProcess process;
    process.start(program, arguments);
    return process.waitForFinished(120'000) && process.exitCode() == 0;
}

bool copy(const QString &from, const QString &to) {
    QDir().mkpath(QFileInfo(to).path());
    return QFile::copy(from, to) &&
           QFile::setPermissions(to, QFile::ReadOwner | QFile::ExeOwner | QFile::WriteOwner |
                                         QFile::ReadOther | QFile::ExeOther);
}

} // namespace

DebianEnclave makeDebianEnclave(const QString &suite, const QString &folder) {
    const QString build = QStringLiteral(NITROSCOPE_BINARY_DIR),
                  cli = build + QStringLiteral("/bin/nitroscope-cli");
    const QDir kernels(cacheFolder() + QStringLiteral("/debian-kernels"));
    QFile versionFile(kernels.filePath(suite + QStringLiteral(".version")));
    if (!versionFile.open(QIODevice::ReadOnly))
        return {
            {}, QStringLiteral("Debian's kernels are not here: tests/enclave/fetch-kernels gets them"), {}};
    const QString version = QString::fromUtf8(versionFile.readAll()).trimmed();
    const QString guest = build + QStringLiteral("/demo/guest/"),
                  source = QStringLiteral(NITROSCOPE_SOURCE_DIR);
    const QString zero = folder + QStringLiteral("/0"), one = folder + QStringLiteral("/1");
    bool isMade =
        copy(guest + QStringLiteral("enclave_init"), zero + QStringLiteral("/init")) &&
        copy(guest + QStringLiteral("enclave_app"), one + QStringLiteral("/rootfs/usr/bin/demo-app"));
    for (const char *name : {"cmd", "env"})
        isMade = isMade && copy(source + QStringLiteral("/tests/enclave/image/") + QLatin1String(name),
                                one + u'/' + QLatin1String(name));
    QDir(zero).mkpath(QStringLiteral("dev"));
    for (const char *name : {"dev", "run", "sys", "var", "proc", "tmp"})
        QDir(one).mkpath(QStringLiteral("rootfs/") + QLatin1String(name));
    // Packages have modules compressed since 6.12.
    const QString packed = kernels.filePath(QStringLiteral("modules-%1/nls_utf8.ko").arg(version));
    const QString module = one + QStringLiteral("/rootfs/nls_utf8.ko");
    isMade = isMade &&
             (QFile::exists(packed)
                  ? copy(packed, module)
                  : copy(packed + QStringLiteral(".xz"), module + QStringLiteral(".xz")) &&
                        run(QStringLiteral("xz"), {QStringLiteral("-d"), module + QStringLiteral(".xz")}));
    const QString pack = build + QStringLiteral("/demo/tools/make_ramdisk"),
                  eif = folder + QStringLiteral("/debian.eif");
    isMade =
        isMade && run(pack, {folder + QStringLiteral("/ramdisk0"), zero}) &&
        run(pack, {folder + QStringLiteral("/ramdisk1"), one}) &&
        run(cli,
            {QStringLiteral("build-enclave"), QStringLiteral("--kernel"),
             kernels.filePath(QStringLiteral("vmlinuz-") + version), QStringLiteral("--cmdline"),
             QStringLiteral("reboot=k panic=30 pci=off console=ttyS0 i8042.noaux random.trust_cpu=on"),
             QStringLiteral("--ramdisk"), folder + QStringLiteral("/ramdisk0"), QStringLiteral("--ramdisk"),
             folder + QStringLiteral("/ramdisk1"), QStringLiteral("--output-file"), eif});
    if (!isMade)
        return {{},
                QStringLiteral("the enclave with Debian's kernel cannot be made; build everything first"),
                {}};
    return {eif, {}, "/nls_utf8.ko"};
}

} // namespace nitroscope::test
