// SPDX-License-Identifier: GPL-2.0-or-later
//
// Small Python programs that use AF_VSOCK, with the preload library or with the kernel's own.
#pragma once

#include <QProcess>
#include <QStandardPaths>
#include <QString>

namespace nitroscope::vsock::test {

using namespace Qt::Literals::StringLiterals;

constexpr int patienceMs = 60000;

// Every program starts like this; assertions end it with a traceback on standard error.
inline const QString prologue = u"import socket, os, struct, fcntl, select, errno, ctypes, time\n"
                                "V = socket.AF_VSOCK\n"
                                "S, Q = socket.SOCK_STREAM, socket.SOCK_SEQPACKET\n"
                                "ANY, SO = socket.VMADDR_CID_ANY, socket.SOL_SOCKET\n"
                                "def error(call):\n"
                                "    try: call()\n"
                                "    except OSError as e: return e.errno\n"
                                "def name(call):\n"
                                "    try: return call()\n"
                                "    except OSError as e: return errno.errorcode[e.errno]\n"
                                "def all(s):\n"
                                "    data = b''\n"
                                "    while True:\n"
                                "        more = s.recv(65536)\n"
                                "        if not more: return data\n"
                                "        data += more\n"
                                "def limit(s, seconds, microseconds=0):\n"
                                "    t = (ctypes.c_long * 2)(seconds, microseconds)\n"
                                "    return ctypes.CDLL(None).setsockopt(s.fileno(), V, 6, t, 16)\n"
                                "def later(s, address):\n" // a non-blocking connect() and its result
                                "    s.setblocking(False)\n"
                                "    first = name(lambda: s.connect(address))\n"
                                "    ready = select.select([], [s], [], 20)[1] == [s]\n"
                                "    code = s.getsockopt(SO, socket.SO_ERROR)\n"
                                "    return first, ready, errno.errorcode.get(code, code)\n"_s;

// The system's, which starts faster than what a version manager puts in front of it.
inline QString pythonProgram() {
    const QString name = u"python3"_s;
    const QString own = QStandardPaths::findExecutable(name, {u"/usr/bin"_s});
    return own.isEmpty() ? QStandardPaths::findExecutable(name) : own;
}

inline void preload(QProcess &process, const std::string &path) {
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"LD_PRELOAD"_s, QStringLiteral(NITROSCOPE_BINARY_DIR "/lib/libnitroscope-vsock.so"));
    environment.insert(u"NITROSCOPE_VSOCK"_s, QString::fromStdString("16=" + path));
    process.setProcessEnvironment(environment);
}

// Runs a program to its end, with the library unless `path` is empty; what it printed, or its complaint.
inline QString runPython(const QString &program, const std::string &path) {
    QProcess process;
    if (!path.empty())
        preload(process, path);
    process.start(pythonProgram(), {u"-c"_s, prologue + program});
    if (!process.waitForFinished(patienceMs))
        return u"no end"_s;
    return QString::fromUtf8(process.readAllStandardOutput() + process.readAllStandardError()).trimmed();
}

} // namespace nitroscope::vsock::test
