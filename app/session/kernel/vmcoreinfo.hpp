// SPDX-License-Identifier: GPL-2.0-or-later
//
// VMCOREINFO: one page of text that a kernel writes for those who read its memory after a crash (Linux,
// Documentation/admin-guide/kdump/vmcoreinfo.rst): release, addresses of a few symbols, places of the fields
// that lead to the log. It is found in RAM by its first line. Foreign bytes: a page at most, and a number
// that is none is as if it were not there.
#pragma once

#include "app/formats/guest/physical_memory.hpp"

#include <QHash>

namespace nitroscope::app {

class VmcoreInfo {
public:
    static constexpr quint64 pageBytes = 4096;

    // Nothing when the text does not begin as it must.
    static std::optional<VmcoreInfo> parse(const QByteArray &page);

    // As the kernel wrote it, without what fills the page.
    const QByteArray &text() const { return m_text; }
    QString release() const { return QString::fromUtf8(m_values.value("OSRELEASE")); }
    QByteArray buildId() const { return QByteArray::fromHex(m_values.value("BUILD-ID")); }
    // Runtime address.
    std::optional<quint64> symbol(const QByteArray &name) const;
    // Bytes: "printk_info.text_len".
    std::optional<quint64> offset(const QByteArray &field) const;
    std::optional<quint64> size(const QByteArray &type) const;
    std::optional<qint64> number(const QByteArray &name) const;
    // KERNELOFFSET, the slide; absent where the kernel does not write it.
    std::optional<quint64> slide() const;

private:
    std::optional<quint64> decimal(const QByteArray &key) const;
    std::optional<quint64> hexadecimal(const QByteArray &key) const;

    QByteArray m_text;
    QHash<QByteArray, QByteArray> m_values;
};

} // namespace nitroscope::app
