// SPDX-License-Identifier: GPL-2.0-or-later
//
// An image's program that tells what its init has prepared for it, for tests/boot/tst_enclave_init: each fact a
// line "probe: ..." on standard output. What its arguments ask for it does last: `exit N` or `signal N`.

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

void tell(const std::string &text) {
    std::printf("probe: %s\n", text.c_str());
}

std::string linkTarget(const std::string &path) {
    std::array<char, 4096> target{};
    const ssize_t length = readlink(path.c_str(), target.data(), target.size());
    return length < 0 ? std::strerror(errno) : std::string(target.data(), static_cast<size_t>(length));
}

void tellDescriptors() {
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return;
    std::vector<int> numbers;
    while (const dirent *entry = readdir(folder))
        if (*entry->d_name != '.' && std::atoi(entry->d_name) != dirfd(folder))
            numbers.push_back(std::atoi(entry->d_name));
    closedir(folder);
    std::sort(numbers.begin(), numbers.end());
    for (const int number : numbers) {
        constexpr const char *directions[] = {"reads", "writes", "reads and writes", "neither"};
        tell("descriptor " + std::to_string(number) + ' ' +
             linkTarget("/proc/self/fd/" + std::to_string(number)) + ' ' +
             directions[fcntl(number, F_GETFL) & O_ACCMODE] + (isatty(number) ? " terminal" : ""));
    }
}

// Lines of a status file that start with one of these.
void tellStatus(const std::string &who, const std::vector<std::string> &names) {
    std::ifstream file("/proc/" + who + "/status");
    for (std::string line; std::getline(file, line);)
        for (const std::string &name : names)
            if (line.starts_with(name + ':')) {
                std::replace(line.begin(), line.end(), '\t', ' ');
                tell("status " + who + ' ' + line);
            }
}

void tellProcess() {
    tell("program " + linkTarget("/proc/self/exe"));
    std::array<char, 4096> directory{};
    tell(std::string("directory ") +
         (getcwd(directory.data(), directory.size()) ? directory.data() : "none"));
    tell(std::string("session ") + (getsid(0) == getpid() ? "own" : "another's") + " group " +
         (getpgid(0) == getpid() ? "own" : "another's"));
    const int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
    tell(std::string("controlling terminal ") + (terminal < 0 ? std::strerror(errno) : "yes"));
    tell("parent " + std::to_string(getppid()));
    tellStatus("self", {"Uid", "Gid", "Groups", "Umask", "SigBlk", "SigIgn"});
    tellStatus("1", {"Name", "SigBlk"});
}

void tellFiles() {
    std::ifstream mounts("/proc/mounts");
    for (std::string line; std::getline(mounts, line);)
        tell("mount " + line);
    for (const char *path : {"/tmp", "/run", "/dev/shm", "/dev/pts", "/sys/fs/cgroup"}) {
        struct stat status {};
        std::array<char, 8> mode{};
        if (stat(path, &status) == 0)
            std::snprintf(mode.data(), mode.size(), "%04o", status.st_mode & 07777u);
        tell(std::string("mode ") + path + ' ' + mode.data());
    }
    for (const char *path : {"/dev/fd", "/dev/stdin", "/dev/stdout", "/dev/stderr"})
        tell(std::string("link ") + path + ' ' + linkTarget(path));
    for (const char *path : {"/env", "/cmd", "/init", "/nsm.ko", "/rootfs"})
        tell(std::string("file ") + path + (access(path, F_OK) == 0 ? " is there" : " is not there"));
}

// A program that was written to /tmp or /run.
void tellRunFrom(const std::string &folder) {
    const std::string path = folder + "/copy";
    std::ofstream(path, std::ios::binary) << std::ifstream("/proc/self/exe", std::ios::binary).rdbuf();
    chmod(path.c_str(), 0755);
    char name[] = "copy";
    char *arguments[] = {name, nullptr};
    char *nothing[] = {nullptr};
    const pid_t child = fork();
    if (child == 0) {
        execve(path.c_str(), arguments, nothing);
        _exit(errno);
    }
    int status = 0;
    waitpid(child, &status, 0);
    tell("run from " + folder + ' ' + std::strerror(WEXITSTATUS(status)));
}

// Whether somebody reaps a process whose parent is gone.
void tellOrphan() {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0)
        return;
    const pid_t parent = fork();
    if (parent == 0) {
        const pid_t orphan = fork();
        if (orphan == 0)
            _exit(0);
        _exit(write(ends[1], &orphan, sizeof orphan) == sizeof orphan ? 0 : 1);
    }
    waitpid(parent, nullptr, 0);
    pid_t orphan = 0;
    const bool isKnown = read(ends[0], &orphan, sizeof orphan) == sizeof orphan;
    constexpr int patience = 1000;
    int turns = 0;
    while (isKnown && kill(orphan, 0) == 0 && ++turns < patience)
        usleep(10'000);
    tell(turns < patience ? "orphan reaped" : "orphan left");
}

} // namespace

int main(int count, char **arguments) {
    std::setvbuf(stdout, nullptr, _IOLBF, BUFSIZ);
    for (int i = 0; i < count; ++i)
        tell("argument " + std::to_string(i) + " [" + arguments[i] + "]");
    if (count < 3 || (std::strcmp(arguments[1], "exit") != 0 && std::strcmp(arguments[1], "signal") != 0)) {
        for (char **variable = environ; *variable; ++variable)
            tell(std::string("variable [") + *variable + "]");
        tellDescriptors();
        tellProcess();
        tellFiles();
        tellRunFrom("/tmp");
        tellRunFrom("/run");
        tellOrphan();
        tell("done");
        return 0;
    }
    const int number = std::atoi(arguments[2]);
    if (std::strcmp(arguments[1], "signal") == 0)
        raise(number);
    return number;
}
