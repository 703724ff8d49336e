// SPDX-License-Identifier: GPL-2.0-or-later
//
// Why a condition does not hold and what can be done, in sentences; what AWS never says.
#pragma once

#include "app/kms/policy/evaluate.hpp"

#include <QStringList>

namespace nitroscope::kms {

// Why the key is absent from the call.
QString absenceReason(const QString &key, const Request &request);

// Empty when there is nothing to say beyond wanted and found value: "differs from digit 3 on", "differs in case only".
QString differenceText(const ConditionResult &result);

// Of the whole decision.
QStringList adviceFor(const Decision &decision, const Request &request);

// What has a say in AWS and is not looked at here.
QStringList notModelled();

} // namespace nitroscope::kms
