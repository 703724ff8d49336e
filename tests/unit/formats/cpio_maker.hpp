// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes cpio entries for tests by the description of the format, hostile ones included, and runs other
// programs to compare with. Nothing of the code under test.

#pragma once

#include <QByteArray>
#include <QProcess>
#include <QStandardPaths>

namespace nitroscope::test {

struct CpioFile {
    QByteArray path;
    QByteArray content = {};
    quint32 mode = 0100644;
    quint32 owner = 0, group = 0;
    quint32 modified = 0;
    quint32 inode = 0, links = 1;
    qint64 claimedSize = -1;     // In the header instead of the content's.
    QByteArray magic = "070701"; // Or "070702", with a checksum.
    quint32 checksum = 0;
};

inline QByteArray cpioEntry(const CpioFile &file) {
    const auto number = [](quint32 value) { return QByteArray::number(value, 16).rightJustified(8, '0'); };
    const auto padded = [](QByteArray bytes) {
        while (bytes.size() % 4 != 0)
            bytes += '\0';
        return bytes;
    };
    const auto size = static_cast<quint32>(file.claimedSize < 0 ? file.content.size() : file.claimedSize);
    QByteArray header = file.magic;
    for (const quint32 value :
         {file.inode, file.mode, file.owner, file.group, file.links, file.modified, size, 0u, 0u, 0u, 0u,
          static_cast<quint32>(file.path.size()) + 1, file.checksum})
        header += number(value);
    return padded(header + file.path + '\0') + padded(file.content);
}

inline QByteArray cpioTrailer() {
    return cpioEntry({.path = "TRAILER!!!", .mode = 0});
}

inline QByteArray cpioArchive(const QList<CpioFile> &files) {
    QByteArray archive;
    for (const CpioFile &file : files)
        archive += cpioEntry(file);
    return archive + cpioTrailer();
}

// The same files with the folders that they are in, each before them: without, the kernel leaves them out.
inline QList<CpioFile> withFolders(const QList<CpioFile> &files) {
    QList<CpioFile> all;
    const auto has = [&all](const QByteArray &path) {
        for (const CpioFile &file : all)
            if (file.path == path)
                return true;
        return false;
    };
    for (const CpioFile &file : files) {
        for (qsizetype slash = file.path.indexOf('/', 1); slash > 0;
             slash = file.path.indexOf('/', slash + 1))
            if (const QByteArray folder = file.path.first(slash); folder != "." && !has(folder))
                all.append(CpioFile{.path = folder, .mode = 040755});
        all.append(file);
    }
    return all;
}

// Output of a program; empty when it is not installed or fails.
inline QByteArray runTool(const QString &program, const QStringList &arguments, const QByteArray &input = {},
                          const QString &folder = {}) {
    if (QStandardPaths::findExecutable(program).isEmpty())
        return {};
    QProcess process;
    if (!folder.isEmpty())
        process.setWorkingDirectory(folder);
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    return process.waitForFinished(120'000) && process.exitCode() == 0 ? process.readAllStandardOutput()
                                                                       : QByteArray();
}

} // namespace nitroscope::test
