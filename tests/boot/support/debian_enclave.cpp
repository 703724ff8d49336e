// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/debian_enclave.hpp"

#include "tests/boot/support/cache_folder.hpp"

#include <QDir>
#include <QFile>
#include <QProcess>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
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
    const QString build = QStringLiteral(NITROSCOPE_BINARY_DIR), cli = build + u"/bin/nitroscope-cli"_s;
    const QDir kernels(cacheFolder() + u"/debian-kernels"_s);
    QFile versionFile(kernels.filePath(suite + u".version"_s));
    if (!versionFile.open(QIODevice::ReadOnly))
        return {{}, u"Debian's kernels are not here: tests/enclave/fetch-kernels gets them"_s, {}};
    const QString version = QString::fromUtf8(versionFile.readAll()).trimmed();
    const QString guest = build + u"/demo/guest/"_s, source = QStringLiteral(NITROSCOPE_SOURCE_DIR);
    const QString zero = folder + u"/0"_s, one = folder + u"/1"_s;
    bool isMade = copy(guest + u"enclave_init"_s, zero + u"/init"_s) &&
                  copy(guest + u"enclave_app"_s, one + u"/rootfs/usr/bin/demo-app"_s);
    for (const char *name : {"cmd", "env"})
        isMade = isMade && copy(source + u"/tests/enclave/image/"_s + QLatin1String(name),
                                one + u'/' + QLatin1String(name));
    QDir(zero).mkpath(u"dev"_s);
    for (const char *name : {"dev", "run", "sys", "var", "proc", "tmp"})
        QDir(one).mkpath(u"rootfs/"_s + QLatin1String(name));
    // Packages have modules compressed since 6.12.
    const QString packed = kernels.filePath(u"modules-%1/nls_utf8.ko"_s.arg(version));
    const QString module = one + u"/rootfs/nls_utf8.ko"_s;
    isMade = isMade && (QFile::exists(packed) ? copy(packed, module)
                                              : copy(packed + u".xz"_s, module + u".xz"_s) &&
                                                    run(u"xz"_s, {u"-d"_s, module + u".xz"_s}));
    const QString pack = build + u"/demo/tools/make_ramdisk"_s, eif = folder + u"/debian.eif"_s;
    isMade =
        isMade && run(pack, {folder + u"/ramdisk0"_s, zero}) && run(pack, {folder + u"/ramdisk1"_s, one}) &&
        run(cli,
            {u"build-enclave"_s, u"--kernel"_s, kernels.filePath(u"vmlinuz-"_s + version), u"--cmdline"_s,
             u"reboot=k panic=30 pci=off console=ttyS0 i8042.noaux random.trust_cpu=on"_s, u"--ramdisk"_s,
             folder + u"/ramdisk0"_s, u"--ramdisk"_s, folder + u"/ramdisk1"_s, u"--output-file"_s, eif});
    if (!isMade)
        return {{}, u"the enclave with Debian's kernel cannot be made; build everything first"_s, {}};
    return {eif, {}, "/nls_utf8.ko"};
}

} // namespace nitroscope::test
