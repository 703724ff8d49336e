// SPDX-License-Identifier: GPL-2.0-or-later
//
// What commands read: files and standard input, attestation documents, PCRs.
#pragma once

#include "app/core/result.hpp"
#include "app/formats/attestation/pcr_list.hpp"
#include "app/formats/document_forms/input.hpp"

#include <optional>
#include <QByteArray>
#include <string>
#include <utility>

namespace nitroscope::cli {

// "-" is standard input. One byte more than `maxBytes` when there is more. Error: "input".
app::Result<QByteArray> readWhole(const QString &path, qsizetype maxBytes);
// The same of a file that is refused when it is larger. Errors: "input", "too-large".
app::Result<QByteArray> readWholeOf(const QString &path, qsizetype maxBytes);

// In any of the forms in which documents reach people.
app::Result<formats::attestation::Input> readDocument(const QString &path);

// Whole bytes in hex, with or without 0x.
std::optional<QByteArray> bytesOf(const std::string &text);
// "N=HEX" of the option --pcr; throws CLI::ValidationError.
std::pair<quint64, QByteArray> pcrOf(const std::string &text);

// PCR 0, 1, 2 and, of a signed one, 8. Reads all of the image.
app::Result<formats::attestation::PcrValues> pcrsOfEif(const QString &path);

} // namespace nitroscope::cli
