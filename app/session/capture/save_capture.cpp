// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/save_capture.hpp"

#include <algorithm>

namespace nitroscope::app {

Result<void> saveCapture(const CaptureBytes &bytes, quint64 size, const QString &path, FileRole role) {
    constexpr quint64 step = 4 << 20;
    FileWriter file(path, role);
    if (auto started = file.start(); !started)
        return started;
    for (quint64 at = 0; at < size;) {
        const QByteArray part = bytes.read(at, std::min(step, size - at));
        if (part.isEmpty())
            break;
        if (file.write(part) != part.size())
            return file.problem();
        at += static_cast<quint64>(part.size());
    }
    return file.commit();
}

} // namespace nitroscope::app
