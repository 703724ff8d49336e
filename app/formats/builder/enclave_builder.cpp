// SPDX-License-Identifier: GPL-2.0-or-later
//
// See enclave_builder.hpp. Folders, links and devices are written first, in the order of their paths; then
// the contents, layer by layer in the order in which the layers have them, so that nothing is kept or sought.
// The kernel only needs a file's folder to be there before it.

#include "app/formats/builder/enclave_builder.hpp"

#include "app/core/json_strings.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/formats/ramdisk/cpio_writer.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QSet>
#include <QTemporaryDir>

namespace nitroscope::formats {

using app::FileRole;
using app::FileWriter;

namespace {

constexpr quint64 maxFile = std::numeric_limits<quint32>::max(); // newc's size field

app::Result<QByteArray> readWhole(const QString &path, const char *role) {
    QFile file(path);
    if (path.isEmpty())
        return app::failure(u"recipe"_s, u"No %1 was named."_s.arg(QString::fromLatin1(role)));
    if (!file.open(QIODevice::ReadOnly))
        return app::failure(u"input"_s, u"The %1 '%2' cannot be read: %3."_s.arg(QString::fromLatin1(role),
                                                                                 path, file.errorString()));
    return file.readAll();
}

// Bytes as nitro-cli writes them: one per line.
QByteArray linesOf(const QStringList &words) {
    QByteArray text;
    for (const QString &word : words)
        text += word.toUtf8() + '\n';
    return text;
}

// Ramdisk 1.
class ApplicationRamdisk {
public:
    ApplicationRamdisk(FileWriter &file, const RootTree &tree, bool keepsTimes)
        : m_file(file), m_writer(file), m_tree(tree), m_keepsTimes(keepsTimes) {
        for (const auto &[path, entry] : tree.files())
            if (S_ISREG(entry.mode))
                m_contents[{entry.contentLayer, entry.content}] << path;
    }

    app::Result<void> begin() {
        bool isGood = m_writer.folder("rootfs");
        QSet<QByteArray> made;
        for (const auto &[path, entry] : m_tree.files()) {
            if (S_ISREG(entry.mode))
                continue;
            isGood &= makeParents(path, made);
            if (S_ISDIR(entry.mode))
                made.insert(path);
            isGood &=
                m_writer.entry(headerOf(path, entry), S_ISLNK(entry.mode) ? entry.target : QByteArray());
        }
        for (const auto &[path, entry] : m_tree.files())
            if (S_ISREG(entry.mode))
                isGood &= makeParents(path, made);
        // What init mounts to must exist.
        for (const char *name : {"dev", "proc", "run", "sys", "tmp", "var"})
            if (!m_tree.files().contains(name) && !made.contains(name))
                isGood &=
                    m_writer.folder(QByteArray("rootfs/") + name, qstrcmp(name, "tmp") == 0 ? 01777 : 0755);
        return isGood ? app::Result<void>() : app::Result<void>(m_file.problem());
    }

    bool wants(int layer, quint64 content) const { return m_contents.contains({layer, content}); }

    // Pieces of one content; an empty one ends it.
    app::Result<void> take(int layer, quint64 content, std::span<const char> piece) {
        const auto found = m_contents.find({layer, content});
        if (found == m_contents.end())
            return {};
        const QList<QByteArray> &paths = found->second;
        const TreeFile &entry = m_tree.files().at(paths.first());
        if (!m_isOpen) {
            if (entry.size > maxFile)
                return app::failure(u"input"_s, u"'%1' has %2; a ramdisk's file takes less than 4 GiB."_s.arg(
                                                    printableText(paths.first()), sizeText(entry.size)));
            CpioHeader header = headerOf(paths.first(), entry);
            header.size = static_cast<quint32>(entry.size);
            header.links = static_cast<quint32>(paths.size());
            header.inode = m_inode = m_writer.nextInode();
            if (!m_writer.begin(header))
                return m_file.problem();
            m_isOpen = true;
            m_left = entry.size;
        }
        if (piece.size() > m_left || (piece.empty() && m_left > 0))
            return app::failure(u"input"_s,
                                u"'%1' changed while it was read."_s.arg(printableText(paths.first())));
        m_left -= piece.size();
        if (!piece.empty())
            return m_writer.data(piece.data(), static_cast<qint64>(piece.size()))
                       ? app::Result<void>()
                       : app::Result<void>(m_file.problem());
        m_isOpen = false;
        bool isGood = m_writer.end();
        for (qsizetype i = 1; i < paths.size(); ++i) {
            CpioHeader link = headerOf(paths[i], m_tree.files().at(paths[i]));
            link.links = static_cast<quint32>(paths.size());
            link.inode = m_inode;
            isGood &= m_writer.entry(link, {});
        }
        return isGood ? app::Result<void>() : app::Result<void>(m_file.problem());
    }

    app::Result<void> finish(const QStringList &command, const QStringList &environment) {
        const bool isGood = m_writer.entry({.path = "cmd", .mode = S_IFREG | 0644}, linesOf(command)) &&
                            m_writer.entry({.path = "env", .mode = S_IFREG | 0644}, linesOf(environment)) &&
                            m_writer.finish();
        return isGood ? app::Result<void>() : app::Result<void>(m_file.problem());
    }

private:
    // Folders that the tree does not name.
    bool makeParents(const QByteArray &path, QSet<QByteArray> &made) {
        bool isGood = true;
        for (qsizetype slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            const QByteArray folder = path.left(slash);
            if (made.contains(folder) || m_tree.files().contains(folder))
                continue;
            made.insert(folder);
            isGood &= m_writer.folder("rootfs/" + folder);
        }
        return isGood;
    }

    CpioHeader headerOf(const QByteArray &path, const TreeFile &entry) const {
        return {.path = "rootfs/" + path,
                .mode = entry.mode,
                .owner = entry.owner,
                .group = entry.group,
                .modified = m_keepsTimes ? entry.modified : 0,
                .links = S_ISDIR(entry.mode) ? 2u : 1u,
                .specialMajor = entry.specialMajor,
                .specialMinor = entry.specialMinor};
    }

    FileWriter &m_file;
    CpioWriter m_writer;
    const RootTree &m_tree;
    bool m_keepsTimes;
    std::map<std::pair<int, quint64>, QList<QByteArray>> m_contents; // Paths that share each content.
    bool m_isOpen = false;
    quint64 m_left = 0;
    quint32 m_inode = 0;
};

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
        m_eif.kernelPath = m_recipe.kernelPath;
        m_eif.commandLine = m_recipe.commandLine;
        m_eif.architecture = m_recipe.architecture;
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

    static tl::unexpected<app::Error> noCommand() {
        return app::failure(u"recipe"_s,
                            u"There is no command to start: the image has neither CMD nor ENTRYPOINT; "
                            "give one with --cmd."_s);
    }

    app::Result<void> checkWords(const QStringList &command, const QStringList &environment) const {
        for (const QString &word : command + environment)
            if (word.contains(u'\n'))
                return app::failure(
                    u"recipe"_s, u"A word of the command or the environment has a line break, which the "
                                 "files cmd and env cannot hold: '%1'"_s.arg(printableText(word.toUtf8())));
        return {};
    }

    app::Result<void> writeFolder(FileWriter &file) {
        if (m_recipe.command.isEmpty())
            return noCommand();
        if (auto checked = checkWords(m_recipe.command, m_recipe.environment); !checked)
            return checked;
        const auto folder = readFolder(m_recipe.rootFolder, m_recipe.limits);
        if (!folder)
            return tl::unexpected(folder.error());
        ApplicationRamdisk ramdisk(file, folder->tree, m_recipe.keepsTimes);
        if (auto done = ramdisk.begin(); !done)
            return done;
        QByteArray piece(1024 * 1024, Qt::Uninitialized);
        for (qsizetype i = 0; i < folder->paths.size(); ++i) {
            QFile input(QFile::decodeName(folder->paths[i]));
            if (!input.open(QIODevice::ReadOnly))
                return app::failure(u"input"_s, input.errorString() + u'.', input.fileName());
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
        return ramdisk.finish(m_recipe.command, m_recipe.environment);
    }

    app::Result<void> writeImage(FileWriter &file) {
        const QString architecture =
            m_recipe.architecture == EifRecipe::Architecture::x86_64 ? u"amd64"_s : u"arm64"_s;
        const auto image =
            ContainerImage::open(m_recipe.containerImage, architecture, m_scratch.path(), m_recipe.limits);
        if (!image)
            return tl::unexpected(image.error());
        const QJsonObject config = image->config();
        QStringList command = m_recipe.command;
        if (command.isEmpty()) {
            m_result.findings = lintContainerConfig(config);
            // As nitro-cli: CMD alone, even when it is an empty list; ENTRYPOINT only without it.
            const bool hasCommand = config.value(u"Cmd").isArray();
            command = app::jsonStrings(config.value(hasCommand ? u"Cmd"_s : u"Entrypoint"_s));
            if (command.isEmpty() && !hasCommand)
                return noCommand();
        }
        const QStringList environment = app::jsonStrings(config.value(u"Env")) + m_recipe.environment;
        if (auto checked = checkWords(command, environment); !checked)
            return checked;
        if (m_eif.identity.imageName.isEmpty())
            m_eif.identity.imageName = image->name().isEmpty() ? image->title() : repositoryOf(image->name());
        if (m_eif.identity.imageVersion.isEmpty()) // as nitro-cli: the digits only
            m_eif.identity.imageVersion = image->digest().section(u':', 1);
        m_eif.identity.dockerInfo = image->inspect();
        const auto tree = image->tree();
        if (!tree)
            return tl::unexpected(tree.error());
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
        return ramdisk.finish(command, environment);
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
