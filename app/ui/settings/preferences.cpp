// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/settings/preferences.hpp"

#include "app/session/launch/vsock_options.hpp"

#include <algorithm>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

namespace nitroscope::app {
namespace {

const QString recentKey = QStringLiteral("files/recent");
const QString appearanceKey = QStringLiteral("window/appearance");
const QString launchGroup = QStringLiteral("launch/");
const QString vsockGroup = QStringLiteral("launch/vsock/");

VsockOptions readVsock(const QSettings &settings) {
    const auto value = [&](const char *key, const QVariant &otherwise = {}) {
        return settings.value(vsockGroup + QLatin1String(key), otherwise);
    };
    VsockOptions options;
    options.cid = value("cid").toULongLong();
    options.path = value("path").toString();
    options.routes = value("routes").toStringList();
    options.heartbeat = value("heartbeat").toString();
    options.heartbeatDelay = value("heartbeatDelay").toUInt();
    options.seqpacket = value("seqpacket", true).toBool();
    options.refuseCid2 = value("refuseCid2").toBool();
    options.headersOnly = value("headersOnly").toBool();
    // One that makes no sense would keep every enclave from starting.
    return checkVsockOptions(options) ? options : VsockOptions();
}

void writeVsock(QSettings &settings, const VsockOptions &options) {
    const auto set = [&](const char *key, const QVariant &value) {
        settings.setValue(vsockGroup + QLatin1String(key), value);
    };
    set("cid", options.cid);
    set("path", options.path);
    set("routes", options.routes);
    set("heartbeat", options.heartbeat);
    set("heartbeatDelay", options.heartbeatDelay);
    set("seqpacket", options.seqpacket);
    set("refuseCid2", options.refuseCid2);
    set("headersOnly", options.headersOnly);
}

} // namespace

Preferences::Preferences(const QString &folder)
    : m_folder(folder.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation)
                                : folder),
      m_settings(
          std::make_unique<QSettings>(m_folder + QStringLiteral("/preferences.ini"), QSettings::IniFormat)) {}

Preferences::~Preferences() = default;

QStringList Preferences::recentFiles() const {
    return m_settings->value(recentKey).toStringList().mid(0, recentFileLimit);
}

void Preferences::addRecentFile(const QString &path) {
    const QString absolute = QFileInfo(path).absoluteFilePath();
    QStringList files = recentFiles();
    files.removeAll(absolute);
    files.prepend(absolute);
    m_settings->setValue(recentKey, files.mid(0, recentFileLimit));
}

void Preferences::clearRecentFiles() {
    m_settings->remove(recentKey);
}

LaunchSpec Preferences::launchOptions() const {
    const auto value = [&](const char *key) { return m_settings->value(launchGroup + QLatin1String(key)); };
    LaunchSpec spec;
    spec.memoryMiB = std::min<quint64>(value("memoryMiB").toULongLong(), 1 << 20);
    spec.cpuCount = std::clamp(value("cpuCount").toUInt(), 1u, 255u);
    spec.debugMode = value("debugMode").toBool();
    spec.strict = m_settings->value(launchGroup + QStringLiteral("strict"), true).toBool();
    spec.debugger = m_settings->value(launchGroup + QStringLiteral("debugger"), false).toBool();
    spec.traceSystemCalls = value("traceSystemCalls").toBool();
    spec.firstCallsPath = value("firstCallsPath").toString();
    spec.moduleId = value("moduleId").toString();
    spec.parentRole = value("parentRole").toString();
    spec.parentId = value("parentId").toString();
    spec.append = value("append").toString();
    spec.initrdPath = value("initrdPath").toString();
    spec.qemuPath = value("qemuPath").toString();
    spec.vsock = readVsock(*m_settings);
    return spec;
}

void Preferences::setLaunchOptions(const LaunchSpec &spec) {
    const auto set = [&](const char *key, const QVariant &value) {
        m_settings->setValue(launchGroup + QLatin1String(key), value);
    };
    set("memoryMiB", spec.memoryMiB);
    set("cpuCount", spec.cpuCount);
    set("debugMode", spec.debugMode);
    set("strict", spec.strict);
    set("debugger", spec.debugger);
    set("traceSystemCalls", spec.traceSystemCalls);
    set("firstCallsPath", spec.firstCallsPath);
    set("moduleId", spec.moduleId);
    set("parentRole", spec.parentRole);
    set("parentId", spec.parentId);
    set("append", spec.append);
    set("initrdPath", spec.initrdPath);
    set("qemuPath", spec.qemuPath);
    writeVsock(*m_settings, spec.vsock);
}

QHash<QString, QString> Preferences::shortcuts() const {
    QHash<QString, QString> out;
    m_settings->beginGroup(QStringLiteral("shortcuts"));
    const QStringList keys = m_settings->childKeys();
    for (const QString &key : keys)
        out.insert(key, m_settings->value(key).toString());
    m_settings->endGroup();
    return out;
}

void Preferences::setShortcuts(const QHash<QString, QString> &shortcuts) {
    m_settings->remove(QStringLiteral("shortcuts"));
    m_settings->beginGroup(QStringLiteral("shortcuts"));
    for (auto it = shortcuts.cbegin(); it != shortcuts.cend(); ++it)
        m_settings->setValue(it.key(), it.value());
    m_settings->endGroup();
}

Appearance Preferences::appearance() const {
    const QString word = m_settings->value(appearanceKey).toString();
    if (word == QStringLiteral("light"))
        return Appearance::light;
    return word == QStringLiteral("dark") ? Appearance::dark : Appearance::system;
}

void Preferences::setAppearance(Appearance appearance) {
    static const char *const words[] = {"system", "light", "dark"};
    m_settings->setValue(appearanceKey, QLatin1String(words[static_cast<int>(appearance)]));
}

} // namespace nitroscope::app
