// SPDX-License-Identifier: GPL-2.0-or-later
//
// The openssl command line as a judge that shares no code with the core beyond the library underneath.
#pragma once

#include <QByteArray>
#include <QFile>
#include <QProcess>
#include <QStandardPaths>
#include <QStringList>

namespace nitroscope::test {

inline bool hasOpensslCli() {
    return !QStandardPaths::findExecutable("openssl").isEmpty();
}

struct CliResult {
    bool good = false;
    QByteArray output; // both streams
};

inline CliResult openssl(const QStringList &arguments, const QByteArray &input = {}) {
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.start("openssl", arguments);
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(30000))
        return {};
    return {process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0, process.readAll()};
}

inline QString writeFile(const QString &path, const QByteArray &content) {
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(content) == content.size() ? path : QString();
}

inline QByteArray toPem(const QByteArray &der) {
    QByteArray pem = "-----BEGIN CERTIFICATE-----\n";
    const QByteArray text = der.toBase64();
    for (qsizetype at = 0; at < text.size(); at += 64)
        pem += text.mid(at, 64) + '\n';
    return pem + "-----END CERTIFICATE-----\n";
}

} // namespace nitroscope::test

#define NITROSCOPE_REQUIRE_OPENSSL_CLI()                                                                     \
    if (!nitroscope::test::hasOpensslCli())                                                                  \
    QSKIP("the openssl command is not installed")
