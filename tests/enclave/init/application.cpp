// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/enclave/init/application.hpp"

#include "tests/enclave/exec/exec_words.hpp"
#include "tests/enclave/init/text.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nitroscope::demo {
namespace {

// In the child: becomes the application or tells why not.
[[noreturn]] void become(const std::vector<std::string> &arguments,
                         const std::vector<std::string> &environment, int output) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    setsid();
    const int nothing = open("/dev/null", O_RDWR);
    dup2(nothing >= 0 ? nothing : output, STDIN_FILENO); // the console belongs to init's own commands
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    const auto argv = enclave::execWords(arguments);
    auto envp = enclave::execWords(environment);
    environ = envp.data();
    execvp(argv[0], argv.data()); // looks in the PATH of /env
    dprintf(STDERR_FILENO, "cannot start %s: %s\n", argv[0], std::strerror(errno));
    _exit(127);
}

} // namespace

std::vector<std::string> Application::readSettings() {
    std::vector<std::string> problems;
    const auto take = [&](const char *path, std::vector<std::string> &into) {
        if (const auto text = readFile(path)) {
            into = split(*text, "\n");
            unlink(path);
        } else {
            problems.push_back(std::string("cannot read ") + path + ": " + std::strerror(errno));
        }
    };
    take("/env", m_environment);
    take("/cmd", m_arguments);
    return problems;
}

tl::expected<void, std::string> Application::start() {
    if (m_arguments.empty())
        return tl::unexpected(std::string("there is no command in /cmd"));
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
        return tl::unexpected(std::string("cannot make a pipe: ") + std::strerror(errno));
    const pid_t child = fork();
    if (child == 0)
        become(m_arguments, m_environment, ends[1]);
    close(ends[1]);
    if (child < 0) {
        close(ends[0]);
        return tl::unexpected(std::string("cannot fork: ") + std::strerror(errno));
    }
    m_process = child;
    m_output = ends[0];
    return {};
}

std::deque<std::string> Application::readLines() {
    std::array<char, 1024> input;
    const ssize_t length = read(m_output, input.data(), input.size());
    std::deque<std::string> lines;
    if (length < 0 && errno == EINTR)
        return lines;
    if (length > 0) {
        m_unfinished.append(input.data(), static_cast<size_t>(length));
    } else {
        close(m_output);
        m_output = -1;
    }
    size_t start = 0;
    for (size_t end; (end = m_unfinished.find('\n', start)) != std::string::npos; start = end + 1)
        lines.push_back(m_unfinished.substr(start, end - start));
    m_unfinished.erase(0, start);
    // A line without an end must not grow without an end either.
    constexpr size_t maxLineLength = 4096;
    if (!m_unfinished.empty() && (m_output < 0 || m_unfinished.size() > maxLineLength))
        lines.push_back(std::exchange(m_unfinished, {}));
    return lines;
}

std::optional<std::string> Application::reap() {
    std::optional<std::string> ending;
    int status = 0;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (child != m_process)
            continue; // an orphan of the application
        m_process = -1;
        ending = WIFSIGNALED(status)
                     ? "application killed by signal " + std::to_string(WTERMSIG(status)) + " (" +
                           strsignal(WTERMSIG(status)) + ")"
                     : "application exited with status " + std::to_string(WEXITSTATUS(status));
    }
    return ending;
}

} // namespace nitroscope::demo
