// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is wrong with a stream, tied to the bytes. Bounded: a hostile file has more faults than anybody reads.
#pragma once

#include <QString>
#include <vector>

namespace nitroscope::pcapng {

struct Diagnostic {
    quint64 offset = 0; // bytes from the start of the stream
    QString message;    // one sentence without the offset
};

class Diagnostics {
public:
    static constexpr std::size_t limit = 64;

    void add(quint64 offset, const QString &message) {
        if (m_list.size() < limit)
            m_list.push_back({offset, message});
        else
            ++m_more;
    }
    const std::vector<Diagnostic> &list() const { return m_list; }
    quint64 more() const { return m_more; } // how many are not in the list
    bool isEmpty() const { return m_list.empty(); }

private:
    std::vector<Diagnostic> m_list;
    quint64 m_more = 0;
};

} // namespace nitroscope::pcapng
