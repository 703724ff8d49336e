// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any CBOR in diagnostic notation (RFC 8949 §8).

#pragma once

#include <limits>
#include <QByteArrayView>
#include <QString>

namespace nitroscope::app {

enum class CborLayout {
    oneLine,  // Bytes that are not CBOR end it with the reason in angle brackets.
    indented, // Containers indented by two blanks. The reason stands between slashes, the notation's
              //< comments.
};

// Several items in a row are separated by commas. Cut with "…" at about `limit` characters.
QString cborNotation(QByteArrayView bytes, CborLayout layout,
                     qsizetype limit = std::numeric_limits<qsizetype>::max());

} // namespace nitroscope::app
