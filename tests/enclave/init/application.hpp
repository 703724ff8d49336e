// SPDX-License-Identifier: GPL-2.0-or-later
//
// The enclave's application: started from the lines of /cmd (one argument each) with the lines of /env as
// its environment, as in images made by nitro-cli. Its output comes through a pipe, so that it does not mix
// with the line that somebody is typing on the console.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <sys/types.h>
#include <tl/expected.hpp>
#include <vector>

namespace nitroscope::demo {

class Application {
public:
    // Reads /cmd and /env; to be called before the root directory changes. Returns what is missing.
    std::vector<std::string> readSettings();
    void addEnvironment(std::string variable) { m_environment.push_back(std::move(variable)); }

    // Starts it in a session of its own. The error is a sentence.
    tl::expected<void, std::string> start();

    bool running() const { return m_process > 0; }
    pid_t process() const { return m_process; }
    const std::vector<std::string> &arguments() const { return m_arguments; }

    // To poll for reading; -1 once the application has closed its output.
    int output() const { return m_output; }
    // Reads what has come and returns the complete lines; an unfinished last one when it ended.
    std::deque<std::string> readLines();

    // Reaps every child that has ended; says how the application ended when it was among them.
    std::optional<std::string> reap();

private:
    std::vector<std::string> m_arguments, m_environment;
    std::string m_unfinished;
    pid_t m_process = -1;
    int m_output = -1;
};

} // namespace nitroscope::demo
