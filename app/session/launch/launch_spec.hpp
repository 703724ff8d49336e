// SPDX-License-Identifier: GPL-2.0-or-later
//
// Everything a user can say about one run of an enclave. A plain record with one member for each row of
// launch_options.def: the window fills it from its dialogs, the command line from its options, and
// launch_arguments.hpp turns it into QEMU's arguments.
#pragma once

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
    text,      //
    word,      // one of the option's words
    path,      // of a file that is read
    newPath,   // of a file or socket that is made
    list       // may be said more than once
};

// The types of launch_options.def.
namespace launch_type {
struct Flag {
    using Value = bool;
    static constexpr OptionKind kind = OptionKind::flag;
};
struct OnOff {
    using Value = bool;
    static constexpr OptionKind kind = OptionKind::onOff;
};
struct Number {
    using Value = quint64;
    static constexpr OptionKind kind = OptionKind::number;
};
struct Count {
    using Value = unsigned;
    static constexpr OptionKind kind = OptionKind::number;
};
struct Port {
    using Value = int;
    static constexpr OptionKind kind = OptionKind::number;
};
struct Mebibytes {
    using Value = quint64;
    static constexpr OptionKind kind = OptionKind::mebibytes;
};
struct Text {
    using Value = QString;
    static constexpr OptionKind kind = OptionKind::text;
};
struct Word {
    using Value = QString;
    static constexpr OptionKind kind = OptionKind::word;
};
struct Accel {
    using Value = Accelerator;
    static constexpr OptionKind kind = OptionKind::word;
};
struct Path {
    using Value = QString;
    static constexpr OptionKind kind = OptionKind::path;
};
struct NewPath {
    using Value = QString;
    static constexpr OptionKind kind = OptionKind::newPath;
};
struct List {
    using Value = QStringList;
    static constexpr OptionKind kind = OptionKind::list;
};
} // namespace launch_type

// The parent's side of vsock.
struct VsockOptions {
#define LAUNCH_OPTION(TYPE, MEMBER, DEFAULT, ...)
#define VSOCK_OPTION(TYPE, MEMBER, DEFAULT, ...) launch_type::TYPE::Value MEMBER = DEFAULT;
#include "app/session/launch/launch_options.def"
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
};

} // namespace nitroscope::app

Q_DECLARE_METATYPE(nitroscope::app::LaunchSpec)
