/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the tormentor's second processor starts: a page of real mode's memory that the firmware is done with. */
#pragma once
#define PROCESSOR_START 0x8000
#define PROCESSOR_START_PAGE 0x08
