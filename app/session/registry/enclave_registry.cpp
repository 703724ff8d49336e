// SPDX-License-Identifier: GPL-2.0-or-later
//
// See enclave_registry.hpp.
#include "app/session/registry/enclave_registry.hpp"

#include "app/core/json_strings.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/core/runtime_folder.hpp"
#include "app/session/registry/free_cid.hpp"
#include "qemu-machine/launch/limits.h"

#include <algorithm>
#include <QDir>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QSet>
#include <unistd.h>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr auto recordName = "/record.json";
// More than any record that we write: maxWarnings of maxTextLength, and paths, with every character escaped.
constexpr qint64 maxRecordBytes = 1024 * 1024;

// What the machine and the system say has no limit of its own, and a record is read as a whole.
QString shortened(const QString &text) {
    return text.size() <= EnclaveRecord::maxTextLength
               ? text
               : text.left(EnclaveRecord::maxTextLength - 1) + QChar(0x2026);
}

QJsonObject toJson(const EnclaveRecord &record) {
    QJsonArray cpus;
    for (const unsigned cpu : record.cpuIds)
        cpus.append(int(cpu));
    QJsonObject json{{u"name"_s, record.name},
                     {u"id"_s, record.id},
                     {u"pid"_s, record.process.pid},
                     // As text: JSON numbers are doubles.
                     {u"start-ticks"_s, QString::number(record.process.startTicks)},
                     {u"cid"_s, QString::number(record.cid)},
                     {u"cpus"_s, cpus},
                     {u"memory-mib"_s, qint64(record.memoryMiB)},
                     {u"eif"_s, record.eifPath},
                     {u"debug-mode"_s, record.debugMode},
                     {u"is-started"_s, record.isStarted},
                     {u"measurements"_s, record.measurements},
                     {u"started"_s, record.started.toString(Qt::ISODateWithMs)}};
    if (!record.recording.isEmpty())
        json.insert(u"recording"_s, record.recording);
    QJsonArray warnings;
    for (const QString &warning :
         record.warnings.first(qMin(record.warnings.size(), EnclaveRecord::maxWarnings)))
        warnings.append(shortened(warning));
    if (!warnings.isEmpty())
        json.insert(u"warnings"_s, warnings);
    if (record.ended.isValid()) {
        json.insert(u"ended"_s, record.ended.toString(Qt::ISODateWithMs));
        json.insert(u"end"_s, shortened(record.end));
        json.insert(u"exit-code"_s, record.exitCode);
    }
    return json;
}

EnclaveRecord fromJson(const QJsonObject &json) {
    EnclaveRecord record;
    record.name = json.value(u"name").toString();
    record.id = json.value(u"id").toString();
    record.process = {json.value(u"pid").toInteger(), json.value(u"start-ticks").toString().toULongLong()};
    record.cid = json.value(u"cid").toString().toULongLong();
    for (const QJsonValue cpu : json.value(u"cpus").toArray())
        record.cpuIds.append(unsigned(cpu.toInt()));
    record.memoryMiB = quint64(json.value(u"memory-mib").toInteger());
    record.eifPath = json.value(u"eif").toString();
    record.recording = json.value(u"recording").toString();
    record.debugMode = json.value(u"debug-mode").toBool();
    record.isStarted = json.value(u"is-started").toBool();
    record.measurements = json.value(u"measurements").toObject();
    record.warnings = jsonStrings(json.value(u"warnings"));
    record.started = QDateTime::fromString(json.value(u"started").toString(), Qt::ISODateWithMs);
    record.ended = QDateTime::fromString(json.value(u"ended").toString(), Qt::ISODateWithMs);
    record.end = json.value(u"end").toString();
    record.exitCode = json.value(u"exit-code").toInt();
    return record;
}

template <class Taken>
QString freeName(const QString &wanted, Taken &&isTaken) {
    QString name = wanted;
    for (int i = 1; isTaken(name); ++i)
        name = u"%1_%2"_s.arg(wanted).arg(i);
    return name;
}

QString idOf(const QString &instance, quint64 number) {
    return u"%1-enc%2"_s.arg(instance, QString::number(number, 16));
}

// That of the module id, if one was asked for; else the time in milliseconds and 16 random bits, as EC2 numbers its enclaves.
QString newId(const EnclaveRequest &request) {
    static const QRegularExpression module(u"^(i-[0-9a-f]{17})-enc([0-9a-f]{1,16})$"_s),
        instance(u"^i-[0-9a-f]{17}$"_s);
    if (const auto match = module.match(request.moduleId); match.hasMatch())
        return idOf(match.captured(1), match.captured(2).toULongLong(nullptr, 16));
    const quint64 number = quint64(QDateTime::currentMSecsSinceEpoch()) << 16 |
                           (QRandomGenerator::system()->generate() & 0xffff);
    // What the machine takes for want of one, and in place of an old, short one.
    return idOf(instance.match(request.instanceId).hasMatch() ? request.instanceId
                                                              : QString::fromLatin1(NITRO_DEFAULT_PARENT),
                number);
}

Result<QVector<unsigned>> chooseCpus(const EnclaveRequest &request, const QSet<unsigned> &taken) {
    if (auto checked = checkCpuIds(request.cpuIds); !checked)
        return tl::unexpected(checked.error());
    for (const unsigned cpu : request.cpuIds)
        if (taken.contains(cpu))
            return failure(u"E22"_s, u"CPU %1 belongs to another enclave."_s.arg(cpu));
    if (!request.cpuIds.isEmpty())
        return request.cpuIds;
    QVector<unsigned> cpus;
    for (unsigned cpu = 1; cpus.size() < int(request.cpuCount); ++cpu)
        if (!taken.contains(cpu))
            cpus.append(cpu);
    return cpus;
}

// Stopped, perhaps, by Ctrl-Z in the middle of it.
tl::unexpected<Error> isBusy(const QString &folder) {
    return failure(
        u"registry-busy"_s,
        u"Another program of yours holds the list of enclaves and makes no progress; let it go on, or end it."_s,
        folder);
}

} // namespace

QString EnclaveRecord::moduleId() const {
    constexpr qsizetype digits = 16;
    const QString mark = u"-enc"_s;
    return id.section(mark, 0, 0) + mark + id.section(mark, 1).rightJustified(digits, u'0');
}

Result<void> checkCpuIds(const QVector<unsigned> &cpuIds) {
    for (qsizetype i = 0; i < cpuIds.size(); ++i)
        if (cpuIds.indexOf(cpuIds[i], i + 1) >= 0)
            return failure(u"E20"_s, u"CPU %1 was asked for twice."_s.arg(cpuIds[i]));
    return {};
}

QString EnclaveRegistry::defaultFolder() {
    return folderIn(runtimeBase());
}

Result<EnclaveRecord> EnclaveRegistry::enter(const EnclaveRequest &request) const {
    for (const QString &folder : {QFileInfo(m_folder).path(), m_folder})
        if (auto made = ensurePrivateFolder(folder); !made)
            return tl::unexpected(made.error());
    const auto lock = FolderLock::take(m_folder, patience); // others hold it for milliseconds only
    if (!lock)
        return isBusy(m_folder);
    QSet<QString> names;
    QSet<quint64> cids;
    cids.unite(QSet<quint64>(request.takenCids.begin(), request.takenCids.end()));
    QSet<unsigned> cpus;
    for (const EnclaveRecord &other : readAll()) {
        if (!other.isRunning())
            continue;
        names.insert(other.name);
        cids.insert(other.cid);
        for (const unsigned cpu : other.cpuIds)
            cpus.insert(cpu);
    }
    if (request.cid != 0 && cids.contains(request.cid))
        return failure(u"E33"_s, u"Another enclave has the CID %1."_s.arg(request.cid));
    const auto chosen = chooseCpus(request, cpus);
    if (!chosen)
        return tl::unexpected(chosen.error());

    EnclaveRecord record;
    record.name = freeName(request.name, [&](const QString &name) { return names.contains(name); });
    record.id = newId(request);
    if (QFileInfo::exists(folderOf(record.id))) { // two with the same module id: only one can be named by it
        EnclaveRequest other;
        other.instanceId = record.id.section(u"-enc"_s, 0, 0);
        record.id = newId(other);
    }
    record.process = processNamed(getpid()).value_or(ProcessName{getpid(), 0});
    record.cid = request.cid ? request.cid : firstFreeCid(cids);
    record.cpuIds = *chosen;
    record.memoryMiB = request.memoryMiB;
    record.eifPath = request.eifPath;
    record.recording = request.recording;
    record.debugMode = request.debugMode;
    record.started = QDateTime::currentDateTimeUtc();
    if (auto made = ensurePrivateFolder(folderOf(record.id)); !made)
        return tl::unexpected(made.error());
    if (auto written = update(record); !written)
        return tl::unexpected(written.error());
    return record;
}

Result<void> EnclaveRegistry::update(const EnclaveRecord &record) const {
    return writeFile(folderOf(record.id) + QLatin1String(recordName), QJsonDocument(toJson(record)).toJson(),
                     FileRole::secret);
}

EnclaveRegistry::Entry EnclaveRegistry::read(const QString &name) const {
    QFile file(folderOf(name) + QLatin1String(recordName));
    const bool isOpen = file.open(QIODevice::ReadOnly);
    if (isOpen && file.size() > maxRecordBytes)
        return {Entry::State::unknown, {}};
    EnclaveRecord record = fromJson(QJsonDocument::fromJson(isOpen ? file.readAll() : QByteArray()).object());
    if (record.id == name)
        return {Entry::State::valid, std::move(record)};
    return {isOpen || !file.exists() ? Entry::State::abandoned : Entry::State::unknown, {}};
}

QVector<quint64> EnclaveRegistry::cidsOfOthers() const {
    QVector<quint64> cids;
    for (const QString &name : QDir(m_folder).entryList({u"i-*"_s}, QDir::Dirs | QDir::NoSymLinks)) {
        const auto [state, record] = read(name);
        if (state == Entry::State::valid && record.isRunning() && record.process.pid != getpid() &&
            isAlive(record.process))
            cids.append(record.cid);
    }
    return cids;
}

QVector<EnclaveRecord> EnclaveRegistry::readAll() const {
    QVector<EnclaveRecord> records;
    QDir dir(m_folder);
    for (const QString &name : dir.entryList({u"i-*"_s}, QDir::Dirs | QDir::NoSymLinks)) {
        auto [state, record] = read(name);
        // Entering happens under the lock, so nobody is still at work here.
        if (state == Entry::State::abandoned)
            QDir(folderOf(name)).removeRecursively();
        if (state != Entry::State::valid)
            continue;
        if (record.isRunning() && !isAlive(record.process)) {
            record.ended = QDateTime::currentDateTimeUtc();
            record.end = u"The process that ran it died."_s;
            record.exitCode = 5;
            (void)update(record);
        }
        records.append(record);
    }
    std::ranges::sort(records, {}, &EnclaveRecord::started);
    return records;
}

Result<QVector<EnclaveRecord>> EnclaveRegistry::list() const {
    // Whose folder is around ours can put another one in its place.
    if (const QString base = QFileInfo(m_folder).path(); QFileInfo::exists(base))
        if (auto checked = checkPrivateFolder(base); !checked)
            return tl::unexpected(checked.error());
    if (!QFileInfo::exists(m_folder))
        return QVector<EnclaveRecord>();
    if (auto checked = ensurePrivateFolder(m_folder); !checked)
        return tl::unexpected(checked.error());
    const auto lock = FolderLock::take(m_folder, patience); // others hold it for milliseconds only
    if (!lock)
        return isBusy(m_folder);
    QVector<EnclaveRecord> records = readAll();
    qsizetype endedCount =
        std::ranges::count_if(records, [](const auto &record) { return !record.isRunning(); });
    const QDateTime oldest = QDateTime::currentDateTimeUtc().addSecs(-keptSeconds);
    records.removeIf([&](const EnclaveRecord &record) {
        if (record.isRunning() || (endedCount <= keptEnded && record.ended > oldest))
            return false;
        --endedCount;
        QDir(folderOf(record.id)).removeRecursively();
        return true;
    });
    return records;
}

} // namespace nitroscope::app
