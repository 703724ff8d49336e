// SPDX-License-Identifier: GPL-2.0-or-later
//
// Shapes of images that lint has an opinion on, each a change of one that boots: what lint says, and what the boot shows.
// tst_lint_shapes asks lint, tst_lint_boots boots them with a kernel and an init that does as AWS's.

#pragma once

#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <functional>
#include <QList>

namespace nitroscope::test {

// What the program of every shape prints when it is started.
inline constexpr char shapeRuns[] = "the shape runs";

// A static x86-64 program of 180 bytes that prints shapeRuns and ends. It also stands for sh and whatever else a script
// names as its interpreter. With an interpreter of its own it is one that asks for a dynamic loader.
QByteArray shapeProgram(const QByteArray &loader = {}, quint16 machine = 62);

struct ShapeParts {
    QByteArray commandLine;
    QList<CpioFile> system, application;                                            // Ramdisks 0 and 1.
    std::function<QByteArray(const QByteArray &)> pack = [](auto &b) { return b; }; // Of ramdisk 1.

    CpioFile &
    file(const QByteArray &path); // Of either ramdisk; made at the end of the second when it is not there.
    void put(const QByteArray &path, const QByteArray &content, quint32 mode = 0100755);
    void folder(const QByteArray &path) { put(path, {}, 040755); }
    void link(const QByteArray &path, const QByteArray &target) { put(path, target, 0120777); }
    void remove(const QByteArray &path);
    void command(const QByteArray &lines) { file("cmd").content = lines; }
    void environment(const QByteArray &lines) { file("env").content = lines; }
    // The program becomes this script.
    void script(const QByteArray &text) { file("rootfs/bin/app").content = text; }

    TestSections sections(const QByteArray &kernel) const;
};

// One that boots: init and dev in ramdisk 0, /bin/app and /bin/sh in ramdisk 1.
ShapeParts usualShape(const QByteArray &init);

enum class Booted {
    always,   // In every run of the tests.
    onDemand, // Like another one; in the long run only.
    never,    // The program here is not what its name says, so a boot would prove nothing.
};

struct BootShape {
    const char *name;
    const char *error; // The rule of lint's error, which does not boot; empty: no error, and it boots.
    const char *says;  // On the console of one that does not boot; empty: nothing in particular.
    std::function<void(ShapeParts &)> change;
    Booted booted = Booted::onDemand;
};

QList<BootShape> bootShapes();

} // namespace nitroscope::test
