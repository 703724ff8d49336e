// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/settings/preferences.hpp"

#include "app/session/launch/launch_options.hpp"

#include <algorithm>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

const QString recentKey = u"files/recent"_s;
const QString appearanceKey = u"window/appearance"_s;

// The file has texts only.
QVariant typed(const LaunchOption &option, const QVariant &value) {
    if (option.isSwitch())
        return value.toBool();
    if (option.isNumber())
        return value.toLongLong();
    if (option.kind == OptionKind::list)
        return value.toStringList();
    return value.toString();
}

bool isOfVsock(const LaunchOption &option) {
    return QLatin1String(option.key).startsWith("launch/vsock/"_L1);
}

} // namespace

Preferences::Preferences(const QString &folder)
    : m_folder(folder.isEmpty() ? QStandardPaths::writableLocation(QStandardPaths::AppConfigLocation)
                                : folder),
      m_settings(std::make_unique<QSettings>(m_folder + u"/preferences.ini"_s, QSettings::IniFormat)) {}

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
    LaunchSpec spec;
    bool isVsockPossible = true;
    for (const LaunchOption &option : app::launchOptions()) {
        const QVariant kept = m_settings->value(QLatin1String(option.key));
        const QVariant value = typed(option, kept);
        const bool isUnset = !kept.isValid() || value == valueOf(option, spec) ||
                             (option.kind == OptionKind::word && value.toString().isEmpty());
        if (!option.isIn(remembered) || isUnset || setValue(option, spec, value))
            continue;
        if (isOfVsock(option))
            isVsockPossible = false;
        else if (option.isNumber())
            (void)setValue(option, spec, std::clamp<qint64>(value.toLongLong(), option.min, option.max));
    }
    // One that makes no sense would keep every enclave from starting.
    if (!isVsockPossible)
        spec.vsock = {};
    return spec;
}

void Preferences::setLaunchOptions(const LaunchSpec &spec) {
    for (const LaunchOption &option : app::launchOptions())
        if (option.isIn(remembered))
            m_settings->setValue(QLatin1String(option.key), valueOf(option, spec));
}

QHash<QString, QString> Preferences::shortcuts() const {
    QHash<QString, QString> out;
    m_settings->beginGroup(u"shortcuts"_s);
    const QStringList keys = m_settings->childKeys();
    for (const QString &key : keys)
        out.insert(key, m_settings->value(key).toString());
    m_settings->endGroup();
    return out;
}

void Preferences::setShortcuts(const QHash<QString, QString> &shortcuts) {
    m_settings->remove(u"shortcuts"_s);
    m_settings->beginGroup(u"shortcuts"_s);
    for (auto it = shortcuts.cbegin(); it != shortcuts.cend(); ++it)
        m_settings->setValue(it.key(), it.value());
    m_settings->endGroup();
}

Appearance Preferences::appearance() const {
    const QString word = m_settings->value(appearanceKey).toString();
    if (word == u"light"_s)
        return Appearance::light;
    return word == u"dark"_s ? Appearance::dark : Appearance::system;
}

void Preferences::setAppearance(Appearance appearance) {
    static const char *const words[] = {"system", "light", "dark"};
    m_settings->setValue(appearanceKey, QLatin1String(words[static_cast<int>(appearance)]));
}

} // namespace nitroscope::app
