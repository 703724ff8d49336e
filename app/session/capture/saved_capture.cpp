// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/capture/saved_capture.hpp"

namespace nitroscope::app {

void SavedCapture::open(const QString &path) {
    auto bytes = CaptureBytes::openFile(path);
    if (!bytes) {
        fail(bytes.error());
        return;
    }
    m_path = path;
    const quint64 size = (*bytes)->size();
    CaptureIntake *reader = beginStream(std::move(*bytes), State::reading, size);
    QMetaObject::invokeMethod(reader, &CaptureIntake::readFile, Qt::QueuedConnection);
}

} // namespace nitroscope::app
