// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/kernel_commands.hpp"

#include "tests/enclave/init/text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace nitroscope::demo {
namespace {

// Entries of a folder of /proc that are numbers, ascending.
std::vector<uint32_t> numbersIn(const std::string &folder) {
    std::vector<uint32_t> numbers;
    DIR *open = opendir(folder.c_str());
    if (!open)
        return numbers;
    while (const dirent *entry = readdir(open))
        if (const auto number = toNumber(entry->d_name))
            numbers.push_back(*number);
    closedir(open);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

} // namespace

void listTasks(Enclave &enclave) {
    for (const uint32_t process : numbersIn("/proc")) {
        const std::string threads = "/proc/" + std::to_string(process) + "/task";
        for (const uint32_t thread : numbersIn(threads)) {
            const auto stat = readFile((threads + '/' + std::to_string(thread) + "/stat").c_str());
            if (!stat)
                continue; // it has ended meanwhile
            // "TID (NAME) STATE PARENT ...": the name may have anything in it.
            const size_t open = stat->find('('), close = stat->rfind(')');
            if (open == std::string::npos || close == std::string::npos || close < open)
                continue;
            const auto rest = split(stat->substr(close + 1), " ");
            if (rest.size() < 2)
                continue;
            enclave.console.report("task " + std::to_string(process) + ' ' + std::to_string(thread) + ' ' +
                                   rest[1] + ' ' + rest[0] + ' ' + stat->substr(open + 1, close - open - 1));
        }
    }
    enclave.console.report("tasks end");
}

void showFile(Enclave &enclave, const std::string &path) {
    const auto content = readFile(path.c_str());
    if (!content)
        return enclave.console.report("cat " + path + " failed");
    for (const auto &line : split(*content, "\n"))
        enclave.console.line(line);
    enclave.console.report("cat " + path + " end");
}

void loadModule(Enclave &enclave, const std::string &path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool isLoaded = file >= 0 && syscall(SYS_finit_module, file, "", 0) == 0;
    const int problem = errno;
    if (file >= 0)
        close(file);
    enclave.console.report(isLoaded ? "insmod " + path + " done"
                                    : "insmod " + path + " failed: " + std::strerror(problem));
}

} // namespace nitroscope::demo
