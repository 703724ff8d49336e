// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/proxy/proxy_allow_list.hpp"

#include <algorithm>
#include <QFile>
#include <QRegularExpression>

namespace nitroscope::app {
namespace {

constexpr qint64 sizeLimit = 1 << 20;

} // namespace

Result<ProxyAllowList> ProxyAllowList::read(const QString &path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return failure(QStringLiteral("allow-list-unreadable"), file.errorString(), path);
    auto list = parse(file.read(sizeLimit));
    if (!list)
        list.error().context = path;
    return list;
}

Result<ProxyAllowList> ProxyAllowList::parse(const QByteArray &text) {
    static const QRegularExpression entry(QStringLiteral(
        R"(^\s*-\s*\{\s*address:\s*["']?([A-Za-z0-9._:-]+?)["']?\s*,\s*port:\s*(\d{1,5})\s*\}\s*$)"));
    ProxyAllowList list;
    bool hasHead = false;
    int number = 0;
    for (const QByteArray &line : text.split('\n')) {
        ++number;
        QString content = QString::fromUtf8(line);
        if (const qsizetype comment = content.indexOf(u'#'); comment >= 0)
            content.truncate(comment);
        content = content.trimmed();
        if (content.isEmpty() || content == QLatin1String("---"))
            continue;
        if (!hasHead && content == QLatin1String("allowlist:")) {
            hasHead = true;
            continue;
        }
        const auto match = entry.match(content);
        const uint port = match.captured(2).toUInt();
        if (!hasHead || !match.hasMatch() || port == 0 || port > 65535)
            return failure(
                QStringLiteral("allow-list-malformed"),
                QStringLiteral(
                    "Line %1 does not have the form \"- {address: HOST, port: PORT}\" under \"allowlist:\".")
                    .arg(number));
        list.m_entries.append({match.captured(1), quint16(port)});
    }
    return list;
}

bool ProxyAllowList::permits(const QString &host, quint16 port) const {
    return std::any_of(m_entries.begin(), m_entries.end(), [&](const Entry &entry) {
        return entry.port == port && entry.host.compare(host, Qt::CaseInsensitive) == 0;
    });
}

} // namespace nitroscope::app
