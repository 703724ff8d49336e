// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/runs/kept_runs.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/session/capture/save_capture.hpp"

#include <algorithm>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr QLatin1String formatName{"nitroscope-run"};
constexpr int version = 1;

QString factsPath(const QString &capture) {
    return capture.chopped(QString(u".pcapng"_s).size()) + u".json"_s;
}

QByteArray toJson(const KeptRun &run) {
    return QJsonDocument(QJsonObject{{u"format"_s, formatName},
                                     {u"version"_s, version},
                                     {u"image"_s, run.image},
                                     {u"started"_s, run.started.toString(Qt::ISODateWithMs)},
                                     {u"ended"_s, run.ended.toString(Qt::ISODateWithMs)},
                                     {u"debug-mode"_s, run.debugMode},
                                     {u"failed"_s, run.failed},
                                     {u"end"_s, run.end}})
        .toJson();
}

// Nothing when it is not what toJson() gives.
std::optional<KeptRun> fromJson(const QByteArray &json) {
    const QJsonObject root = QJsonDocument::fromJson(json).object();
    KeptRun run;
    run.image = root[u"image"_s].toString().left(KeptRuns::maxText);
    run.started = QDateTime::fromString(root[u"started"_s].toString(), Qt::ISODateWithMs);
    run.ended = QDateTime::fromString(root[u"ended"_s].toString(), Qt::ISODateWithMs);
    run.debugMode = root[u"debug-mode"_s].toBool();
    run.failed = root[u"failed"_s].toBool();
    run.end = root[u"end"_s].toString().left(KeptRuns::maxText);
    const bool isOurs = root[u"format"_s].toString() == formatName && root[u"version"_s].toInt() == version;
    return isOurs && run.started.isValid() ? std::optional(run) : std::nullopt;
}

} // namespace

Result<KeptRun> KeptRuns::keep(const CaptureBytes &bytes, quint64 size, KeptRun facts) const {
    if (!QDir().mkpath(m_folder))
        return failure(u"runs-folder"_s, u"The folder for the captures of runs cannot be made."_s, m_folder);
    QFile::setPermissions(m_folder, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    facts.capture = u"%1/%2.pcapng"_s.arg(m_folder, facts.started.toString(u"yyyyMMdd-HHmmss-zzz"_s));
    facts.bytes = size;
    if (auto saved = saveCapture(bytes, size, facts.capture, FileRole::secret); !saved)
        return tl::unexpected(saved.error());
    if (auto saved = writeFile(factsPath(facts.capture), toJson(facts), FileRole::secret); !saved) {
        QFile::remove(facts.capture);
        return tl::unexpected(saved.error());
    }
    return facts;
}

QVector<KeptRun> KeptRuns::list() const {
    QVector<KeptRun> runs;
    const QFileInfoList captures =
        QDir(m_folder).entryInfoList({u"*.pcapng"_s}, QDir::Files, QDir::Name | QDir::Reversed);
    for (const QFileInfo &capture : captures) {
        QFile file(factsPath(capture.absoluteFilePath()));
        if (!QFileInfo(file).isFile() || !file.open(QIODevice::ReadOnly))
            continue;
        auto run = fromJson(file.read(maxFacts));
        if (!run)
            continue;
        run->capture = capture.absoluteFilePath();
        run->bytes = static_cast<quint64>(capture.size());
        runs << *run;
    }
    return runs;
}

// First what makes it a run.
void KeptRuns::remove(const KeptRun &run) const {
    if (QFileInfo(run.capture).absolutePath() != QFileInfo(m_folder + u"/x"_s).absolutePath())
        return;
    QFile::remove(factsPath(run.capture));
    QFile::remove(run.capture);
}

void KeptRuns::prune(const KeptRunLimits &limits, const QDateTime &now) const {
    quint64 bytes = 0;
    int count = 0;
    for (const KeptRun &run : list()) {
        bytes += run.bytes;
        const bool isOld = run.started.daysTo(now) > limits.maxDays;
        if (++count > limits.maxRuns || bytes > limits.maxBytes || isOld)
            remove(run);
    }
}

} // namespace nitroscope::app
