/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When this cannot become the enclave that was asked for; see the header
 */

#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "qobject/qjson.h"
#include "hw/qdev-core.h"
#include "qemu-machine/board/nitro-refusal.h"

void nitro_refusal_line(QDict *refusal, const char *sentence)
{
    g_autofree char *message = g_utf8_make_valid(sentence, -1);
    g_autoptr(QDict) line = qdict_new();
    g_autoptr(GString) json = NULL;

    if (isatty(STDERR_FILENO)) {
        return;
    }
    qdict_put_str(refusal, "stage", "launch");
    qdict_put_str(refusal, "message", message);
    qdict_put(line, "nitro-refusal", qobject_ref(refusal));
    json = qobject_to_json(QOBJECT(line));
    fprintf(stderr, "%s\n", json->str);
}

static void nitro_refusal_of_option(const char *option, const char *sentence)
{
    g_autoptr(QDict) refusal = qdict_new();

    qdict_put_str(refusal, "code", "");
    if (option) {
        qdict_put_str(refusal, "option", option);
    }
    nitro_refusal_line(refusal, sentence);
}

void nitro_refuse(const char *option, const char *format, ...)
{
    g_autofree char *sentence = NULL;
    va_list arguments;

    va_start(arguments, format);
    sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    error_report("%s", sentence);
    nitro_refusal_of_option(option, sentence);
    exit(1);
}

void nitro_refuse_error(const char *option, Error *err)
{
    nitro_refuse(option, "%s", error_get_pretty(err));
}

void nitro_refuse_value(Error **errp, const char *option,
                        const char *format, ...)
{
    g_autofree char *sentence = NULL;
    va_list arguments;

    va_start(arguments, format);
    sentence = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    error_setg(errp, "%s", sentence);
    /* Afterwards a monitor may be there, and asks. */
    if (!phase_check(PHASE_MACHINE_CREATED)) {
        nitro_refusal_of_option(option, sentence);
    }
}
