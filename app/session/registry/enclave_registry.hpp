// SPDX-License-Identifier: GPL-2.0-or-later
//
// The enclaves of this user, known to every command: who runs, where its console is, how it ended.
//
//   ${XDG_RUNTIME_DIR}/nitroscope/enclaves/      0700, see runtime_folder.hpp
//       .lock                                    held with flock(2) while the registry is read or changed
//       i-…-enc…/                                one per enclave
//           record.json                          replaced as a whole, never written in place
//           console.log                          everything its serial port said, up to a limit
//           hold                                 socket by which its machine is held still
//
// An enclave is alive as long as the process in its record is, told by id and start time. Nothing has to be
// undone after a crash: whoever reads the registry next notes the dead enclave's end. Ended enclaves stay,
// with their console, until there are too many or they are a day old: what an enclave said before it died is
// what one wants to read most.
#pragma once

#include "app/core/result.hpp"
#include "app/session/process/process_handle.hpp"

#include <chrono>
#include <optional>
#include <QDateTime>
#include <QJsonObject>
#include <QString>
#include <QStringList>
#include <QVector>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

struct EnclaveRecord {
    QString name;
    QString id; // "i-0123456789abcdef0-enc19a5376999041b1"
    // The same as the NSM and certificates have it: the number has 16 digits there.
    QString moduleId() const;
    ProcessName process;
    quint64 cid = 0;
    QVector<unsigned> cpuIds;
    quint64 memoryMiB = 0;
    QString eifPath;   // absolute
    QString recording; // absolute; empty when the run is not recorded
    bool debugMode = false;
    bool isStarted = false;   // the kernel was entered
    QJsonObject measurements; // "HashAlgorithm", "PCR0" …; empty until they are known
    QStringList warnings;     // of the machine while it ran, each once; at most maxWarnings
    QDateTime started;        // UTC
    QDateTime ended;          // UTC; invalid while it runs
    QString end;              // how it ended, in words
    int exitCode = 0;         // of run-enclave, once it has ended

    static constexpr qsizetype maxWarnings = 20;
    static constexpr qsizetype maxTextLength =
        2048; // characters of a warning or an end; the rest is not kept
    bool isRunning() const { return !ended.isValid(); }
};

// What a new enclave asks for; the registry fills in the rest.
struct EnclaveRequest {
    QString name;               // made different from those of running enclaves by _1, _2 …
    QString instanceId;         // "i-…" or empty
    QString moduleId;           // that the enclave shall have, and from which its id follows, or empty
    quint64 cid = 0;            // 0 = the first free one from 16 on
    QVector<quint64> takenCids; // by enclaves that are not in the registry
    QVector<unsigned> cpuIds;   // empty = cpuCount of them, counted up from 1, those in use left out
    unsigned cpuCount = 1;
    quint64 memoryMiB = 0;
    QString eifPath, recording;
    bool debugMode = false;
};

// Errors: nitro-cli's "E20" (a CPU twice).
Result<void> checkCpuIds(const QVector<unsigned> &cpuIds);

class EnclaveRegistry {
public:
    explicit EnclaveRegistry(QString folder = defaultFolder()) : m_folder(std::move(folder)) {}
    static QString defaultFolder();
    static QString folderIn(const QString &runtimeBase) { return runtimeBase + u"/enclaves"_s; }

    // Enters an enclave that this process runs; with the runtime base's lock (see cidsOfOthers()). Errors:
    // those of ensurePrivateFolder(), "registry-failed", "registry-busy", nitro-cli's "E33" (CID in use), "E20" (CPU twice),
    // "E22" (CPU in use).
    Result<EnclaveRecord> enter(const EnclaveRequest &request) const;
    // Replaces the record of the same id. Error "registry-failed".
    Result<void> update(const EnclaveRecord &record) const;
    // All records, the oldest first, after noting who has died and removing what is too old. Errors: those of
    // ensurePrivateFolder(), "registry-busy".
    Result<QVector<EnclaveRecord>> list() const;

    // CIDs of the enclaves that run, but for this process's own. Changes nothing and waits for nobody: call
    // it with the runtime base's lock, under which CIDs are chosen.
    QVector<quint64> cidsOfOthers() const;

    QString consolePath(const QString &id) const { return m_folder + u'/' + id + u"/console.log"_s; }

    // Socket by which its machine can be held still (run/machine_hold.hpp).
    QString holdPath(const QString &id) const { return m_folder + u'/' + id + u"/hold"_s; }

    static constexpr std::chrono::seconds patience{5}; // for the lock
    static constexpr int keptEnded = 16;
    static constexpr qint64 keptSeconds = 24 * 3600;

private:
    QVector<EnclaveRecord> readAll() const; // with the lock held
    // What the record in a folder says. Only who is certainly nobody's may be removed: an enclave may run whose
    // record cannot be read.
    struct Entry {
        enum class State { valid, abandoned, unknown } state;
        EnclaveRecord record;
    };
    Entry read(const QString &name) const;
    QString folderOf(const QString &id) const { return m_folder + u'/' + id; }

    QString m_folder;
};

} // namespace nitroscope::app
