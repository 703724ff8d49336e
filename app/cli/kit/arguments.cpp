// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/arguments.hpp"

#include "app/cli/kit/shims.hpp"
#include "app/core/output/visible_text.hpp"

#include <CLI/Error.hpp>
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
    QString path = QFile::decodeName(argument.c_str());
    // To Linux a name is bytes; Qt keeps names as text, out of which these would come back as others.
    if (const QByteArray again = QFile::encodeName(path); again != QByteArray(argument.c_str()))
        throw CLI::ValidationError(
            "'" + app::visibleText(QByteArrayView(argument)).toStdString() + "'",
            "a name that is not UTF-8 cannot be used here. Give the file another name, or a link to it.");
    return path;
}

QString textOf(const std::string &argument) {
    return QString::fromLocal8Bit(argument.data(), static_cast<qsizetype>(argument.size()));
}

} // namespace nitroscope::cli
