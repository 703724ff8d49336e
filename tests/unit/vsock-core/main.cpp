// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/vsock-core/suites.hpp"

#include <QCoreApplication>

int main(int argc, char **argv) {
    QCoreApplication application(argc, argv);
    int failures = 0;
    for (const auto run : {runStates, runCredit, runRules, runGuests})
        failures += run(argc, argv);
    return failures;
}
