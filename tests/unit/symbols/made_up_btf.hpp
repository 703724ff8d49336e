// SPDX-License-Identifier: GPL-2.0-or-later
//
// BTF made up type by type, for tests (Linux, Documentation/bpf/btf.rst).
#pragma once

#include <cstring>
#include <QByteArray>

namespace nitroscope::test {

class BtfWriter {
public:
    static constexpr quint32 kindInt = 1, kindPointer = 2, kindArray = 3, kindStruct = 4, kindUnion = 5,
                             kindTypedef = 8, kindConst = 10;

    BtfWriter() : m_strings(1, '\0') {}

    quint32 text(const QByteArray &name) {
        if (name.isEmpty())
            return 0;
        const auto at = quint32(m_strings.size());
        m_strings += name + '\0';
        return at;
    }
    // The id of the new type.
    quint32 add(const QByteArray &name, quint32 kind, quint32 count, quint32 sizeOrType,
                const QVector<quint32> &tail = {}, bool kindFlag = false) {
        for (const quint32 word : {text(name), kind << 24 | count | (kindFlag ? 0x80000000 : 0), sizeOrType})
            put(m_types, word);
        for (const quint32 word : tail)
            put(m_types, word);
        return ++m_count;
    }
    QByteArray bytes() const {
        QByteArray out;
        put(out, quint32(0xeb9f | 1 << 16)); // magic, version 1, no flags
        for (const quint32 word : {quint32(24), quint32(0), quint32(m_types.size()), quint32(m_types.size()),
                                   quint32(m_strings.size())})
            put(out, word);
        return out + m_types + m_strings;
    }

private:
    static void put(QByteArray &out, quint32 word) {
        out.append(reinterpret_cast<const char *>(&word), sizeof word);
    }

    QByteArray m_types, m_strings;
    quint32 m_count = 0;
};

} // namespace nitroscope::test
