// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/ui/bytes/byte_source.hpp"

namespace nitroscope::app {

// An EIF's bytes for the hex view.
class EifByteSource : public ByteSource {
public:
    explicit EifByteSource(formats::EifDocument document) : m_document(std::move(document)) {}
    quint64 size() const override { return m_document.size(); }
    qsizetype read(quint64 offset, std::span<char> out) const override {
        return static_cast<qsizetype>(m_document.read(offset, out.data(), out.size()));
    }

private:
    formats::EifDocument m_document;
};

} // namespace nitroscope::app
