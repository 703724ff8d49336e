// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/boot/support/init_image.hpp"

#include <QDir>
#include <QFile>
#include <QProcess>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;
namespace {

// A panic ends the run at once.
constexpr auto commandLine = "reboot=k panic=-1 pci=off nomodules console=ttyS0 i8042.noaux i8042.nomux "
                             "i8042.nopnp i8042.dumbkbd random.trust_cpu=on";

QString existing(const QString &path) {
    return QFile::exists(path) ? path : QString();
}

QString guestProgram(const char *name) {
    return QStringLiteral(NITROSCOPE_BINARY_DIR "/demo/guest/") + QLatin1String(name);
}

bool run(const QString &program, const QStringList &arguments) {
    constexpr int patienceMs = 120'000;
    QProcess process;
    process.start(program, arguments);
    return process.waitForFinished(patienceMs) && process.exitStatus() == QProcess::NormalExit &&
           process.exitCode() == 0;
}

bool makeExecutable(const QString &path) {
    return QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
}

bool write(const QString &path, const QByteArray &content) {
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size();
}

bool copyProgram(const QString &from, const QString &to) {
    QDir().mkpath(QFileInfo(to).path());
    return QFile::copy(from, to) && makeExecutable(to);
}

bool stageRootfs(const InitImage &image, const QString &root) {
    bool isStaged = QDir().mkpath(root);
    for (const QString &folder : image.folders)
        isStaged = isStaged && QDir(root).mkpath(folder);
    for (const QString &place : image.probes)
        isStaged = isStaged && copyProgram(guestProgram("init_probe"), QDir(root).filePath(place));
    for (auto file = image.files.begin(); file != image.files.end(); ++file)
        isStaged = isStaged && write(QDir(root).filePath(file.key()), file.value());
    for (auto file = image.programs.begin(); file != image.programs.end(); ++file) {
        const QString path = QDir(root).filePath(file.key());
        isStaged = isStaged && write(path, file.value()) && makeExecutable(path);
    }
    return isStaged;
}

} // namespace

QString ownInit() {
    return existing(guestProgram("image_init"));
}

QString awsInit() {
    const QString folder = qEnvironmentVariable("NITRO_CLI_BLOBS", u"/usr/share/nitro_enclaves/blobs"_s);
    return existing(folder + u"/init"_s);
}

QString makeInitImage(const InitImage &image, const QString &init, const QString &folder) {
    const QString zero = folder + u"/0"_s, one = folder + u"/1"_s, eif = folder + u"/image.eif"_s;
    QDir(zero).removeRecursively();
    QDir(one).removeRecursively();
    bool isMade = QDir().mkpath(one) && QDir(zero).mkpath(u"dev"_s) && copyProgram(init, zero + u"/init"_s);
    if (!image.nsmModule.isNull())
        isMade = isMade && write(zero + u"/nsm.ko"_s, image.nsmModule);
    if (!image.command.isNull())
        isMade = isMade && write(one + u"/cmd"_s, image.command);
    if (!image.environment.isNull())
        isMade = isMade && write(one + u"/env"_s, image.environment);
    if (image.hasRootfs)
        isMade = isMade && stageRootfs(image, one + u"/rootfs"_s);
    const QString build = QStringLiteral(NITROSCOPE_BINARY_DIR), pack = build + u"/demo/tools/make_ramdisk"_s;
    isMade = isMade && run(pack, {folder + u"/ramdisk0"_s, zero}) &&
             run(pack, {folder + u"/ramdisk1"_s, one}) &&
             run(build + u"/bin/nitroscope-cli"_s,
                 {u"build-enclave"_s, u"--kernel"_s, build + u"/demo/bzImage"_s, u"--cmdline"_s,
                  QString::fromLatin1(commandLine), u"--ramdisk"_s, folder + u"/ramdisk0"_s, u"--ramdisk"_s,
                  folder + u"/ramdisk1"_s, u"--output-file"_s, eif});
    return isMade ? eif : QString();
}

} // namespace nitroscope::test
