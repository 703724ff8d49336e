// SPDX-License-Identifier: GPL-2.0-or-later
//
// How the C library's functions are declared that this library stands in front of.
#pragma once

#define NITROSCOPE_CALL extern "C" __attribute__((visibility("default")))
