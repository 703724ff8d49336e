// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/kernel/vmcoreinfo.hpp"

namespace nitroscope::app {

std::optional<VmcoreInfo> VmcoreInfo::parse(const QByteArray &page) {
    const QByteArray text =
        page.first(qsizetype(qstrnlen(page.constData(), size_t(qMin<qsizetype>(page.size(), pageBytes)))));
    static const QByteArray first("OSRELEASE=");
    // The format string of the same text is in the kernel, too.
    if (!text.startsWith(first) || text.size() <= first.size() || text[first.size()] < '0' ||
        text[first.size()] > '9')
        return std::nullopt;
    VmcoreInfo info;
    info.m_text = text;
    for (const QByteArray &line : text.split('\n')) {
        const qsizetype equals = line.indexOf('=');
        if (equals > 0)
            info.m_values.insert(line.first(equals), line.mid(equals + 1));
    }
    return info;
}

std::optional<quint64> VmcoreInfo::decimal(const QByteArray &key) const {
    bool isNumber = false;
    const quint64 value = m_values.value(key).toULongLong(&isNumber, 10);
    return isNumber ? std::optional(value) : std::nullopt;
}

std::optional<quint64> VmcoreInfo::hexadecimal(const QByteArray &key) const {
    bool isNumber = false;
    const quint64 value = m_values.value(key).toULongLong(&isNumber, 16);
    return isNumber ? std::optional(value) : std::nullopt;
}

std::optional<quint64> VmcoreInfo::symbol(const QByteArray &name) const {
    return hexadecimal("SYMBOL(" + name + ')');
}

std::optional<quint64> VmcoreInfo::offset(const QByteArray &field) const {
    return decimal("OFFSET(" + field + ')');
}

std::optional<quint64> VmcoreInfo::size(const QByteArray &type) const {
    return decimal("SIZE(" + type + ')');
}

std::optional<qint64> VmcoreInfo::number(const QByteArray &name) const {
    bool isNumber = false;
    const qint64 value = m_values.value("NUMBER(" + name + ')').toLongLong(&isNumber, 10);
    return isNumber ? std::optional(value) : std::nullopt;
}

std::optional<quint64> VmcoreInfo::slide() const {
    return hexadecimal("KERNELOFFSET");
}

} // namespace nitroscope::app
