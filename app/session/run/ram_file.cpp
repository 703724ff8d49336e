// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/ram_file.hpp"

#include <QDir>
#include <QFile>

namespace nitroscope::app {
namespace {

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.read(1 << 20) : QByteArray();
}

// Fourth field of /proc/PID/stat; the second, the name, may have spaces and parentheses.
qint64 parentOf(const QString &process) {
    const QByteArray stat = contentOf(QStringLiteral("/proc/%1/stat").arg(process));
    const QList<QByteArray> words = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
    return words.size() > 1 ? words[1].toLongLong() : 0;
}

} // namespace

std::optional<QString> ramFileIn(const QByteArray &commandLine) {
    static const QByteArray key("mem-path=");
    for (const QByteArray &argument : commandLine.split('\0')) {
        const qsizetype start = argument.indexOf(key);
        if (!argument.startsWith("memory-backend-file,") || start < 0)
            continue;
        QByteArray path;
        for (qsizetype i = start + key.size(); i < argument.size(); ++i) {
            if (argument[i] == ',') { // doubled in a value
                if (i + 1 >= argument.size() || argument[i + 1] != ',')
                    break;
                ++i;
            }
            path += argument[i];
        }
        return QFile::decodeName(path);
    }
    return std::nullopt;
}

Result<QString> ramFileOf(const ProcessName &keeper) {
    const QStringList processes = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &process : processes) {
        bool isProcess = false;
        process.toLongLong(&isProcess);
        if (!isProcess || parentOf(process) != keeper.pid)
            continue;
        if (auto path = ramFileIn(contentOf(QStringLiteral("/proc/%1/cmdline").arg(process))))
            return *path;
    }
    return failure(
        QStringLiteral("no-ram-file"),
        QStringLiteral(
            "This enclave's memory is not available, because it is not in a file that can be read: "
            "the file system with the runtime folder (XDG_RUNTIME_DIR) has no room for it."));
}

} // namespace nitroscope::app
