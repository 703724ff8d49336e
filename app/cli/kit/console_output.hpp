// SPDX-License-Identifier: GPL-2.0-or-later
//
// What commands print. Standard output is checked to its last byte (app/core/output/standard_output.hpp), and the exit
// code follows from it. Text and JSON go out with everything foreign in them spelled out
// (app/core/output/visible_text.hpp); bytes go out as they are.
#pragma once

#include "app/cli/kit/exit_code.hpp"
#include "app/core/output/standard_output.hpp"

#include <QByteArray>
#include <QString>

namespace nitroscope::cli {

// All three: `code` when everything was written; as a program dies of SIGPIPE when the reader has gone, without a
// word; else `failed`, and standard error says why.
int printText(const QByteArray &text, int code = ok,
              int failed = refused); // lines of ours, names of others in them
int printJson(const QByteArray &json, int code = ok, int failed = refused);
int printBytes(const QByteArray &bytes, int code = ok, int failed = refused); // a guest's console, PEM
// The same for what app::writeOutput() said.
int outputCode(app::Written written, int code = ok, int failed = refused);
// At the end of main(): `code`, unless standard output fails only now.
int finishOutput(int code);

// "nitroscope-cli: text" on standard error, in one line whatever the text is.
void say(const QString &text);
// The same without our name: for lines that nitro-cli prints and scripts may look for.
void sayPlain(const QString &text);

} // namespace nitroscope::cli
