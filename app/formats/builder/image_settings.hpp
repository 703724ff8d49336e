// SPDX-License-Identifier: GPL-2.0-or-later
//
// Commands and variables of an enclave image: what a container image's configuration has, and what is given besides.

#pragma once

#include "app/core/result.hpp"

#include <QJsonObject>
#include <QStringList>

namespace nitroscope::formats {

// A list of texts of a container image's configuration ("Cmd"), which may be missing or null. Errors: "input".
app::Result<QStringList> wordsOf(const QJsonObject &config, const QString &key);

// The command that nitro-cli takes: CMD alone, even when it is an empty list; ENTRYPOINT only without it. Nothing when the image
// has neither. Errors: "input".
app::Result<std::optional<QStringList>> commandOf(const QJsonObject &config);

// As `docker run --env` does: a variable of the image is replaced where it stands, because getenv(3) takes the first.
QStringList withVariables(QStringList environment, const QStringList &more);

// What the files cmd and env can hold, and what is a variable. Errors: "recipe".
app::Result<void> checkWords(const QStringList &words);
app::Result<void> checkVariables(const QStringList &variables);

} // namespace nitroscope::formats
