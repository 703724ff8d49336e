// SPDX-License-Identifier: GPL-2.0-or-later
//
// What `nitroscope-cli check` expects of an enclave: a TOML file, described in docs/check.md. All of it is judged before
// anything starts.
#pragma once

#include "app/proto/pcapng/record_filter.hpp"
#include "app/session/check/console_pattern.hpp"
#include "app/session/launch/launch_spec.hpp"

#include <array>
#include <limits>
#include <optional>
#include <QVector>

namespace nitroscope::app {

// A stage of the boot that must be reached.
struct ExpectedStage {
    QString name;                   // one of bootStageNames
    std::optional<qint64> withinNs; // of the guest's clock
};
inline constexpr std::array bootStageNames{"reset", "header", "crc", "kernel", "ramdisk", "handoff"};

struct ExpectedPcr {
    int index = 0;
    QByteArray value; // 48 bytes; empty: any
    std::optional<bool> isLocked;
};

// Records of the capture that a filter chooses.
struct ExpectedRecords {
    QString name, filterText;
    pcapng::RecordFilter filter;
    quint64 atLeast = 1, atMost = std::numeric_limits<quint64>::max();
};

// Connections of vsock to or from a port.
struct ExpectedFlows {
    quint32 port = 0;
    std::optional<bool> isDialedByGuest;
    quint64 atLeast = 1, bytesFromGuest = 0, bytesToGuest = 0; // bytes of all together, at least
};

// Who is at the host's end of a connection: a program with the connection as its standard input and output, or a text.
struct Exchange {
    QStringList command; // empty: the text
    QByteArray text;
    std::optional<QRegularExpression>
        expect; // of what the enclave sends; of a program, the exit status counts instead
};

struct ExpectedService { // that the enclave dials
    quint32 port = 0;
    Exchange exchange;
};

struct ExpectedConnection { // to the enclave
    quint32 port = 0;
    std::optional<QRegularExpression> after; // line of the console; until then nobody dials
    Exchange exchange;
};

struct CheckSpec {
    LaunchSpec launch; // without the EIF
    double timeoutSeconds = 120;
    QByteArray input;                                     // typed into the console
    std::optional<QRegularExpression> inputAfter;         // line of the console
    QVector<QRegularExpression> inOrder, anywhere, never; // lines of the console
    QVector<ExpectedStage> stages;
    QVector<ExpectedPcr> pcrs;
    QVector<ExpectedRecords> records;
    QVector<ExpectedFlows> flows;
    QVector<ExpectedService> services;
    QVector<ExpectedConnection> connections;
    // Exit code of run-enclave that the run must end with. None: the enclave is stopped when all has come that is expected.
    std::optional<int> exitCode;
};

inline constexpr qsizetype maxCheckSpec = 1024 * 1024; // bytes

// `name` is that of the file, for messages. Errors: "check-spec", with NAME:LINE:COLUMN as context, and the offset for
// expressions of filters.
Result<CheckSpec> readCheckSpec(const QByteArray &toml, const QString &name);

} // namespace nitroscope::app
