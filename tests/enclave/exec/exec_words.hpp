// SPDX-License-Identifier: GPL-2.0-or-later
//
// Words as execve(2) takes them: one pointer each, a null pointer behind the last.
#pragma once

#include <string>
#include <vector>

namespace nitroscope::enclave {

// The words must outlive the list.
inline std::vector<char *> execWords(const std::vector<std::string> &words) {
    std::vector<char *> list;
    for (const auto &word : words)
        list.push_back(const_cast<char *>(word.c_str()));
    list.push_back(nullptr);
    return list;
}

} // namespace nitroscope::enclave
