// SPDX-License-Identifier: GPL-2.0-or-later
//
// Signing of documents, with or without faults.
#include "nsm-device/core/attester.hpp"

namespace nitroscope::nsm {

bool Attester::write(cbor::Writer &out, DocumentContent content, const Faults &faults, std::string &error) {
    const auto now = static_cast<std::int64_t>(content.timestampMs / 1000);
    const bool wrongRoot = faults.has(NSM_FAULT_WRONG_ROOT);
    const Chain *chain = wrongRoot ? chainUnderWrongRoot(now, error) : m_pki.chainAt(now, error);
    if (chain == nullptr)
        return false;

    Chain damaged;
    Issued expired;
    if (faults.has(NSM_FAULT_EXPIRED_LEAF)) {
        expired = (wrongRoot ? *m_wrongPki : m_pki).expiredLeaf(now);
        if (!expired) {
            error = "cannot issue an expired certificate: " + lastOpensslError();
            return false;
        }
        damaged = {chain->cabundle, toDer(expired.certificate.get()), expired.key.get()};
        chain = &damaged;
    }
    content.style = m_style;
    content.timestampMs -= std::min(faults.staleMs, content.timestampMs);
    const Damage damage{faults.has(NSM_FAULT_CORRUPT_DOCUMENT), faults.has(NSM_FAULT_CORRUPT_SIGNATURE),
                        faults.random};
    if (writeDocument(out, content, *chain, damage))
        return true;
    error = "cannot sign a document: " + lastOpensslError();
    return false;
}

const Chain *Attester::chainUnderWrongRoot(std::int64_t now, std::string &error) {
    if (!m_wrongPki) {
        Authority authority;
        authority.ca = issue(Level::root, m_subject, usualValidity(Level::root, now), nullptr);
        if (!authority.ca) {
            error = "cannot make another root: " + lastOpensslError();
            return nullptr;
        }
        m_wrongPki = std::make_unique<Pki>(m_subject, std::move(authority));
    }
    return m_wrongPki->chainAt(now, error);
}

} // namespace nitroscope::nsm
