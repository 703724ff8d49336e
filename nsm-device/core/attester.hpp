// SPDX-License-Identifier: GPL-2.0-or-later
//
// From a request for attestation to a signed document: the module's chain, the payload style and the faults
// that concern documents.
#pragma once

#include "nsm-device/core/document.hpp"
#include "nsm-device/core/faults.hpp"
#include "nsm-device/pki/pki.hpp"

#include <memory>

namespace nitroscope::nsm {

class Attester {
public:
    Attester(const Subject &subject, Pki::Source source, PayloadStyle style)
        : m_subject(subject), m_pki(subject, std::move(source)), m_style(style) {}

    Pki &pki() { return m_pki; }
    const Pki &pki() const { return m_pki; }

    // Writes the document as a byte string. `content` needs no style. False with a sentence in `error`.
    bool write(cbor::Writer &out, DocumentContent content, const Faults &faults, std::string &error);

private:
    const Chain *chainUnderWrongRoot(std::int64_t now, std::string &error);

    Subject m_subject;
    Pki m_pki;
    PayloadStyle m_style;
    std::unique_ptr<Pki> m_wrongPki; // made when first asked for
};

} // namespace nitroscope::nsm
