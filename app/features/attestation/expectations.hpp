// SPDX-License-Identifier: GPL-2.0-or-later
//
// What somebody expects of an attestation document: PCRs, nonce, user data, a root of their own, a time.
#pragma once

#include "app/formats/attestation/pcr_list.hpp"

#include <optional>
#include <QString>

namespace nitroscope::app {

struct DocumentExpectations {
    formats::attestation::PcrValues pcrs; // none: those of the image that runs, if one does
    std::optional<QByteArray> nonce, userData;
    QString root;                    // file of certificates; empty: what is chosen in the panel
    std::optional<qint64> atSeconds; // since 1970, UTC; nothing: what is chosen in the panel

    bool isEmpty() const { return pcrs.empty() && !nonce && !userData && root.isEmpty() && !atSeconds; }
};

} // namespace nitroscope::app
