// SPDX-License-Identifier: GPL-2.0-or-later
//
// The head of an ELF file as a tree tied to its bytes: what it is, for which processor, whether it needs a
// dynamic loader, and its program headers (gABI, "Object Files" and "Program Header"). Foreign bytes: what
// is cut off is left out, and said.

#pragma once

#include "app/formats/tree/node.hpp"

#include <optional>
#include <QByteArray>

namespace nitroscope::formats {

// `front` is the start of the file. Nothing when it is no ELF. At most 128 program headers are listed.
std::optional<Node> elfTree(const QByteArray &front);

} // namespace nitroscope::formats
