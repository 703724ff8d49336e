// SPDX-License-Identifier: GPL-2.0-or-later
//
// Documents and verdicts as text for people and as JSON for programs. The JSON's schema is described in
// docs/cli-json.md: fields are only ever added to it.

#pragma once

#include "app/formats/attestation/document.hpp"
#include "app/formats/attestation/verdict.hpp"
#include "app/formats/document_forms/input.hpp"

namespace nitroscope::formats::attestation {

QByteArray documentJson(const Document &document, const Input &input);
QByteArray verificationJson(const Document &document, const Verification &verification);

// The tree, two spaces per level, with what is wrong below each value.
QString documentText(const Document &document);
// One line per check and the verdict at the end.
QString verificationText(const Document &document, const Verification &verification);

} // namespace nitroscope::formats::attestation
