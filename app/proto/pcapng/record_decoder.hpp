// SPDX-License-Identifier: GPL-2.0-or-later
//
// The content of one packet, by its interface: docs/capture-format.md, "Records".
#pragma once

#include "app/proto/pcapng/record.hpp"

#include <QByteArrayView>

namespace nitroscope::pcapng {

// Decodes `data` into record.content according to record.source. What is wrong with it, in one sentence, or
// an empty text; the content is then a ForeignRecord with the bytes as they are.
QString decodeContent(QByteArrayView data, quint16 linkType, Record &record);

} // namespace nitroscope::pcapng
