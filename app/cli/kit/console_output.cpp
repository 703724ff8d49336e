// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/console_output.hpp"

#include "app/core/output/visible_text.hpp"

#include <csignal>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
using app::LineBreaks;
using app::Written;

int printText(const QByteArray &text, int code, int failed) {
    return printBytes(app::visibleUtf8(text, LineBreaks::kept), code, failed);
}

int printJson(const QByteArray &json, int code, int failed) {
    return printBytes(app::visibleJson(json), code, failed);
}

int printBytes(const QByteArray &bytes, int code, int failed) {
    return outputCode(app::writeOutput(bytes), code, failed);
}

int outputCode(Written written, int code, int failed) {
    switch (written) {
    case Written::all:
        return code;
    case Written::readerGone:
        return bySignal + SIGPIPE;
    case Written::givenUp:
        return failed;
    case Written::failed:
        say(app::outputProblem());
        return failed;
    }
    return failed;
}

int finishOutput(int code) {
    return code == ok ? outputCode(app::closeOutput()) : code;
}

void say(const QString &text) {
    sayPlain(u"nitroscope-cli: "_s + text);
}

void sayPlain(const QString &text) {
    app::writeError(app::visibleText(text).toLocal8Bit() + '\n');
}

} // namespace nitroscope::cli
