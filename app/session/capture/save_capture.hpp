// SPDX-License-Identifier: GPL-2.0-or-later
//
// A capture as a file of its own. It may have gigabytes: for a worker.
#pragma once

#include "app/core/output/file_writer.hpp"
#include "app/session/capture/capture_bytes.hpp"

namespace nitroscope::app {

// `size` bytes from the beginning; of a store that was full, what there is. Errors: those of the writer.
Result<void> saveCapture(const CaptureBytes &bytes, quint64 size, const QString &path,
                         FileRole role = FileRole::result);

} // namespace nitroscope::app
