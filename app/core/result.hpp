// SPDX-License-Identifier: GPL-2.0-or-later
//
// What an operation of the app returns when it can fail.
//
// Nothing in the app throws across a library boundary. A function that can fail returns Result<T>; the
// error is a value that a person can read (message), a program can compare (code), and that points at the
// place in the input when there is one (offset). clang 14 cannot compile libstdc++'s std::expected, hence
// tl::expected.
#pragma once

#include <optional>
#include <QString>
#include <tl/expected.hpp>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

struct Error {
    QString code;    // stable word, e.g. "runtime-folder-insecure", "qmp-line-too-long", or an E-code
    QString message; // one plain English sentence, no trailing newline
    std::optional<quint64> offset; // bytes from the start of the input the message speaks of
    QString context;               // what was being done or read: a path, a command name; may be empty

    // Everything in one line, for logs and standard error.
    QString text() const {
        QString line = context.isEmpty() ? message : context + u": "_s + message;
        if (offset)
            line += u" (at byte %1)"_s.arg(*offset);
        return line;
    }
};

template <class T>
using Result = tl::expected<T, Error>;

// `return failure("code", "what went wrong")` in a function that returns any Result<T>.
inline tl::unexpected<Error> failure(QString code, QString message, QString context = {}) {
    return tl::unexpected<Error>(
        Error{std::move(code), std::move(message), std::nullopt, std::move(context)});
}

} // namespace nitroscope::app
