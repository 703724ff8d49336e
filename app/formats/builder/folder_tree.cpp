// SPDX-License-Identifier: GPL-2.0-or-later
//
// A folder on this computer as a root file system; see enclave_builder.hpp.

#include "app/formats/builder/enclave_builder.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>
#include <cstring>
#include <dirent.h>
#include <QFile>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace nitroscope::formats {

namespace {

class FolderReader {
public:
    explicit FolderReader(const ContainerLimits &limits) : m_limits(limits) {}

    // `inside` is the path below the root.
    app::Result<void> read(const QByteArray &folder, const QByteArray &inside) {
        DIR *stream = ::opendir(folder.constData());
        if (!stream)
            return fail(folder);
        QList<QByteArray> names;
        while (const dirent *entry = ::readdir(stream))
            if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
                names << entry->d_name;
        ::closedir(stream);
        std::ranges::sort(names); // readdir's order is nobody's
        for (const QByteArray &name : names)
            if (auto done = add(folder + '/' + name, inside.isEmpty() ? name : inside + '/' + name); !done)
                return done;
        return {};
    }

    FolderTree take() { return std::move(m_result); }

private:
    static tl::unexpected<app::Error> fail(const QByteArray &path) {
        return app::failure(u"input"_s, QString::fromLocal8Bit(std::strerror(errno)) + u'.',
                            QFile::decodeName(path));
    }

    app::Result<void> add(const QByteArray &path, const QByteArray &inside) {
        if (m_limits.unpack.stop.stop_requested())
            return app::failure(u"cancelled"_s, u"Reading the folder was cancelled."_s);
        if (m_result.tree.files().size() > m_limits.files)
            return app::failure(u"limit"_s,
                                u"The folder has more than %1 files; raise the limit."_s.arg(m_limits.files));
        struct stat status {};
        if (::lstat(path.constData(), &status) != 0)
            return fail(path);
        TreeFile file;
        file.mode = status.st_mode;
        file.modified = static_cast<quint32>(std::max<time_t>(0, status.st_mtim.tv_sec));
        if (S_ISLNK(status.st_mode)) {
            file.target.resize(4096);
            const ssize_t length =
                ::readlink(path.constData(), file.target.data(), static_cast<size_t>(file.target.size()));
            if (length < 0)
                return fail(path);
            file.target.truncate(length);
        } else if (S_ISREG(status.st_mode)) {
            file.size = static_cast<quint64>(status.st_size);
            const auto key = std::pair(status.st_dev, status.st_ino);
            const auto known = m_links.find(key);
            file.content =
                known != m_links.end() ? known->second : static_cast<quint64>(m_result.paths.size());
            if (known == m_links.end()) {
                m_result.paths << path;
                if (status.st_nlink > 1)
                    m_links.emplace(key, file.content);
            }
        } else if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode)) {
            file.specialMajor = major(status.st_rdev);
            file.specialMinor = minor(status.st_rdev);
        } else if (!S_ISDIR(status.st_mode) && !S_ISFIFO(status.st_mode)) {
            m_result.sockets << inside;
            return {};
        }
        if (auto done = m_result.tree.add(inside, file); !done)
            return done;
        return S_ISDIR(status.st_mode) ? read(path, inside) : app::Result<void>();
    }

    const ContainerLimits &m_limits;
    FolderTree m_result;
    std::map<std::pair<dev_t, ino_t>, quint64> m_links;
};

} // namespace

app::Result<FolderTree> readFolder(const QString &path, const ContainerLimits &limits) {
    FolderReader reader(limits);
    if (auto done = reader.read(QFile::encodeName(path), {}); !done)
        return tl::unexpected(done.error());
    return reader.take();
}

} // namespace nitroscope::formats
