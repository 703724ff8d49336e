// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything a user can say about one run of an enclave. A plain record with one member for each row of
// launch_options.def: the window fills it from its dialogs, the command line from its options, and
// launch_arguments.hpp turns it into QEMU's arguments.
#pragma once

#include "plugins/format/profile_period.h"
#include "qemu-machine/launch/limits.h"

#include <QMetaType>
#include <QString>
#include <QStringList>

namespace nitroscope::app {

// Which machinery executes the guest's instructions; the order is that of the option's words.
enum class Accelerator {
    tcg, // translation; works everywhere, and what breakpoints and plugins need
    kvm, // only on request: a /dev/kvm that exists may still not work (nested, no rights)
};

// What kind of value an option has: how it is read and written, and what edits it.
enum class OptionKind {
    flag,      // on the command line as --NAME, or as --no-NAME where it is on unless said otherwise
    onOff,     // a flag that nitroscope-cli takes as --NAME on|off
    number,    // decimal, from min to max
    mebibytes, // the same; a command line also takes such as 2G
    text,      // any
    word,      // one of the option's words
    path,      // of a file that is read
    newPath,   // of a file or socket that is made
    list       // may be said more than once
};

template <class T, OptionKind k>
struct OptionType {
    using Value = T;
    static constexpr OptionKind kind = k;
};

// The types of launch_options.def.
namespace launch_type {
using Flag = OptionType<bool, OptionKind::flag>;
using OnOff = OptionType<bool, OptionKind::onOff>;
using Number = OptionType<quint64, OptionKind::number>;
using Count = OptionType<unsigned, OptionKind::number>;
using Port = OptionType<int, OptionKind::number>;
using Mebibytes = OptionType<quint64, OptionKind::mebibytes>;
using Text = OptionType<QString, OptionKind::text>;
using Word = OptionType<QString, OptionKind::word>;
using Accel = OptionType<Accelerator, OptionKind::word>;
using Path = OptionType<QString, OptionKind::path>;
using NewPath = OptionType<QString, OptionKind::newPath>;
using List = OptionType<QStringList, OptionKind::list>;
} // namespace launch_type

// The parent's side of vsock.
struct VsockOptions {
#define LAUNCH_OPTION(TYPE, MEMBER, DEFAULT, ...)
#define VSOCK_OPTION(TYPE, MEMBER, DEFAULT, ...) launch_type::TYPE::Value MEMBER = DEFAULT;
#include "app/session/launch/launch_options.def"
#include "qemu-machine/launch/limits.h"
#undef LAUNCH_OPTION
#undef VSOCK_OPTION

    bool operator==(const VsockOptions &) const = default;
};

struct LaunchSpec {
#define LAUNCH_OPTION(TYPE, MEMBER, DEFAULT, ...) launch_type::TYPE::Value MEMBER = DEFAULT;
#define VSOCK_OPTION(TYPE, MEMBER, DEFAULT, ...)
#include "app/session/launch/launch_options.def"
#undef LAUNCH_OPTION
#undef VSOCK_OPTION
    VsockOptions vsock;
    // The recording is there and is replayed, by a command of its own.
    bool replays = false;
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::LaunchSpec)
