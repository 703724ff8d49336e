/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * How many executed instructions a sample of the profile stands for: what the plugin takes, and what the app's launch
 * options say of it. */
#ifndef NITROSCOPE_PROFILE_PERIOD_H
#define NITROSCOPE_PROFILE_PERIOD_H

#define NITRO_PROFILE_PERIOD_MIN 1000
#define NITRO_PROFILE_PERIOD_MAX 1000000000
#define NITRO_PROFILE_PERIOD_DEFAULT 50000

#endif
