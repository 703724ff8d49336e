// SPDX-License-Identifier: GPL-2.0-or-later
//
// Names of C++ and of Rust's older scheme as people write them, by the Itanium C++ ABI's demangler of the compiler's
// own library.
#pragma once

#include <QByteArrayView>
#include <QString>

namespace nitroscope::symbols {

// The symbol's name itself when it is not such a name. Names come from the guest: of long ones, and of those that
// repeat parts of themselves often enough to grow without bound, nothing is made.
QString readableName(QByteArrayView symbol);

} // namespace nitroscope::symbols
