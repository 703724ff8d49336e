// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/check/check_files.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/session/check/check_report.hpp"

#include <QDir>
#include <QFile>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

app::Result<CheckArtifacts> CheckArtifacts::make(const QString &folder) {
    const QString path = QDir(folder).absolutePath();
    const bool isNew = !QDir(path).exists();
    if (isNew && !QDir().mkpath(path))
        return app::failure(u"output"_s, u"This folder cannot be made."_s, path);
    return CheckArtifacts(path, isNew);
}

QString CheckArtifacts::capturePath() const {
    return m_folder + u"/capture.pcapng"_s;
}

app::Result<void> CheckArtifacts::keep(const app::CheckOutcome &outcome, const QString &name) const {
    const std::pair<const char *, QByteArray> files[] = {
        {"console.log", outcome.story.console},
        {"report.txt", app::checkText(outcome, name).toUtf8()},
        {"report.json", app::checkJson(outcome, name)},
    };
    for (const auto &[file, content] : files)
        if (const auto written = app::writeFile(m_folder + u'/' + QLatin1String(file), content); !written)
            return written;
    return {};
}

void CheckArtifacts::drop() const {
    QFile::remove(capturePath());
    if (m_isNew)
        QDir().rmdir(m_folder);
}

} // namespace nitroscope::cli
