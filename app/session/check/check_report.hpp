// SPDX-License-Identifier: GPL-2.0-or-later
//
// What came out of a check, for people, for programs, and for what shows test results (JUnit's XML).
#pragma once

#include "app/session/check/check_run.hpp"

namespace nitroscope::app {

// `name` is what was checked, mostly the EIF's file name.
QString checkText(const CheckOutcome &outcome, const QString &name);
QByteArray checkJson(const CheckOutcome &outcome, const QString &name);
QByteArray checkJunit(const CheckOutcome &outcome, const QString &name);

} // namespace nitroscope::app
