// SPDX-License-Identifier: GPL-2.0-or-later
//
// The demo enclave's application, started by init from /cmd and /env with its own tree as root. It shows what
// an application sees there (arguments, environment, files), serves on vsock (vsock.hpp) and then stays alive
// with a line and a request to the parent once a minute.
// Its environment steers it:
//   DEMO_ONCE=1        end after the first look
//   DEMO_STATUS=N      end with this status instead of 0
//   DEMO_INTERVAL=N    seconds between two lines, at least 1

#include "tests/enclave/app/agent.hpp"
#include "tests/enclave/app/vsock.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

// Files of this tree that show the second ramdisk's content arrived.
constexpr const char *messageOfTheDay = "/etc/motd", *dataFolder = "/usr/share/nitroscope-demo";

int number(const char *variable, int otherwise) {
    const char *text = std::getenv(variable);
    return text != nullptr ? std::atoi(text) : otherwise;
}

void showFile(const char *path) {
    FILE *file = std::fopen(path, "r");
    if (file == nullptr) {
        std::printf("%s: %s\n", path, std::strerror(errno));
        return;
    }
    char line[256];
    while (std::fgets(line, sizeof line, file) != nullptr)
        std::printf("%s: %.*s\n", path, static_cast<int>(std::strcspn(line, "\n")), line);
    std::fclose(file);
}

std::vector<std::string> namesIn(const char *folder) {
    std::vector<std::string> names;
    if (DIR *directory = opendir(folder)) {
        while (const dirent *entry = readdir(directory))
            if (entry->d_name[0] != '.')
                names.emplace_back(entry->d_name);
        closedir(directory);
    }
    std::sort(names.begin(), names.end());
    return names;
}

void showSurroundings(int argc, char **argv) {
    for (int i = 0; i < argc; ++i)
        std::printf("argument %d: %s\n", i, argv[i]);
    for (char **variable = environ; *variable != nullptr; ++variable)
        std::printf("environment: %s\n", *variable);
    showFile(messageOfTheDay);
    for (const auto &name : namesIn(dataFolder))
        std::printf("file: %s/%s\n", dataFolder, name.c_str());
}

} // namespace

int main(int argc, char **argv) {
    using namespace nitroscope::demo;
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    showSurroundings(argc, argv);
    startService(echoPort, SOCK_STREAM, serveEcho);
    startService(agentPort, SOCK_STREAM, serveAgent);
    startSerialAgent();
    std::printf("vsock services are up: echo on port %u\n", echoPort);
    unsigned long requests = 0;
    std::printf("%s\n", askParent(++requests).c_str());
    const auto interval = static_cast<unsigned>(std::max(number("DEMO_INTERVAL", 60), 1));
    for (unsigned long seconds = interval; std::getenv("DEMO_ONCE") == nullptr; seconds += interval) {
        sleep(interval);
        std::printf("still here after %lu s; %s\n", seconds, askParent(++requests).c_str());
    }
    return number("DEMO_STATUS", 0);
}
