// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/settings/layout_store.hpp"

#include <algorithm>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QSaveFile>

namespace nitroscope::app {
namespace {

constexpr QLatin1String formatName{"nitroscope-layouts"};

tl::unexpected<Error> refuse(const QString &message) {
    return failure(QStringLiteral("layout-file-invalid"), message);
}

QByteArray decoded(const QJsonValue &value) {
    return QByteArray::fromBase64(value.toString().toLatin1());
}

} // namespace

Result<LayoutStore> LayoutStore::load(const QString &path) {
    QFile file(path);
    if (!file.exists())
        return LayoutStore();
    if (!file.open(QIODevice::ReadOnly))
        return failure(QStringLiteral("layout-file-unreadable"), file.errorString(), path);
    auto store = fromJson(file.read(16 << 20));
    if (!store)
        store.error().context = path;
    return store;
}

Result<LayoutStore> LayoutStore::fromJson(const QByteArray &json) {
    QJsonParseError problem;
    const QJsonObject root = QJsonDocument::fromJson(json, &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return refuse(
            QStringLiteral("The file with the window layouts is not JSON: %1.").arg(problem.errorString()));
    if (root[QStringLiteral("format")].toString() != formatName)
        return refuse(QStringLiteral("The file does not hold window layouts."));
    if (root[QStringLiteral("version")].toInt() != version)
        return refuse(QStringLiteral("The window layouts have version %1; this program reads version %2.")
                          .arg(root[QStringLiteral("version")].toInt())
                          .arg(version));
    LayoutStore store;
    const QJsonArray layouts = root[QStringLiteral("layouts")].toArray();
    for (const QJsonValue value : layouts) {
        const QJsonObject entry = value.toObject();
        WindowLayout layout{
            entry[QStringLiteral("name")].toString(), decoded(entry[QStringLiteral("geometry")]),
            decoded(entry[QStringLiteral("docks")]), entry[QStringLiteral("panels")].toObject()};
        if (layout.name.isEmpty() || layout.docks.isEmpty())
            return refuse(QStringLiteral("A window layout without a name or without content."));
        store.put(std::move(layout));
    }
    return store;
}

QByteArray LayoutStore::toJson() const {
    QJsonArray layouts;
    for (const WindowLayout &layout : m_layouts)
        layouts.append(
            QJsonObject{{QStringLiteral("name"), layout.name},
                        {QStringLiteral("geometry"), QString::fromLatin1(layout.geometry.toBase64())},
                        {QStringLiteral("docks"), QString::fromLatin1(layout.docks.toBase64())},
                        {QStringLiteral("panels"), layout.panels}});
    return QJsonDocument(QJsonObject{{QStringLiteral("format"), formatName},
                                     {QStringLiteral("version"), version},
                                     {QStringLiteral("layouts"), layouts}})
        .toJson();
}

Result<void> LayoutStore::save(const QString &path) const {
    QDir().mkpath(QFileInfo(path).absolutePath());
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(toJson()) < 0 || !file.commit())
        return failure(QStringLiteral("layout-file-not-written"), file.errorString(), path);
    return {};
}

const WindowLayout *LayoutStore::find(const QString &name) const {
    const auto at =
        std::find_if(m_layouts.cbegin(), m_layouts.cend(), [&](const auto &l) { return l.name == name; });
    return at == m_layouts.cend() ? nullptr : &*at;
}

void LayoutStore::put(WindowLayout layout) {
    const auto at = std::find_if(m_layouts.begin(), m_layouts.end(),
                                 [&](const auto &l) { return l.name == layout.name; });
    if (at == m_layouts.end())
        m_layouts.push_back(std::move(layout));
    else
        *at = std::move(layout);
}

bool LayoutStore::remove(const QString &name) {
    return std::erase_if(m_layouts, [&](const auto &layout) { return layout.name == name; }) > 0;
}

} // namespace nitroscope::app
