// SPDX-License-Identifier: GPL-2.0-or-later
//
// The launch options as data: what launch_options.def says of each, and how its value in a LaunchSpec is read,
// checked and written. Command lines, dialog, preferences, configuration and QEMU's arguments are loops over
// this table, and know no option by name.
#pragma once

#include "app/core/result.hpp"
#include "app/session/launch/launch_spec.hpp"

#include <QVariant>
#include <span>
#include <string_view>
#include <variant>

namespace nitroscope::app {

// Where an option can be said.
enum OptionPlaces : unsigned {
    inRunEnclave = 1, // nitroscope-cli run-enclave
    inGdb = 2,        // nitroscope-cli gdb
    inWindow = 4,     // command line of nitroscope
    remembered = 8,   // by the window, in its preferences
    inReplay = 16,    // nitroscope-cli replay
    everywhere = inRunEnclave | inGdb | inWindow | remembered
};

// How QEMU is told a value.
struct QemuTarget {
    enum class Where {
        none,     // not by an argument, or by one that launchArguments() writes itself
        argument, // as the argument's value; left out when that is empty
        machine,  // property of -machine      these three only when the value differs from the default,
        device,   // -global DRIVER.PROPERTY   because machine and app have the same defaults
        plugin    // of nitroscope-trace; loaded when one of its options does
    };
    Where where = Where::none;
    const char *name = nullptr;
};

// Where the launch dialog shows an option.
enum class OptionPage { none, enclave, identity, experiments, vsock };

struct LaunchOption {
    const char *name = nullptr; // "cpu-count"
    const char *value = "";     // what stands for its value in help texts
    const char *help =
        nullptr; // one line without a full stop; of a flag that is on, what it means to turn it off
    const char *otherwise = ""; // its default, in words
    quint64 min = 0, max = 0;   // of numbers; a default may be outside and then means that nothing was said
    bool takesDefault = false;  // it can be said all the same, as nitro-cli's --enclave-cid 0
    const char *words = ""; // "tcg|kvm"; "on=Answered at once|…" has what the dialog says after each word
    const char *needs = ""; // another option without which run-enclave does not take it
    unsigned places = inRunEnclave | inWindow | remembered;
    const char *config = ""; // its name in nitro-cli's JSON configuration
    QemuTarget qemu = {};
    // On a command line, when there is more to say than a value.
    Result<void> (*read)(LaunchSpec &spec, const QString &text) = nullptr;
    // Beyond its kind; a list is judged as a whole.
    Result<void> (*check)(const QStringList &values) = nullptr;
    // Whether this computer can do it now: what QEMU alone would refuse, in words that are not ours.
    Result<void> (*ready)(const LaunchSpec &spec) = nullptr;

    OptionPage page = OptionPage::none;
    const char *label = "";
    const char *title = "";       // for screen readers and messages; "" = the label
    const char *placeholder = ""; // "" = its default, in words
    const char *suffix = "";      // of a number
    int step = 1;
    const char *hint = "";        // tool tip
    const char *explanation = ""; // under the field
    const char *besideWhen = "";  // stands beside the option before it, enabled with this word of it
    bool isLocal = false; // means something on this computer or of this start only: not kept in a recording

    // Set by the table.
    OptionKind kind = OptionKind::flag;
    const char *key = nullptr; // in the preferences: "launch/vsock/cid"
    using Field = std::variant<bool *, int *, quint32 *, quint64 *, QString *, QStringList *, Accelerator *>;
    Field (*field)(LaunchSpec &spec) = nullptr;

    bool isIn(OptionPlaces place) const { return (places & place) != 0; }
    bool isSwitch() const { return kind == OptionKind::flag || kind == OptionKind::onOff; }
    bool isNumber() const { return kind == OptionKind::number || kind == OptionKind::mebibytes; }
};

// All of them, in the table's order.
std::span<const LaunchOption> launchOptions();
// The one of this name, which must be in the table.
const LaunchOption &launchOption(std::string_view name);

// Words of help texts and messages.
QString optionTitle(const LaunchOption &option);     // "Enclave's CID"
QString optionValueName(const LaunchOption &option); // "FILE", "tcg|kvm"
QString optionHelp(const LaunchOption &option);      // its help with the range and the default
QList<std::pair<QString, QString>> optionWords(const LaunchOption &option); // word, what it means

// Before a start: the sentence of the first option that this computer cannot do now.
Result<void> checkReadiness(const LaunchSpec &spec);

// A value as bool, qlonglong, QString or QStringList.
QVariant valueOf(const LaunchOption &option, const LaunchSpec &spec);
bool isDefault(const LaunchOption &option, const LaunchSpec &spec);
void resetToDefault(const LaunchOption &option, LaunchSpec &spec);

// Error launch-option, with a sentence part that follows the option's name; the errors of vsock_options.hpp.
// From a value of the right type.
Result<void> setValue(const LaunchOption &option, LaunchSpec &spec, const QVariant &value);
// From what stands on a command line; a list gets one more element.
Result<void> setFromText(const LaunchOption &option, LaunchSpec &spec, const QString &text);

} // namespace nitroscope::app
