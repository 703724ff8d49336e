// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/settings/layout_store.hpp"

#include "app/core/output/file_writer.hpp"

#include <algorithm>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr QLatin1String formatName{"nitroscope-layouts"};

tl::unexpected<Error> refuse(const QString &message) {
    return failure(u"layout-file-invalid"_s, message);
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
        return failure(u"layout-file-unreadable"_s, file.errorString(), path);
    auto store = fromJson(file.read(16 << 20));
    if (!store)
        store.error().context = path;
    return store;
}

Result<LayoutStore> LayoutStore::fromJson(const QByteArray &json) {
    QJsonParseError problem;
    const QJsonObject root = QJsonDocument::fromJson(json, &problem).object();
    if (problem.error != QJsonParseError::NoError)
        return refuse(u"The file with the window layouts is not JSON: %1."_s.arg(problem.errorString()));
    if (root[u"format"_s].toString() != formatName)
        return refuse(u"The file does not hold window layouts."_s);
    if (root[u"version"_s].toInt() != version)
        return refuse(u"The window layouts have version %1; this program reads version %2."_s
                          .arg(root[u"version"_s].toInt())
                          .arg(version));
    LayoutStore store;
    const QJsonArray layouts = root[u"layouts"_s].toArray();
    for (const QJsonValue value : layouts) {
        const QJsonObject entry = value.toObject();
        WindowLayout layout{entry[u"name"_s].toString(), decoded(entry[u"geometry"_s]),
                            decoded(entry[u"docks"_s]), entry[u"panels"_s].toObject()};
        if (layout.name.isEmpty() || layout.docks.isEmpty())
            return refuse(u"A window layout without a name or without content."_s);
        store.put(std::move(layout));
    }
    return store;
}

QByteArray LayoutStore::toJson() const {
    QJsonArray layouts;
    for (const WindowLayout &layout : m_layouts)
        layouts.append(QJsonObject{{u"name"_s, layout.name},
                                   {u"geometry"_s, QString::fromLatin1(layout.geometry.toBase64())},
                                   {u"docks"_s, QString::fromLatin1(layout.docks.toBase64())},
                                   {u"panels"_s, layout.panels}});
    return QJsonDocument(
               QJsonObject{{u"format"_s, formatName}, {u"version"_s, version}, {u"layouts"_s, layouts}})
        .toJson();
}

Result<void> LayoutStore::save(const QString &path) const {
    QDir().mkpath(QFileInfo(path).absolutePath());
    return writeFile(path, toJson());
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
