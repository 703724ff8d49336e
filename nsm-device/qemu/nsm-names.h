/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the NSM API as QMP takes them
 */
#ifndef NITROSCOPE_NSM_NAMES_H
#define NITROSCOPE_NSM_NAMES_H

#include "nsm-device/core/nsm.h"

/*
 * The number of a name as in the API ("ExtendPCR", "ReadOnlyIndex"), exactly;
 * NSM_REQUEST_KINDS and NSM_ERRORS for NULL. False, and an error that lists the
 * names there are, for any other.
 */
bool nsm_find_request(const char *name, NsmRequestKind *kind, Error **errp);
bool nsm_find_error(const char *name, NsmError *error, Error **errp);

#endif
