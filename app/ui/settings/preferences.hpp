// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the window remembers between runs, in one INI file in the user's configuration folder: recent files,
// launch options, changed shortcuts, appearance. Values read back are checked, because the file may have been
// edited.
#pragma once

#include "app/session/launch/launch_spec.hpp"

#include <memory>
#include <QHash>
#include <QStringList>

class QSettings;

namespace nitroscope::app {

enum class Appearance { system, light, dark };

class Preferences {
public:
    static constexpr int recentFileLimit = 10;

    // `folder` holds the file; empty = the user's configuration folder of this program.
    explicit Preferences(const QString &folder = {});
    ~Preferences();

    QString folder() const { return m_folder; }

    QStringList recentFiles() const;
    void addRecentFile(const QString &path);
    void clearRecentFiles();

    // Everything but the EIF's path.
    LaunchSpec launchOptions() const;
    void setLaunchOptions(const LaunchSpec &spec);

    // Action id → shortcut in portable text; only those that differ from the default.
    QHash<QString, QString> shortcuts() const;
    void setShortcuts(const QHash<QString, QString> &shortcuts);

    Appearance appearance() const;
    void setAppearance(Appearance appearance);

private:
    QString m_folder;
    std::unique_ptr<QSettings> m_settings;
};

} // namespace nitroscope::app
