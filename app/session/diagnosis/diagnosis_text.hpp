// SPDX-License-Identifier: GPL-2.0-or-later
//
// A diagnosis for people and for programs.
#pragma once

#include "app/session/diagnosis/diagnosis.hpp"

namespace nitroscope::formats {
class JsonWriter;
}

namespace nitroscope::app {

// Paragraphs, each with what it stands on and what to do; foreign text in it is spelled out. Empty for no causes.
QString diagnosisText(const QVector<Cause> &causes);
// An array: {"Code", "Cause", "Advice", "Grounds": [{"Where", "Text", "Rule"?, "Offset"?}]}.
void writeDiagnosis(formats::JsonWriter &json, const QVector<Cause> &causes);

} // namespace nitroscope::app
