// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/eif/usual_kernel.hpp"

#include "app/cli/kit/console_output.hpp"
#include "app/core/child_process.hpp"
#include "app/core/program_locations.hpp"

#include <QCoreApplication>
#include <QFileInfo>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

// The folder of the kernel for images, which is the script's last line; empty when it cannot be had.
QString imageKernelFolder(const QString &program, std::stop_token stop) {
    constexpr int graceMs = 5000;
    app::ChildProcess script;
    QObject listener;
    QString last;
    bool hasSucceeded = false;
    QObject::connect(&script, &app::ChildProcess::errorLine, &listener, [&last](const QString &line) {
        if (!last.isEmpty())
            sayPlain(last);
        else if (!line.startsWith(u'/'))
            say(u"The kernel for images is built once, which takes minutes; --kernel demo takes the demo's, which is there."_s);
        last = line;
    });
    QObject::connect(
        &script, &app::ChildProcess::failedToStart, &listener,
        [&](const QString &why) {
            say(why);
            QCoreApplication::quit();
        },
        Qt::QueuedConnection); // perhaps within start()
    QObject::connect(&script, &app::ChildProcess::finished, &listener, [&](const app::ProcessEnd &end) {
        hasSucceeded = end.signal == 0 && end.exitCode == 0;
        if (!hasSucceeded)
            sayPlain(last);
        QCoreApplication::quit();
    });
    script.start(program, {u"--for-images"_s});
    const std::stop_callback atStop(stop, [&script] { script.end(0, graceMs); });
    QCoreApplication::exec();
    return hasSucceeded ? last : QString();
}

} // namespace

app::Result<QString> kernelForImages(QString name, std::stop_token stop) {
    if (name.isEmpty())
        name = qEnvironmentVariable("NITROSCOPE_KERNEL");
    // What was installed has no sources to build one from.
    const QString script = app::demoFile("build-kernel"_L1);
    if (name == "demo"_L1 || (name.isEmpty() && script.isEmpty())) {
        const QString kernel = app::demoFile("bzImage"_L1);
        if (kernel.isEmpty())
            return app::failure(
                u"kernel"_s, u"The demo's kernel is not there. `./workbench build` builds it; --kernel FILE "
                             "names another one."_s);
        say(u"Kernel: the demo's, which lacks much of what AWS's has, such as IPv6, inotify and namespaces (%1)."_s
                .arg(kernel));
        return kernel;
    }
    if (!name.isEmpty())
        return name;
    const QString folder = imageKernelFolder(script, std::move(stop));
    const QString kernel = folder + u"/bzImage"_s;
    if (folder.isEmpty() || !QFileInfo::exists(kernel))
        return app::failure(
            u"kernel"_s,
            u"No kernel was named, and the one for images could not be built. Name one with --kernel FILE, "
            "or take the demo's with --kernel demo."_s);
    // The folder's name is the version and a hash of what went in.
    say(u"Kernel: Linux %1 with what AWS's has (%2)."_s.arg(QFileInfo(folder).fileName().section(u'-', 0, -2),
                                                            kernel));
    return kernel;
}

} // namespace nitroscope::cli
