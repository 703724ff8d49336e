// SPDX-License-Identifier: GPL-2.0-or-later
//
// JSON (RFC 8259) as nodes with byte ranges, which QJsonDocument cannot give. Foreign bytes: what can be read
// comes first, then one error node where reading stopped. Depth and number of values are bounded.

#pragma once

#include "app/formats/tree/node.hpp"

#include <QByteArray>

namespace nitroscope::formats {

// Children of the outermost value go into `parent`, whose value becomes its summary ("5 entries").
// `fileOffset` is where `json` starts in the file.
void addJsonTree(Node &parent, const QByteArray &json, quint64 fileOffset);

} // namespace nitroscope::formats
