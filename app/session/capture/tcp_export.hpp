// SPDX-License-Identifier: GPL-2.0-or-later
//
// A capture as a file in which every vsock flow is a TCP connection (app/proto/pcapng/tcp_view.hpp). The file
// appears when it is complete, or not at all. Blocks while it works: not for the window's thread.
#pragma once

#include "app/session/capture/capture_bytes.hpp"

class QIODevice;

namespace nitroscope::app {

struct TcpExportCounts {
    quint64 connections = 0, segments = 0;
    QString damage; // what is wrong with the capture, when it was read only in part
};

// The first `size` bytes of a stream. Errors: capture-unreadable, tcp-export-failed.
Result<TcpExportCounts> exportTcpView(const CaptureBytes &bytes, quint64 size, const QString &path);
// An opened file or pipe, to its end.
Result<TcpExportCounts> exportTcpView(QIODevice &capture, const QString &path);

} // namespace nitroscope::app
