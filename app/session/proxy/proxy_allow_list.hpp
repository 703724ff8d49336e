// SPDX-License-Identifier: GPL-2.0-or-later
//
// The allow-list of AWS's vsock-proxy (its configuration file, option --config), any YAML 1.1:
//
//   allowlist:
//   - {address: kms.us-east-1.amazonaws.com, port: 443}
//   - address: 169.254.169.254
//     port: 80
//
// As vsock-proxy does, other keys are ignored and only the first document is read. An entry that cannot be understood is an error with its
// line: vsock-proxy finds out when it comes to it, but a list that is half understood allows the wrong things.
#pragma once

#include "app/core/result.hpp"

#include <QList>

namespace nitroscope::app {

class ProxyAllowList {
public:
    // Errors: allow-list-unreadable, allow-list-too-large (over 1 MiB), allow-list-malformed (message with the line, offset in bytes).
    static Result<ProxyAllowList> read(const QString &path);
    static Result<ProxyAllowList> parse(const QByteArray &text);

    bool permits(const QString &host, quint16 port) const; // host names without regard to case

private:
    struct Entry {
        QString host;
        quint16 port;
    };
    QList<Entry> m_entries;
};

} // namespace nitroscope::app
