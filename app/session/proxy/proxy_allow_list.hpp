// SPDX-License-Identifier: GPL-2.0-or-later
//
// The allow-list of AWS's vsock-proxy: YAML of this form only, which is all that its own files have:
//
//   allowlist:
//   - {address: kms.us-east-1.amazonaws.com, port: 443}
//
// Anything else in the file is an error, with its line: an allow-list that is half understood allows the
// wrong things.
#pragma once

#include "app/core/result.hpp"

#include <QList>

namespace nitroscope::app {

class ProxyAllowList {
public:
    // Errors: allow-list-unreadable, allow-list-malformed.
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
