// SPDX-License-Identifier: GPL-2.0-or-later
//
// See enclave_builder.hpp. How ramdisk 1 is written: application_ramdisk.hpp.

#include "app/formats/builder/enclave_builder.hpp"

#include "app/formats/builder/application_ramdisk.hpp"
#include "app/formats/builder/image_settings.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/file_source.hpp"

#include <algorithm>
#include <fcntl.h>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>

namespace nitroscope::formats {

using app::FileRole;
using app::FileWriter;

namespace {

using Architecture = EifRecipe::Architecture;

// Of AWS's x86-64 and aarch64 images, as nitro-cli's blobs have them.
QString usualCommandLine(Architecture architecture) {
    return architecture == Architecture::aarch64
               ? u"reboot=k panic=30 pci=off nomodules console=ttyS0 random.trust_cpu=on root=/dev/ram0"_s
               : u"reboot=k panic=30 pci=off nomodules console=ttyS0 i8042.noaux i8042.nomux i8042.nopnp "
                 "i8042.dumbkbd random.trust_cpu=on"_s;
}

app::Result<QByteArray> readWhole(const QString &path, const char *role) {
    if (path.isEmpty())
        return app::failure(u"recipe"_s, u"No %1 was named."_s.arg(QString::fromLatin1(role)));
    const auto file =
        launch::FileSource::open(QFile::encodeName(path).constData(), role); // no device, no FIFO
    if (!file)
        return app::failure(u"input"_s, QString::fromStdString(file.error()));
    if (file->size() > maxRamdiskFile)
        return app::failure(u"input"_s, u"The %1 '%2' has %3; a ramdisk's file takes less than 4 GiB."_s.arg(
                                            QString::fromLatin1(role), path, sizeText(file->size())));
    QByteArray content(static_cast<qsizetype>(file->size()), Qt::Uninitialized);
    if (!file->read(0,
                    std::as_writable_bytes(std::span(content.data(), static_cast<size_t>(content.size())))))
        return app::failure(u"input"_s,
                            u"The %1 '%2' changed while it was read."_s.arg(QString::fromLatin1(role), path));
    return content;
}

LintFinding replacedFinding(const QStringList &replaced) {
    return {u"docker-mount-point"_s, Severity::warning, u"container image"_s,
            u"%1: not a folder in the image. It becomes an empty one, as with nitro-cli."_s.arg(
                replaced.join(u", "_s)),
            u"Make it a folder in the image, and keep files that the program needs elsewhere."_s};
}

class EnclaveBuilder {
public:
    EnclaveBuilder(const EnclaveRecipe &recipe, const QString &output)
        : m_recipe(recipe), m_output(output),
          m_scratch(QFileInfo(output).absolutePath() + u"/.nitroscope-build-XXXXXX"_s) {}

    app::Result<EnclaveBuild> run() {
        if (m_recipe.rootFolder.isEmpty() == m_recipe.containerImage.path.isEmpty())
            return app::failure(u"recipe"_s, u"Name either a root folder or a container image."_s);
        if (!m_scratch.isValid())
            return app::failure(u"output"_s, u"A temporary folder cannot be created beside '%1': %2."_s.arg(
                                                 m_output, m_scratch.errorString()));
        m_eif.identity = m_recipe.identity;
        m_eif.architecture = m_recipe.architecture.value_or(Architecture::x86_64);
        if (auto done = writeSystem(); !done)
            return tl::unexpected(done.error());
        FileWriter file(m_scratch.filePath(u"ramdisk1"_s), FileRole::scratch);
        auto written = file.start();
        if (written)
            written = m_recipe.rootFolder.isEmpty() ? writeImage(file) : writeFolder(file);
        if (written)
            written = file.commit();
        if (!written)
            return tl::unexpected(written.error());
        const auto kernel =
            m_recipe.findKernel ? m_recipe.findKernel() : app::Result<QString>(m_recipe.kernelPath);
        if (!kernel)
            return tl::unexpected(kernel.error());
        m_eif.kernelPath = *kernel;
        m_eif.commandLine =
            m_recipe.commandLine.isEmpty() ? usualCommandLine(m_eif.architecture) : m_recipe.commandLine;
        m_eif.ramdiskPaths = {m_scratch.filePath(u"ramdisk0"_s), m_scratch.filePath(u"ramdisk1"_s)};
        auto measured =
            buildEif(m_eif, m_output, m_recipe.limits.unpack.stop, m_recipe.limits.unpack.progress);
        if (!measured)
            return tl::unexpected(measured.error());
        m_result.measurements = std::move(*measured);
        return std::move(m_result);
    }

private:
    // Ramdisk 0.
    app::Result<void> writeSystem() {
        const auto init = readWhole(m_recipe.initPath, "init program");
        if (!init)
            return tl::unexpected(init.error());
        FileWriter file(m_scratch.filePath(u"ramdisk0"_s), FileRole::scratch);
        if (auto started = file.start(); !started)
            return started;
        CpioWriter writer(file);
        bool isGood = writer.folder("dev") && writer.entry({.path = "init", .mode = S_IFREG | 0755}, *init);
        if (!m_recipe.nsmModulePath.isEmpty()) {
            const auto module = readWhole(m_recipe.nsmModulePath, "kernel module");
            if (!module)
                return tl::unexpected(module.error());
            isGood = isGood && writer.entry({.path = "nsm.ko", .mode = S_IFREG | 0644}, *module);
        }
        return isGood && writer.finish() ? file.commit() : app::Result<void>(file.problem());
    }

    app::Result<void> check(const QStringList &command, const QStringList &environment) const {
        return checkVariables(m_recipe.environment).and_then([&] {
            return checkWords(command + environment);
        });
    }

    void replaceMountPoints(RootTree &tree) {
        if (const QStringList replaced = makeMountPoints(tree); !replaced.isEmpty())
            m_result.findings.push_back(replacedFinding(replaced));
    }

    app::Result<void> writeFolder(FileWriter &file) {
        if (m_recipe.command.isEmpty())
            return app::failure(
                u"recipe"_s,
                u"There is no command to start: say with --cmd which program of the folder it is."_s);
        if (auto checked = check(m_recipe.command, m_recipe.environment); !checked)
            return checked;
        auto folder = readFolder(m_recipe.rootFolder, m_recipe.limits);
        if (!folder)
            return tl::unexpected(folder.error());
        replaceMountPoints(folder->tree);
        if (!folder->sockets.isEmpty())
            m_result.findings.push_back(
                {u"rootfs-socket"_s, Severity::note, u"root folder"_s,
                 u"The socket '/%1' is left out, and %2 more."_s.arg(printableText(folder->sockets.first()))
                     .arg(folder->sockets.size() - 1),
                 u"Nothing: a program makes its sockets itself when it starts."_s});
        ApplicationRamdisk ramdisk(file, folder->tree, m_recipe.keepsTimes);
        if (auto done = ramdisk.begin(); !done)
            return done;
        QByteArray piece(1024 * 1024, Qt::Uninitialized);
        for (qsizetype i = 0; i < folder->paths.size(); ++i) {
            // By the name's bytes: as a QString, one that is no UTF-8 would be another.
            const QByteArray &path = folder->paths[i];
            QFile input;
            const int descriptor = ::open(path.constData(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
            if (descriptor < 0 || !input.open(descriptor, QIODevice::ReadOnly, QFileDevice::AutoCloseHandle))
                return app::failure(u"input"_s, QString::fromLocal8Bit(std::strerror(errno)) + u'.',
                                    printableText(path));
            while (true) {
                if (m_recipe.limits.unpack.stop.stop_requested())
                    return app::failure(u"cancelled"_s, u"Building was cancelled; nothing was written."_s);
                const qint64 count = std::max<qint64>(0, input.read(piece.data(), piece.size()));
                if (count == 0)
                    break;
                if (auto done = ramdisk.take(0, static_cast<quint64>(i),
                                             {piece.constData(), static_cast<size_t>(count)});
                    !done)
                    return done;
            }
            if (auto done = ramdisk.take(0, static_cast<quint64>(i), {}); !done)
                return done;
        }
        return ramdisk.finish(m_recipe.command, withVariables({}, m_recipe.environment));
    }

    app::Result<void> writeImage(FileWriter &file) {
        const QString architecture = !m_recipe.architecture                           ? QString()
                                     : *m_recipe.architecture == Architecture::x86_64 ? u"amd64"_s
                                                                                      : u"arm64"_s;
        const auto image =
            ContainerImage::open(m_recipe.containerImage, architecture, m_scratch.path(), m_recipe.limits);
        if (!image)
            return tl::unexpected(image.error());
        if (!m_recipe.architecture && image->architecture() == u"arm64")
            m_eif.architecture = Architecture::aarch64;
        const QJsonObject config = image->config();
        QStringList command = m_recipe.command;
        if (command.isEmpty()) {
            m_result.findings = lintContainerConfig(config);
            const auto ofImage = commandOf(config);
            if (!ofImage)
                return tl::unexpected(ofImage.error());
            if (!*ofImage)
                return app::failure(
                    u"recipe"_s, u"There is no command to start: the image has neither CMD nor ENTRYPOINT. "
                                 "Give one with --cmd."_s);
            command = **ofImage;
        }
        const auto variables = wordsOf(config, u"Env"_s);
        if (!variables)
            return tl::unexpected(variables.error());
        const QStringList environment = withVariables(*variables, m_recipe.environment);
        if (auto checked = check(command, environment); !checked)
            return checked;
        if (m_eif.identity.imageName.isEmpty())
            m_eif.identity.imageName = image->name().isEmpty() ? image->title() : repositoryOf(image->name());
        if (m_eif.identity.imageVersion.isEmpty()) // as nitro-cli: the digits only
            m_eif.identity.imageVersion = image->digest().section(u':', 1);
        m_eif.identity.dockerInfo = image->inspect();
        auto tree = image->tree();
        if (!tree)
            return tl::unexpected(tree.error());
        replaceMountPoints(*tree);
        const QList<MadeFile> made = replaceDockerFiles(*tree);
        ApplicationRamdisk ramdisk(file, *tree, m_recipe.keepsTimes);
        if (auto done = ramdisk.begin(); !done)
            return done;
        for (int layer = 0; layer < image->layerCount(); ++layer) {
            auto done = image->readContents(
                layer, [&](quint64 content) { return ramdisk.wants(layer, content); },
                [&](quint64 content, std::span<const char> piece) {
                    return ramdisk.take(layer, content, piece);
                });
            if (!done)
                return done;
        }
        return ramdisk.finish(command, environment, made);
    }

    const EnclaveRecipe &m_recipe;
    QString m_output;
    QTemporaryDir m_scratch;
    EifRecipe m_eif;
    EnclaveBuild m_result;
};

} // namespace

app::Result<EnclaveBuild> buildEnclave(const EnclaveRecipe &recipe, const QString &outputPath) {
    return EnclaveBuilder(recipe, outputPath).run();
}

} // namespace nitroscope::formats
