// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/eif/command_words.hpp"

#include <CLI/Option.hpp>

namespace nitroscope::cli {
namespace {

constexpr auto commandOption = "--cmd";

bool isOwnOption(const CLI::App &command, const std::string &word) {
    return word.starts_with('-') && command.get_option_no_throw(word.substr(0, word.find('='))) != nullptr;
}

} // namespace

std::vector<std::string> withCommandWords(const CLI::App &buildEnclave,
                                          const std::vector<std::string> &words) {
    enum class Place { options, command, afterDashes } place = Place::options;
    std::vector<std::string> marked;
    for (const std::string &word : words) {
        if (place != Place::afterDashes && word == "--") {
            place = Place::afterDashes;
        } else if (place != Place::afterDashes && word == commandOption) {
            place = Place::command;
        } else if (place != Place::afterDashes && isOwnOption(buildEnclave, word)) {
            place = word.starts_with("--cmd=") ? Place::command : Place::options;
            marked.push_back(word);
        } else if (place == Place::options) {
            marked.push_back(word);
        } else if (word.empty()) { // "--cmd=" would have no value
            marked.emplace_back(commandOption);
            marked.push_back(word);
        } else {
            marked.push_back(commandOption + ('=' + word));
        }
    }
    // Without a word it is wrong, which the parser says best.
    if (place == Place::command && !words.empty() && words.back() == commandOption)
        marked.emplace_back(commandOption);
    return marked;
}

} // namespace nitroscope::cli
