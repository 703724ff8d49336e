// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/image-init/failure.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace nitroscope::image {

void warn(const std::string &what) {
    const int problem = errno;
    std::perror(what.c_str());
    errno = problem;
}

void giveUp() {
    std::exit(errno);
}

void giveUp(const std::string &what) {
    warn(what);
    giveUp();
}

} // namespace nitroscope::image
