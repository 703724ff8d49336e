// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/guest_memory.hpp"

#include <filesystem>
#include <QDir>
#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr std::string_view memoryLink = "/memfd:memory-backend-memfd"; // what QEMU calls it

// The administrator may look everywhere, and would be led to what another user has put there.
bool isOwn(const std::string &path) {
    struct stat found {};
    return stat(path.c_str(), &found) == 0 && found.st_uid == geteuid();
}

} // namespace

Result<QString> guestMemoryOfQemu(qint64 process) {
    const std::string folder = "/proc/" + std::to_string(process);
    std::error_code problem;
    if (isOwn(folder))
        for (std::filesystem::directory_iterator entry(folder + "/fd", problem), end;
             !problem && entry != end; entry.increment(problem)) {
            std::error_code gone; // closed meanwhile
            const std::string target = std::filesystem::read_symlink(entry->path(), gone).string();
            if (target.starts_with(memoryLink) && isOwn(entry->path().string()))
                return QString::fromStdString(entry->path().string());
        }
    return failure(
        u"no-guest-memory"_s,
        u"The memory of process %1 is not available: it runs no enclave of yours, or it has ended."_s.arg(
            process));
}

Result<QString> guestMemoryOf(const ProcessName &keeper) {
    const QStringList processes = QDir(u"/proc"_s).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &process : processes) {
        bool isProcess = false;
        const qint64 number = process.toLongLong(&isProcess);
        if (!isProcess || parentOf(number) != keeper.pid)
            continue;
        if (auto path = guestMemoryOfQemu(number))
            return path;
    }
    return failure(
        u"no-guest-memory"_s,
        u"This enclave's memory is not available: its QEMU has ended, or belongs to another user."_s);
}

} // namespace nitroscope::app
