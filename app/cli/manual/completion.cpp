// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/manual/completion.hpp"

#include "app/cli/kit/arguments.hpp"
#include "app/cli/manual/command_tree.hpp"
#include "app/proto/pcapng/record_fields.hpp"
#include "app/session/registry/enclave_registry.hpp"

#include <CLI/Option.hpp>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using Word = Completions::Word;

constexpr int pcrCount = 32;

// Where a line has come to: the command, the option that waits for its value, and how many positionals are there.
struct Position {
    const CLI::App *command;
    const CLI::Option *waiting = nullptr;
    std::size_t positionals = 0;
};

const CLI::App *commandNamed(const CLI::App &parent, const QString &word) {
    for (const CLI::App *one : shownCommands(parent))
        if (textOf(one->get_name()) == word)
            return one;
    return nullptr;
}

Position positionAfter(const CLI::App &parser, const QStringList &words) {
    Position at{&parser};
    for (const QString &word : words) {
        if (at.waiting) {
            at.waiting = nullptr;
        } else if (word.startsWith(u'-') && word.size() > 1) {
            const CLI::Option *option = at.command->get_option_no_throw(word.toStdString());
            if (option && !option->get_positional() && option->get_expected_max() > 0)
                at.waiting = option;
        } else if (const CLI::App *below = commandNamed(*at.command, word)) {
            at = {below};
        } else {
            ++at.positionals;
        }
    }
    return at;
}

// Fields go on with an operator, so they keep the cursor; what stands before them in the word stays.
void addFilterFields(const QString &current, Completions &found) {
    qsizetype start = current.size();
    while (start > 0 && current[start - 1].isLetter())
        --start;
    for (const pcapng::FilterFieldName &field : pcapng::filterFields())
        found.words.append(
            {current.left(start) + QLatin1String(field.name), QString::fromLatin1(field.help)});
    found.keepsOpen = true;
}

void addEnclaves(bool byName, Completions &found) {
    const auto records = app::EnclaveRegistry().list();
    if (!records)
        return;
    for (const app::EnclaveRecord &record : *records) {
        const QString state = record.isRunning() ? u"running"_s : u"ended"_s;
        found.words.append(byName ? Word{record.name, state + u", "_s + record.id}
                                  : Word{record.id, state + u", "_s + record.name});
    }
}

void addValues(const CLI::Option &option, const QString &current, Completions &found) {
    const QString value = valueName(option);
    for (const QString &choice : valueChoices(option))
        found.words.append({choice, {}});
    if (value == u"N=HEX"_s) {
        for (int index = 0; index < pcrCount; ++index)
            found.words.append({QString::number(index) + u'=', u"PCR%1"_s.arg(index)});
        found.keepsOpen = true;
    } else if (value == u"EXPRESSION"_s) {
        addFilterFields(current, found);
    } else if (option.check_lname("enclave-id") || option.check_lname("enclave-name")) {
        addEnclaves(option.check_lname("enclave-name"), found);
    } else if (found.words.isEmpty() || value.contains(u"FILE"_s)) {
        static const QStringList paths{u"FILE"_s, u"FOLDER"_s, u"PATH"_s, u"EIF"_s, u"OUT"_s, u"ROOT"_s};
        found.takesFiles = std::any_of(paths.begin(), paths.end(),
                                       [&](const QString &path) { return value.contains(path); });
    }
}

void addOptionNames(const CLI::App &command, Completions &found) {
    for (const CLI::Option *option : shownOptions(command))
        for (const std::string &name : option->get_lnames())
            found.words.append({u"--"_s + textOf(name), textOf(option->get_description())});
}

} // namespace

Completions completionsFor(const CLI::App &parser, const QStringList &words) {
    Completions found;
    const QString current = words.value(words.size() - 1);
    const Position at = positionAfter(parser, words.mid(0, words.size() - 1));
    if (at.waiting) {
        addValues(*at.waiting, current, found);
    } else if (current.startsWith(u'-')) {
        addOptionNames(*at.command, found);
    } else {
        for (const CLI::App *one : shownCommands(*at.command))
            found.words.append({textOf(one->get_name()), textOf(one->get_description())});
        // The last positional may take any number of words.
        const auto expected = positionals(*at.command);
        if (!expected.empty()) {
            addValues(*expected[std::min(at.positionals, expected.size() - 1)], current, found);
            found.takesFiles = found.takesFiles || found.words.isEmpty();
        }
    }
    found.words.removeIf([&](const Word &word) { return !word.text.startsWith(current); });
    return found;
}

} // namespace nitroscope::cli
