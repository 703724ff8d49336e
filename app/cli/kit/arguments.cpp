// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/arguments.hpp"

#include "app/cli/kit/shims.hpp"

#include <QCoreApplication>
#include <QFile>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

void addJsonFlag(CLI::App &command) {
    command.add_flag("--json")->description("Print JSON (it always does)");
}

bool isCalledNitroCli() {
    const Shim *shim = calledAs(QFile::encodeName(QCoreApplication::arguments().value(0)).constData());
    return shim && shim->program == Shim::Program::nitroCli;
}

QString pathOf(const std::string &argument) {
    return QFile::decodeName(argument.c_str());
}

QString textOf(const std::string &argument) {
    return QString::fromLocal8Bit(argument.data(), static_cast<qsizetype>(argument.size()));
}

} // namespace nitroscope::cli
