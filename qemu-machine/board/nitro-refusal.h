/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When this cannot become the enclave that was asked for
 *
 * People read a sentence. A program that started us, whose standard error is no
 * terminal, also gets one line of JSON (docs/launch-options.md), because there
 * is no QMP yet to tell it over. What we find wrong before the machine runs is
 * said through here; what QEMU itself cannot read of its options is not.
 */
#ifndef NITROSCOPE_NITRO_REFUSAL_H
#define NITROSCOPE_NITRO_REFUSAL_H

#include "qapi/error.h"
#include "qobject/qdict.h"

/*
 * Ends QEMU. `option` is a property of the machine, or an option of QEMU
 * without its dash; NULL when it is not known which one is to blame.
 */
G_NORETURN void nitro_refuse(const char *option, const char *format, ...)
    G_GNUC_PRINTF(2, 3);
G_NORETURN void nitro_refuse_error(const char *option, Error *err);
/*
 * For a setter of the machine: sets `errp`. On the command line that ends QEMU,
 * which says the sentence; later it is the answer to a command.
 */
void nitro_refuse_value(Error **errp, const char *option,
                        const char *format, ...) G_GNUC_PRINTF(3, 4);

/* The line, with what else is known; the sentence has been said. */
void nitro_refusal_line(QDict *refusal, const char *sentence);

#endif
