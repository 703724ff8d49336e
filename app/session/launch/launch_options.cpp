// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/launch_options.hpp"

#include "app/session/launch/kvm_access.hpp"
#include "app/session/launch/recordable.hpp"
#include "app/session/launch/vsock_options.hpp"
#include "plugins/format/profile_period.h"
#include "qemu-machine/launch/limits.h"
#include "qemu-machine/vsock/protocol/vsock_protocol.h"

#include <algorithm>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr QemuTarget argument(const char *name) {
    return {QemuTarget::Where::argument, name};
}
constexpr QemuTarget machine(const char *property) {
    return {QemuTarget::Where::machine, property};
}
constexpr QemuTarget device(const char *property) {
    return {QemuTarget::Where::device, property};
}
constexpr QemuTarget plugin(const char *option) {
    return {QemuTarget::Where::plugin, option};
}

tl::unexpected<Error> refuse(const QString &message) {
    return failure(u"launch-option"_s, message);
}

Result<void> checkSocketPath(const QStringList &paths) {
    return checkVsockPath(paths.value(0));
}

Result<void> checkAccelerator(const LaunchSpec &spec) {
    return spec.accelerator == Accelerator::kvm ? checkKvm() : Result<void>();
}

// "delay=250": the device has two properties for it.
Result<void> readHeartbeat(LaunchSpec &spec, const QString &text) {
    static const QRegularExpression form(u"^(on|off|wrong|delay)(?:(?<=delay)=([0-9]{1,9}))?$"_s);
    const auto match = form.match(text);
    if (!match.hasMatch())
        return refuse(u"is on, off, wrong, delay or delay=MILLISECONDS"_s);
    spec.vsock.heartbeat = match.captured(1);
    spec.vsock.heartbeatDelay = match.captured(2).toUInt();
    return {};
}

template <class Type>
LaunchOption row(LaunchOption option, const char *key, LaunchOption::Field (*field)(LaunchSpec &)) {
    option.kind = Type::kind;
    option.key = key;
    option.field = field;
    return option;
}

#define TEXT_OF_TOKEN(token) #token
#define TEXT_OF(macro) TEXT_OF_TOKEN(macro)

tl::unexpected<Error> refuseNumber(const LaunchOption &option, const QString &text) {
    return refuse(u"‘%1’ is not a number from %2 to %3"_s.arg(text).arg(option.min).arg(option.max));
}

// Numbers come from JSON as doubles.
Result<qlonglong> wholeNumber(const LaunchOption &option, const QVariant &value) {
    bool isNumber = false;
    const double number = value.toDouble(&isNumber);
    if (isNumber && option.takesDefault && number == valueOf(option, LaunchSpec()).toDouble())
        return qlonglong(number);
    if (!isNumber || value.typeId() == QMetaType::Bool || number < double(option.min) ||
        number > double(option.max) || number != double(qlonglong(number)))
        return refuseNumber(option, value.toString());
    return qlonglong(number);
}

Result<QString> knownWord(const LaunchOption &option, const QString &word) {
    QStringList known;
    for (const auto &[name, meaning] : optionWords(option))
        known << name;
    if (!known.contains(word))
        return refuse(u"‘%1’ is not one of: %2"_s.arg(word, known.join(u", "_s)));
    return word;
}

Result<void> assign(const LaunchOption &, bool *field, const QVariant &value) {
    if (value.typeId() != QMetaType::Bool)
        return refuse(u"‘%1’ is neither true nor false"_s.arg(value.toString()));
    *field = value.toBool();
    return {};
}

template <class Number>
Result<void> assign(const LaunchOption &option, Number *field, const QVariant &value) {
    const auto number = wholeNumber(option, value);
    if (!number)
        return tl::unexpected(number.error());
    *field = static_cast<Number>(*number);
    return {};
}

Result<void> assign(const LaunchOption &option, QString *field, const QVariant &value) {
    if (value.typeId() != QMetaType::QString)
        return refuse(u"is not text"_s);
    const QString text = value.toString();
    if (option.kind == OptionKind::word)
        if (const auto word = knownWord(option, text); !word)
            return tl::unexpected(word.error());
    if (option.check)
        if (auto checked = option.check({text}); !checked)
            return checked;
    *field = text;
    return {};
}

Result<void> assign(const LaunchOption &option, QStringList *field, const QVariant &value) {
    if (value.typeId() != QMetaType::QStringList)
        return refuse(u"is not a list of strings"_s);
    const QStringList texts = value.toStringList();
    if (option.check)
        if (auto checked = option.check(texts); !checked)
            return checked;
    *field = texts;
    return {};
}

Result<void> assign(const LaunchOption &option, Accelerator *field, const QVariant &value) {
    const auto words = optionWords(option);
    for (int i = 0; i < words.size(); ++i)
        if (words[i].first == value.toString()) {
            *field = static_cast<Accelerator>(i);
            return {};
        }
    return tl::unexpected(knownWord(option, value.toString()).error());
}

} // namespace

std::span<const LaunchOption> launchOptions() {
    static const LaunchOption options[] = {
#define LAUNCH_OPTION(TYPE, MEMBER, DEFAULT, ...)                                                            \
    row<launch_type::TYPE>({__VA_ARGS__}, "launch/" #MEMBER,                                                 \
                           [](LaunchSpec &spec) -> LaunchOption::Field { return &spec.MEMBER; }),
#define VSOCK_OPTION(TYPE, MEMBER, DEFAULT, ...)                                                             \
    row<launch_type::TYPE>({__VA_ARGS__}, "launch/vsock/" #MEMBER,                                           \
                           [](LaunchSpec &spec) -> LaunchOption::Field { return &spec.vsock.MEMBER; }),
#include "app/session/launch/launch_options.def"
#undef LAUNCH_OPTION
#undef VSOCK_OPTION
    };
    return options;
}

const LaunchOption &launchOption(std::string_view name) {
    const auto options = launchOptions();
    const auto found =
        std::ranges::find_if(options, [name](const auto &option) { return option.name == name; });
    Q_ASSERT(found != options.end());
    return *found;
}

QString optionTitle(const LaunchOption &option) {
    return QString::fromUtf8(*option.title ? option.title : option.label).remove(u'&');
}

QString optionValueName(const LaunchOption &option) {
    if (*option.value)
        return QString::fromUtf8(option.value);
    QStringList words;
    for (const auto &[word, meaning] : optionWords(option))
        words << word;
    return option.kind == OptionKind::onOff ? u"on|off"_s : words.join(u'|');
}

QString optionHelp(const LaunchOption &option) {
    QString text = QString::fromUtf8(option.help);
    if (option.kind == OptionKind::number)
        text += u" (%1 to %2)"_s.arg(option.min).arg(option.max);
    if (*option.otherwise)
        text += u" [%1]"_s.arg(QString::fromUtf8(option.otherwise));
    return text;
}

QList<std::pair<QString, QString>> optionWords(const LaunchOption &option) {
    QList<std::pair<QString, QString>> words;
    for (const QString &word : QString::fromUtf8(option.words).split(u'|', Qt::SkipEmptyParts))
        words.emplace_back(word.section(u'=', 0, 0), word.section(u'=', -1));
    return words;
}

Result<void> checkReadiness(const LaunchSpec &spec) {
    for (const LaunchOption &option : launchOptions())
        if (option.ready)
            if (auto ready = option.ready(spec); !ready)
                return ready;
    return {};
}

QVariant valueOf(const LaunchOption &option, const LaunchSpec &spec) {
    // The table has one way to the member, which could also write it.
    const auto field = option.field(const_cast<LaunchSpec &>(spec));
    return std::visit(
        [&option](const auto *value) -> QVariant {
            using Value = std::remove_cvref_t<decltype(*value)>;
            if constexpr (std::is_same_v<Value, Accelerator>)
                return optionWords(option).value(static_cast<int>(*value)).first;
            else if constexpr (std::is_integral_v<Value> && !std::is_same_v<Value, bool>)
                return static_cast<qlonglong>(*value);
            else
                return *value;
        },
        field);
}

bool isDefault(const LaunchOption &option, const LaunchSpec &spec) {
    return valueOf(option, spec) == valueOf(option, LaunchSpec());
}

void resetToDefault(const LaunchOption &option, LaunchSpec &spec) {
    LaunchSpec defaults;
    std::visit([other = option.field(defaults)](auto *field) { *field = *std::get<decltype(field)>(other); },
               option.field(spec));
}

Result<void> setValue(const LaunchOption &option, LaunchSpec &spec, const QVariant &value) {
    return std::visit([&](auto *field) { return assign(option, field, value); }, option.field(spec));
}

Result<void> setFromText(const LaunchOption &option, LaunchSpec &spec, const QString &text) {
    if (option.read)
        return option.read(spec, text);
    switch (option.kind) {
    case OptionKind::flag:
    case OptionKind::onOff:
        if (text != "on"_L1 && text != "off"_L1)
            return refuse(u"‘%1’ is not one of: on, off"_s.arg(text));
        return setValue(option, spec, text == "on"_L1);
    case OptionKind::list:
        return setValue(option, spec, valueOf(option, spec).toStringList() << text);
    case OptionKind::number:
    case OptionKind::mebibytes: {
        static const QRegularExpression form(u"^([0-9]{1,12}) ?([MGT]?)$"_s,
                                             QRegularExpression::CaseInsensitiveOption);
        const auto match = form.match(text);
        const QString unit = match.captured(2).toUpper();
        if (!match.hasMatch() || (option.kind == OptionKind::number && !unit.isEmpty()))
            return refuseNumber(option, text);
        const qlonglong factor = unit == u"G" ? 1024 : unit == u"T" ? 1024 * 1024 : 1;
        return setValue(option, spec, match.captured(1).toLongLong() * factor);
    }
    case OptionKind::text:
    case OptionKind::word:
    case OptionKind::path:
    case OptionKind::newPath:
        break;
    }
    return setValue(option, spec, text);
}

} // namespace nitroscope::app
