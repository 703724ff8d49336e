/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of the NSM API as QMP takes them
 */

#include "qemu/osdep.h"
#include "qapi/error.h"
#include "nsm-device/qemu/nsm-names.h"

bool nsm_find_request(const char *name, NsmRequestKind *kind, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);

    *kind = NSM_REQUEST_KINDS;
    if (!name) {
        return true;
    }
    for (unsigned i = 0; i < NSM_REQUEST_KINDS; i++) {
        if (g_str_equal(name, nsm_request_name(i))) {
            *kind = i;
            return true;
        }
        g_string_append_printf(known, " %s", nsm_request_name(i));
    }
    error_setg(errp, "the NSM has no request '%s'; there are:%s", name,
               known->str);
    return false;
}

bool nsm_find_error(const char *name, NsmError *error, Error **errp)
{
    g_autoptr(GString) known = g_string_new(NULL);

    *error = NSM_ERRORS;
    if (!name) {
        return true;
    }
    for (unsigned i = 0; i < NSM_ERRORS; i++) {
        if (g_str_equal(name, nsm_error_name(i))) {
            *error = i;
            return true;
        }
        g_string_append_printf(known, " %s", nsm_error_name(i));
    }
    error_setg(errp, "the NSM has no error '%s'; there are:%s", name,
               known->str);
    return false;
}
