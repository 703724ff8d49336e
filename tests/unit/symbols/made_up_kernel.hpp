// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes a kallsyms table in any of the layouts that Linux has had (scripts/kallsyms.c of the versions
// named), for kernels that cannot be had here.
#pragma once

#include <QByteArray>
#include <QtEndian>
#include <QVector>

namespace nitroscope::test {

enum class Layout { v4_4, v4_14, v4_20, v6_2, v6_4, v6_15, v7_0 };

struct MadeUpSymbol {
    quint64 address;
    char type;
    QByteArray name;
};

class MadeUpKernel {
public:
    // Symbols must be sorted by address; 0xffffffff81000000 is where the bytes are in memory.
    static constexpr quint64 base = 0xffffffff81000000;

    static QVector<MadeUpSymbol> someSymbols(int count, bool perCpu) {
        QVector<MadeUpSymbol> symbols;
        if (perCpu)
            for (int i = 0; i < 20; ++i)
                symbols.append({quint64(i) * 64, 'A', "percpu_" + QByteArray::number(i)});
        for (int i = 0; i < count; ++i)
            symbols.append(
                {base + quint64(i) * 48, i % 3 ? 't' : 'D', "function_number_" + QByteArray::number(i)});
        return symbols;
    }

    MadeUpKernel(Layout layout, const QVector<MadeUpSymbol> &symbols) : m_layout(layout), m_symbols(symbols) {
        makeTokens();
        bytes = QByteArray(4096, '\xcc'); // code
        const bool addressesFirst = layout < Layout::v6_4;
        if (addressesFirst)
            putAddresses();
        align();
        put(quint64(symbols.size()), layout < Layout::v4_20 ? 8 : 4);
        putNames();
        if (layout == Layout::v6_2)
            putSequence();
        align();
        putTokens();
        if (!addressesFirst) {
            putAddresses();
            putSequence();
        }
        bytes += QByteArray(1024, '\xcc');
    }

    QByteArray bytes;

private:
    void align() { bytes.append((8 - bytes.size() % 8) % 8, '\0'); }
    void put(quint64 value, int width) {
        for (int i = 0; i < width; ++i)
            bytes.append(char(value >> (8 * i)));
    }

    // Characters stand for themselves; two unused numbers stand for longer texts.
    void makeTokens() {
        for (int i = 0; i < 256; ++i)
            m_tokens.append(QByteArray(1, char(i ? i : 1)));
        m_tokens[0] = "function_";
        m_tokens[200] = "number_";
    }

    void putAddresses() {
        align();
        const bool absolute = m_layout == Layout::v4_4;
        const quint64 start = base + quint64(bytes.size());
        for (int i = 0; i < m_symbols.size(); ++i) {
            const quint64 address = m_symbols[i].address;
            if (absolute)
                put(address, 8);
            else if (m_layout == Layout::v7_0)
                put(address - (start + 4 * quint64(i)), 4);
            else if (m_layout == Layout::v6_15)
                put(address - base, 4);
            else
                put(address < base ? address : base - 1 - address, 4);
        }
        align();
        if (!absolute && m_layout != Layout::v7_0)
            put(base, 8);
    }

    void putNames() {
        align();
        QVector<quint64> markers;
        const qsizetype start = bytes.size();
        for (int i = 0; i < m_symbols.size(); ++i) {
            if (i % 256 == 0)
                markers.append(quint64(bytes.size() - start));
            QByteArray text = m_symbols[i].type + m_symbols[i].name;
            text.replace("function_", QByteArray(1, '\0'));
            text.replace("number_", "\xc8");
            if (text.size() < 128) {
                bytes.append(char(text.size()));
            } else {
                bytes.append(char(0x80 | (text.size() & 0x7f)));
                bytes.append(char(text.size() >> 7));
            }
            bytes += text;
        }
        align();
        for (const quint64 marker : markers)
            put(marker, m_layout < Layout::v4_20 ? 8 : 4);
    }

    void putSequence() {
        align();
        for (int i = 0; i < m_symbols.size(); ++i) {
            bytes.append(char(i >> 16));
            bytes.append(char(i >> 8));
            bytes.append(char(i));
        }
    }

    void putTokens() {
        QByteArray index;
        const qsizetype start = bytes.size();
        for (const QByteArray &token : m_tokens) {
            const auto offset = quint16(bytes.size() - start);
            index.append(char(offset)).append(char(offset >> 8));
            bytes += token;
            bytes += '\0';
        }
        align();
        bytes += index;
        align();
    }

    Layout m_layout;
    QVector<MadeUpSymbol> m_symbols;
    QVector<QByteArray> m_tokens;
};

} // namespace nitroscope::test
