// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugins/syscall_names.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <sys/syscall.h>

namespace nitroscope::plugins {
namespace {

struct Name {
    std::uint64_t number;
    std::string_view name;
};

// Ascending, as the list it is made from.
constexpr Name names[] = {
#include "syscall_names.inc"
};
static_assert(std::ranges::is_sorted(names, {}, &Name::number));

} // namespace

std::string_view syscallName(std::uint64_t number) {
    const auto *const found = std::ranges::lower_bound(names, number, {}, &Name::number);
    return found != std::end(names) && found->number == number ? found->name : std::string_view{};
}

int pathArgument(std::uint64_t number) {
    switch (number) {
    case SYS_open:
    case SYS_stat:
    case SYS_lstat:
    case SYS_access:
    case SYS_execve:
    case SYS_chdir:
    case SYS_mkdir:
    case SYS_rmdir:
    case SYS_unlink:
    case SYS_readlink:
    case SYS_chmod:
    case SYS_chown:
    case SYS_mknod:
    case SYS_statfs:
    case SYS_chroot:
    case SYS_umount2:
        return 0;
    case SYS_mount:
    case SYS_openat:
    case SYS_mkdirat:
    case SYS_mknodat:
    case SYS_newfstatat:
    case SYS_unlinkat:
    case SYS_readlinkat:
    case SYS_faccessat:
    case SYS_faccessat2:
    case SYS_execveat:
    case SYS_statx:
    case SYS_openat2:
    case SYS_finit_module:
        return 1;
    default:
        return -1;
    }
}

} // namespace nitroscope::plugins
