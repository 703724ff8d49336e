// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/launch_options.hpp"

#include "app/cli/kit/arguments.hpp"

#include <CLI/Error.hpp>
#include <CLI/Validators.hpp>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

using app::LaunchOption;
using app::LaunchSpec;
using app::OptionKind;

QString decoded(const LaunchOption &option, const std::string &argument) {
    const bool isPath = option.kind == OptionKind::path || option.kind == OptionKind::newPath;
    return isPath ? pathOf(argument) : textOf(argument);
}

// Each value for itself; what a list says as a whole is judged when all of it is there.
std::string problemOf(const LaunchOption &option, const std::string &argument) {
    LaunchSpec trial;
    const auto taken = setFromText(option, trial, decoded(option, argument));
    return taken ? std::string() : taken.error().message.toStdString();
}

CLI::Option *addSwitch(CLI::App &command, const LaunchOption &option, const std::string &help,
                       LaunchSpec &spec) {
    const bool otherwise = valueOf(option, LaunchSpec()).toBool();
    const auto turn = [&option, &spec, otherwise] { (void)setValue(option, spec, !otherwise); };
    return command.add_flag_callback((otherwise ? "--no-" : "--") + std::string(option.name), turn, help);
}

CLI::Option *addList(CLI::App &command, const LaunchOption &option, const std::string &help,
                     LaunchSpec &spec) {
    const std::string name = std::string("--") + option.name;
    const auto take = [&option, &spec, name](const std::vector<std::string> &arguments) {
        QStringList values;
        for (const std::string &argument : arguments)
            values << decoded(option, argument);
        if (const auto taken = setValue(option, spec, values); !taken)
            throw CLI::ValidationError(name, taken.error().message.toStdString());
    };
    return command.add_option_function<std::vector<std::string>>(name, take, help)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Option *addValue(CLI::App &command, const LaunchOption &option, const std::string &help,
                      LaunchSpec &spec) {
    const auto take = [&option, &spec](const std::string &argument) {
        (void)setFromText(option, spec, decoded(option, argument)); // the validator has tried it
    };
    return command.add_option_function<std::string>(std::string("--") + option.name, take, help);
}

std::string helpOf(const LaunchOption &option) {
    if (option.kind != OptionKind::onOff)
        return optionHelp(option).toStdString();
    QString text = optionHelp(option);
    text[0] = text[0].toLower();
    const bool isOn = valueOf(option, LaunchSpec()).toBool();
    return (isOn ? u"off: %1 [on]"_s : u"on: %1 [off]"_s).arg(text).toStdString();
}

} // namespace

void addLaunchOptions(CLI::App &command, app::OptionPlaces place, LaunchSpec &spec) {
    for (const LaunchOption &option : app::launchOptions()) {
        if (!option.isIn(place))
            continue;
        const std::string help = helpOf(option);
        CLI::Option *added = nullptr;
        if (option.kind == OptionKind::flag) {
            added = addSwitch(command, option, help, spec);
        } else {
            added = option.kind == OptionKind::list ? addList(command, option, help, spec)
                                                    : addValue(command, option, help, spec);
            const auto check = [&option](std::string &argument) { return problemOf(option, argument); };
            added->check(CLI::Validator(check, "", ""))->type_name(optionValueName(option).toStdString());
        }
        if (*option.needs && (place == app::inRunEnclave || place == app::inReplay))
            added->needs(command.get_option(std::string("--") + option.needs));
    }
}

} // namespace nitroscope::cli
