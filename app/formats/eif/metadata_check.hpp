// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whether nitro-cli reads a metadata section: it takes JSON without any leniency, needs all of its fields, and can print
// custom metadata only when they are an object.

#pragma once

#include "app/core/result.hpp"

#include <optional>
#include <QByteArray>

namespace nitroscope::formats {

// The error has nitro-cli's code ("E35" when parsing, "E17" when printing), and an offset into the section when there is
// one place that is wrong.
std::optional<app::Error> checkMetadata(const QByteArray &json);

// Levels of objects and arrays, texts left out.
int jsonDepth(const QByteArray &json);
// What nitro-cli's reader goes into.
inline constexpr int maxMetadataDepth = 127;

} // namespace nitroscope::formats
