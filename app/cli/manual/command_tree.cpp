// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/manual/command_tree.hpp"

#include "app/cli/kit/arguments.hpp"

#include <CLI/Option.hpp>

namespace nitroscope::cli {

namespace {

bool isShown(const CLI::Option *option) {
    return !option->get_group().empty();
}

} // namespace

std::vector<const CLI::App *> shownCommands(const CLI::App &command) {
    return command.get_subcommands([](const CLI::App *one) { return !one->get_group().empty(); });
}

std::vector<const CLI::Option *> shownOptions(const CLI::App &command) {
    return command.get_options(
        [](const CLI::Option *option) { return isShown(option) && !option->get_positional(); });
}

std::vector<const CLI::Option *> positionals(const CLI::App &command) {
    return command.get_options(
        [](const CLI::Option *option) { return isShown(option) && option->get_positional(); });
}

// The parser's own text has the check behind a colon: "STAGE:{reset,init}".
QString valueName(const CLI::Option &option) {
    return option.get_expected_max() == 0 ? QString()
                                          : textOf(option.get_type_name()).section(u':', 0, 0).trimmed();
}

QStringList valueChoices(const CLI::Option &option) {
    const QString type = textOf(option.get_type_name());
    if (const qsizetype open = type.indexOf(u'{'), end = type.indexOf(u'}'); open >= 0 && end > open)
        return type.mid(open + 1, end - open - 1).split(u',', Qt::SkipEmptyParts);
    // Words in capitals stand for something else.
    QStringList words = valueName(option).split(u'|');
    words.removeIf([](const QString &word) { return word != word.toLower(); });
    return words.size() > 1 || valueName(option).contains(u'|') ? words : QStringList();
}

} // namespace nitroscope::cli
