// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/eif/usual_kernel.hpp"

#include "app/cli/kit/console_output.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <QCoreApplication>
#include <QFileInfo>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

// The folder of the kernel for images; empty when it has not been built. The script reads no network and writes nothing.
QString imageKernelFolder(const QString &script) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return {};
    QByteArray program = script.toLocal8Bit(), purpose = "--for-images"_ba, question = "--where"_ba;
    char *arguments[] = {program.data(), purpose.data(), question.data(), nullptr};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const bool isStarted =
        posix_spawn(&child, program.constData(), &actions, nullptr, arguments, environ) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    QByteArray said;
    std::array<char, 4096> bytes{};
    for (ssize_t count;
         (count = read(ends[0], bytes.data(), bytes.size())) > 0 || (count < 0 && errno == EINTR);)
        said.append(bytes.data(), qMax<ssize_t>(count, 0));
    close(ends[0]);
    int status = 0;
    while (isStarted && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!isStarted || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return {};
    return QString::fromLocal8Bit(said.trimmed());
}

} // namespace

QString usualKernel() {
    const QString demo = QCoreApplication::applicationDirPath() + u"/../demo/"_s;
    const QString folder = imageKernelFolder(QFileInfo(demo + u"build-kernel"_s).absoluteFilePath());
    if (const QString kernel = folder + u"/bzImage"_s; !folder.isEmpty() && QFileInfo::exists(kernel)) {
        // The folder's name is the version and a hash of what went in.
        say(u"Kernel: Linux %1 with what AWS's has (%2)."_s.arg(
            QFileInfo(folder).fileName().section(u'-', 0, -2), kernel));
        return kernel;
    }
    const QString kernel = QFileInfo(demo + u"bzImage"_s).canonicalFilePath();
    if (!kernel.isEmpty())
        say(u"Kernel: the demo's, which lacks much of AWS's, such as IPv6, inotify and namespaces (%1). "
            "`tests/enclave/build-kernel --for-images` builds one that has it, and is taken from then on."_s
                .arg(kernel));
    return kernel;
}

} // namespace nitroscope::cli
