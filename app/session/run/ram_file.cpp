// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/ram_file.hpp"

#include <QDir>
#include <QFile>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QByteArray contentOf(const QString &path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.read(1 << 20) : QByteArray();
}

// Fourth field of /proc/PID/stat; the second, the name, may have spaces and parentheses.
qint64 parentOf(const QString &process) {
    const QByteArray stat = contentOf(u"/proc/%1/stat"_s.arg(process));
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
    const QStringList processes = QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &process : processes) {
        bool isProcess = false;
        process.toLongLong(&isProcess);
        if (!isProcess || parentOf(process) != keeper.pid)
            continue;
        if (auto path = ramFileIn(contentOf(u"/proc/%1/cmdline"_s.arg(process))))
            return *path;
    }
    return failure(u"no-ram-file"_s,
                   u"This enclave's memory is not available, because it is not in a file that can be read: "
                   "the file system with the runtime folder (XDG_RUNTIME_DIR) has no room for it."_s);
}

} // namespace nitroscope::app
