// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the machine says about a boot, in the same words whether it comes as a QMP event or as a record of the
// capture stream.
#pragma once

#include <optional>
#include <QMetaType>
#include <QString>

namespace nitroscope::app {

// One step of the firmware, in the order reset, header, crc, kernel, ramdisk (once per ramdisk), handoff.
struct BootStage {
    QString stage;
    int index = -1;       // which ramdisk; -1 when the stage has no index
    qint64 virtualNs = 0; // the guest's virtual clock, nanoseconds
    qint64 hostNs = 0;    // the host's clock, nanoseconds since 1970-01-01 UTC
    QString text;         // the firmware's own words; may be empty
};

// Why the platform or the firmware did not boot the EIF, or what it warns of.
struct BootFailure {
    QString stage;  // stage that failed; empty when the machine refused the EIF before the guest started
    QString reason; // stable word, or a number in decimal
    QString eCode;  // nitro-cli's code, e.g. "E35"; may be empty
    QString message;
    std::optional<quint64> offset; // byte in the EIF
    std::optional<int> section;    // index in the EIF's section table
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::BootStage)
Q_DECLARE_METATYPE(nitroscope::app::BootFailure)
