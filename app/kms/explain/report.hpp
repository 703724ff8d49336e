// SPDX-License-Identifier: GPL-2.0-or-later
//
// A decision line by line, for people and for programs: which statement, which condition, what it wants, what it
// found, and where each came from.
#pragma once

#include "app/formats/json/json_writer.hpp"
#include "app/kms/policy/evaluate.hpp"

namespace nitroscope::kms {

// "allowed", "explicit-deny", "implicit-deny"
QString verdictWord(Decision::Verdict verdict);
// One sentence: "Allowed by statement 2 of the key policy."
QString verdictSentence(const Decision &decision);

QString decisionText(const Decision &decision, const Request &request);
// The members of an object that the caller has begun.
void writeDecision(formats::JsonWriter &json, const Decision &decision, const Request &request);

} // namespace nitroscope::kms
