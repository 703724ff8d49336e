// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files that a check leaves: for what shows test results, and, when it failed, for whoever looks into it.
#pragma once

#include "app/session/check/check_run.hpp"

namespace nitroscope::cli {

// A folder for `--artifacts`, made when it is missing. It is empty again after a check that passed, and gone when it was made here.
class CheckArtifacts {
public:
    // Error "output".
    static app::Result<CheckArtifacts> make(const QString &folder);

    QString capturePath() const;
    // console.log, report.txt, diagnosis.json beside the capture.
    app::Result<void> keep(const app::CheckOutcome &outcome, const QString &name) const;
    void drop() const;

private:
    CheckArtifacts(QString folder, bool isNew) : m_folder(std::move(folder)), m_isNew(isNew) {}
    QString m_folder;
    bool m_isNew;
};

} // namespace nitroscope::cli
