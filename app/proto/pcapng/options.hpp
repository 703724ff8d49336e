// SPDX-License-Identifier: GPL-2.0-or-later
//
// Walks the options at the end of a block (pcapng §3.5).
#pragma once

#include "app/proto/pcapng/byte_view.hpp"
#include "qemu-machine/capture/core/pcapng.hpp"

#include <optional>

namespace nitroscope::pcapng {

struct Option {
    quint16 code = 0;
    QByteArrayView value;
};

class OptionWalker {
public:
    OptionWalker(QByteArrayView options, ByteOrder order) : m_rest(options), m_order(order) {}

    // The next option; nothing at the end, and after one that is malformed.
    std::optional<Option> next() {
        if (m_rest.isEmpty() || m_malformed)
            return std::nullopt;
        if (m_rest.size() < qsizetype(optionHeadBytes))
            return stop();
        const auto code = load<quint16>(m_rest, 0, m_order);
        const auto length = load<quint16>(m_rest, 2, m_order);
        if (code == option::end) {
            m_rest = {};
            return std::nullopt;
        }
        const std::size_t whole = optionHeadBytes + padded(length);
        if (whole > static_cast<std::size_t>(m_rest.size()))
            return stop();
        const Option found{code, m_rest.sliced(optionHeadBytes, length)};
        m_rest = m_rest.sliced(static_cast<qsizetype>(whole));
        return found;
    }
    bool isMalformed() const { return m_malformed; }

private:
    std::optional<Option> stop() {
        m_malformed = true;
        return std::nullopt;
    }

    QByteArrayView m_rest;
    ByteOrder m_order;
    bool m_malformed = false;
};

} // namespace nitroscope::pcapng
