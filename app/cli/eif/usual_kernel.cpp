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
QString imageKernelFolder(const QString &program, const QStringList &options, std::stop_token stop) {
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
    script.start(program, options);
    const std::stop_callback atStop(stop, [&script] { script.end(0, graceMs); });
    QCoreApplication::exec();
    return hasSucceeded ? last : QString();
}

} // namespace

app::Result<QString> kernelForImages(QString name, formats::ImageArchitecture architecture,
                                     std::stop_token stop) {
    const bool isArm = architecture == formats::ImageArchitecture::aarch64;
    if (name.isEmpty())
        name = qEnvironmentVariable("NITROSCOPE_KERNEL");
    // What was installed has no sources to build one from.
    const QString script = app::demoFile("build-kernel"_L1);
    if (name == "demo"_L1 || (name.isEmpty() && script.isEmpty())) {
        const QString kernel = app::demoFile(isArm ? "arm64/Image"_L1 : "bzImage"_L1);
        if (kernel.isEmpty())
            return app::failure(
                u"kernel"_s,
                u"The demo's kernel is not there. `./workbench build%1` builds it; --kernel FILE "
                "names another one."_s.arg(isArm ? u" arm64"_s : QString()));
        say(u"Kernel: the demo's, which lacks much of what AWS's has, such as IPv6, inotify and namespaces (%1)."_s
                .arg(kernel));
        return kernel;
    }
    if (!name.isEmpty())
        return name;
    QStringList options{u"--for-images"_s};
    if (isArm)
        options << u"--arm64"_s;
    const QString folder = imageKernelFolder(script, options, std::move(stop));
    const QString kernel = folder + (isArm ? u"/Image"_s : u"/bzImage"_s);
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
