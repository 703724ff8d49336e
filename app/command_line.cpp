// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/command_line.hpp"

#include "app/core/manual/manual_page.hpp"
#include "app/session/launch/launch_options.hpp"

#include <QCommandLineParser>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

tl::unexpected<Error> refuse(const QString &message) {
    return failure(u"command-line"_s, message);
}

// What is on unless said otherwise is turned off.
QString nameOf(const LaunchOption &option) {
    const bool turnsOff = option.isSwitch() && valueOf(option, LaunchSpec()).toBool();
    return (turnsOff ? u"no-"_s : QString()) + QLatin1String(option.name);
}

// Puts what was said of one option into the spec.
Result<void> take(const LaunchOption &option, const QStringList &values, LaunchSpec &spec) {
    if (option.isSwitch())
        return setValue(option, spec, !valueOf(option, LaunchSpec()).toBool());
    if (option.kind == OptionKind::list)
        return setValue(option, spec, values);
    return setFromText(option, spec, values.last());
}

QList<QCommandLineOption> options() {
    const auto option = [](const char *names, const char *text, const char *value = "") {
        return QCommandLineOption(QString::fromLatin1(names).split(QLatin1Char(' ')),
                                  QString::fromLatin1(text), QString::fromLatin1(value));
    };
    QList<QCommandLineOption> options{option("h help", "Show this help."),
                                      option("v version", "Show the version."),
                                      option("run", "Start the EIF at once; the default when one is given."),
                                      option("no-run", "Only show the EIF.")};
    for (const LaunchOption &launch : launchOptions())
        if (launch.isIn(inWindow))
            options << QCommandLineOption(nameOf(launch), optionHelp(launch) + u'.',
                                          launch.isSwitch() ? QString() : optionValueName(launch));
    options << QList<QCommandLineOption>{
        option("appearance", "Colours: system, light or dark.", "NAME"),
        option("size", "Size of the window.", "WIDTHxHEIGHT"),
        option("screenshot", "Save a picture of the window as PNG.", "FILE"),
        option("after", "When to take it: \"ready\" (the default) or a number of seconds.", "WHEN"),
        option("quit", "Quit after the screenshot."),
        option("manual-page", "Write this help as a manual page, and quit.", "FILE")};
    return options;
}

// "-h, --help", "--size WIDTHxHEIGHT".
QString termOf(const QCommandLineOption &option) {
    QStringList names;
    for (const QString &name : option.names())
        names << (name.size() == 1 ? u"-"_s : u"--"_s) + name;
    const QString value = option.valueName();
    return names.join(u", "_s) + (value.isEmpty() ? QString() : u' ' + value);
}

constexpr auto withoutEif = "Without EIF the window opens empty; drop one on it.";

} // namespace

QString commandLineHelp() {
    QString text = u"Usage: nitroscope [OPTION]... [EIF]\n"
                   "Debug workbench for AWS Nitro Enclaves.\n\n"_s;
    for (const QCommandLineOption &option : options())
        text += (u"  "_s + termOf(option)).leftJustified(28) + QLatin1Char(' ') + option.description() +
                QLatin1Char('\n');
    return text + u'\n' + QLatin1String(withoutEif) + u'\n';
}

QByteArray commandLineManual() {
    ManualPage page(u"nitroscope"_s, u"debug workbench for AWS Nitro Enclaves"_s);
    page.section(u"Synopsis"_s);
    page.text(u"nitroscope [OPTION]... [EIF]"_s);
    page.section(u"Description"_s);
    page.text(QLatin1String(withoutEif));
    page.section(u"Options"_s);
    for (const QCommandLineOption &option : options())
        page.item(termOf(option), option.description());
    page.seeAlso({u"nitroscope-cli"_s});
    return page.roff();
}

Result<CommandLine> readCommandLine(const QStringList &arguments) {
    QCommandLineParser parser;
    parser.addOptions(options());
    if (!parser.parse(arguments))
        return refuse(parser.errorText());
    CommandLine line;
    const auto isSet = [&](const char *name) { return parser.isSet(QLatin1String(name)); };
    const auto value = [&](const char *name) { return parser.value(QLatin1String(name)); };
    if (isSet("help") || isSet("version")) {
        line.mode = isSet("help") ? CommandLine::Mode::help : CommandLine::Mode::version;
        return line;
    }
    if (isSet("manual-page")) {
        line.mode = CommandLine::Mode::manualPage;
        line.manualPage = value("manual-page");
        return line;
    }
    if (parser.positionalArguments().size() > 1)
        return refuse(u"Only one EIF can be opened."_s);
    line.eifPath = parser.positionalArguments().value(0);
    line.run = !isSet("no-run");
    LaunchSpec trial;
    for (const LaunchOption &option : launchOptions()) {
        const QString name = nameOf(option);
        if (!option.isIn(inWindow) || !parser.isSet(name))
            continue;
        if (const auto taken = take(option, parser.values(name), trial); !taken)
            return refuse(u"--%1: %2"_s.arg(name, taken.error().message));
        line.launch.append({&option, parser.values(name)});
    }
    bool ok = true;
    if (isSet("appearance")) {
        const qsizetype number = QStringList{u"system"_s, u"light"_s, u"dark"_s}.indexOf(value("appearance"));
        if (number < 0)
            return refuse(u"--appearance is system, light or dark."_s);
        line.appearance = static_cast<Appearance>(number);
    }
    if (isSet("size")) {
        static const QRegularExpression shape(u"^([0-9]{2,5})x([0-9]{2,5})$"_s);
        const QRegularExpressionMatch match = shape.match(value("size"));
        if (!match.hasMatch())
            return refuse(u"--size looks like 1400x900."_s);
        line.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
    }
    if (isSet("screenshot")) {
        ScreenshotRequest request;
        request.path = value("screenshot");
        request.then = isSet("quit") ? ScreenshotRequest::Then::quit : ScreenshotRequest::Then::keepRunning;
        if (isSet("after") && value("after") != u"ready"_s) {
            const double seconds = value("after").toDouble(&ok);
            if (!ok || seconds < 0 || seconds > 86400)
                return refuse(u"--after is \"ready\" or a number of seconds."_s);
            request.after = std::chrono::milliseconds(static_cast<qint64>(seconds * 1000));
        }
        line.screenshot = request;
    } else if (isSet("after") || isSet("quit")) {
        return refuse(u"--after and --quit go with --screenshot."_s);
    }
    return line;
}

void CommandLine::applyTo(LaunchSpec &spec) const {
    for (const auto &[option, values] : launch)
        (void)take(*option, values, spec); // was tried when the command line was read
}

} // namespace nitroscope::app
