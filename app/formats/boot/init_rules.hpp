// SPDX-License-Identifier: GPL-2.0-or-later
//
// How kernel and AWS's init find the programs of an enclave: rdinit=, the line of a script (fs/binfmt_script.c), the
// files cmd and env (AWS's enclaves-sdk-bootstrap, init/init.c).

#pragma once

#include <optional>
#include <QByteArray>
#include <QList>

namespace nitroscope::formats {

// Where AWS's init looks for a command without a slash, whatever PATH the program will have.
inline constexpr const char *initSearchPath[] = {"/sbin", "/usr/sbin", "/bin", "/usr/bin"};

// What it mounts to in /rootfs, in this order, after which nothing that the image has there is seen any more.
inline constexpr const char *initMountPoints[] = {"dev", "proc", "run", "tmp", "sys"};

// Lines as getline(3) gives them, each up to its first zero byte: an empty one is an empty word, and an empty file has
// none.
QList<QByteArray> initLines(const QByteArray &text);

// "/init", or what rdinit= names last.
QByteArray firstProgramOf(const QByteArray &commandLine);

struct ScriptLine {
    QByteArray interpreter;
    QByteArray argument; // All the rest, blanks included: the kernel passes it as one word.
};
// Nothing when the kernel takes the file for no script: no "#!", or no interpreter in its first 256 bytes.
std::optional<ScriptLine> readScriptLine(const QByteArray &front);

} // namespace nitroscope::formats
