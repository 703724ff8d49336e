// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of tst_vsock_core; each is a QtTest object in a file of its own.
#pragma once

int runStates(int argc, char **argv);
int runCredit(int argc, char **argv);
int runRules(int argc, char **argv);
int runGuests(int argc, char **argv);
