// SPDX-License-Identifier: GPL-2.0-or-later
//
// `shims FOLDER`: AWS's names for this program, as links in a folder that is put first in PATH. Scripts for a parent instance
// then run here as they are.
#include "app/cli/kit/shims.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/core/result.hpp"

#include <cerrno>
#include <cstring>
#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <unistd.h>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

enum class LinkState { ours, absent, foreign };

LinkState stateOf(const QString &link, const QString &program) {
    const QFileInfo info(link);
    if (!info.exists() && !info.isSymLink())
        return LinkState::absent;
    return info.isSymLink() && info.symLinkTarget() == program ? LinkState::ours : LinkState::foreign;
}

// What is there under the name and is not ours stays.
app::Result<void> makeLink(const QString &link, const QString &program) {
    switch (stateOf(link, program)) {
    case LinkState::ours:
        return {};
    case LinkState::foreign:
        return app::failure(
            u"shim"_s, u"There is something else at this place already; remove it, or name another folder."_s,
            link);
    case LinkState::absent:
        break;
    }
    if (::symlink(QFile::encodeName(program).constData(), QFile::encodeName(link).constData()) != 0)
        return app::failure(u"shim"_s, QString::fromLocal8Bit(std::strerror(errno)), link);
    return {};
}

int makeShims(const QString &folder) {
    const QString program = QCoreApplication::applicationFilePath();
    if (!QDir().mkpath(folder)) {
        say(u"The folder %1 cannot be made."_s.arg(folder));
        return refused;
    }
    QString made;
    for (const Shim &shim : shims()) {
        const QString link = QDir(folder).absoluteFilePath(QLatin1String(shim.name));
        if (const auto linked = makeLink(link, program); !linked) {
            say(linked.error().text());
            return refused;
        }
        made += u"%1  %2\n"_s.arg(link, QLatin1String(shim.meaning));
    }
    return printText((made + u"Put the folder first in the search path: export PATH=%1:$PATH\n"_s.arg(
                                 QDir(folder).absolutePath()))
                         .toUtf8());
}

} // namespace

void addShims(CLI::App &parser, int &code) {
    CLI::App *command = parser.add_subcommand(
        "shims", "Make links with the names of AWS's programs for scripts that call those");
    auto folder = std::make_shared<std::string>();
    command->add_option("FOLDER", *folder, "Folder for the links; put it first in PATH")->required();
    std::string footer = "Names:\n";
    for (const Shim &shim : shims())
        footer += "  " + std::string(shim.name) + std::string(30 - std::strlen(shim.name), ' ') +
                  shim.meaning + '\n';
    command->footer(footer);
    command->callback([folder, &code] { code = makeShims(pathOf(*folder)); });
}

} // namespace nitroscope::cli
