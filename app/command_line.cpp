// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/command_line.hpp"

#include <QCommandLineParser>
#include <QRegularExpression>

namespace nitroscope::app {
namespace {

tl::unexpected<Error> refuse(const QString &message) {
    return failure(QStringLiteral("command-line"), message);
}

QList<QCommandLineOption> options() {
    const auto option = [](const char *names, const char *text, const char *value = "") {
        return QCommandLineOption(QString::fromLatin1(names).split(QLatin1Char(' ')),
                                  QString::fromLatin1(text), QString::fromLatin1(value));
    };
    return {option("h help", "Show this help."),
            option("v version", "Show the version."),
            option("run", "Start the EIF at once; the default when one is given."),
            option("no-run", "Only show the EIF."),
            option("memory", "Guest memory in MiB.", "MiB"),
            option("cpu-count", "Number of virtual CPUs.", "N"),
            option("debug-mode", "PCR 0-2 and 8 read as zero, as on EC2."),
            option("no-strict", "Warn about what the real platform refuses, and boot anyway."),
            option("qemu", "The QEMU program to use.", "FILE"),
            option("appearance", "Colours: system, light or dark.", "NAME"),
            option("size", "Size of the window.", "WIDTHxHEIGHT"),
            option("screenshot", "Save a picture of the window as PNG.", "FILE"),
            option("after", "When to take it: \"ready\" (the default) or a number of seconds.", "WHEN"),
            option("quit", "Quit after the screenshot.")};
}

} // namespace

QString commandLineHelp() {
    QString text = QStringLiteral("Usage: nitroscope [OPTION]... [EIF]\n"
                                  "Debug workbench for AWS Nitro Enclaves.\n\n");
    for (const QCommandLineOption &option : options()) {
        QStringList names;
        for (const QString &name : option.names())
            names << (name.size() == 1 ? QStringLiteral("-") : QStringLiteral("--")) + name;
        QString left = QStringLiteral("  ") + names.join(QStringLiteral(", "));
        if (!option.valueName().isEmpty())
            left += QLatin1Char(' ') + option.valueName();
        text += left.leftJustified(28) + QLatin1Char(' ') + option.description() + QLatin1Char('\n');
    }
    return text + QStringLiteral("\nWithout EIF the window opens empty; drop one on it.\n");
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
    if (parser.positionalArguments().size() > 1)
        return refuse(QStringLiteral("Only one EIF can be opened."));
    line.eifPath = parser.positionalArguments().value(0);
    line.run = !isSet("no-run");
    line.debugMode = isSet("debug-mode");
    line.lenient = isSet("no-strict");
    line.qemuPath = value("qemu");
    bool ok = true;
    if (isSet("memory")) {
        line.memoryMiB = value("memory").toULongLong(&ok);
        if (!ok || *line.memoryMiB == 0 || *line.memoryMiB > (1 << 20))
            return refuse(QStringLiteral("--memory wants a number of MiB."));
    }
    if (isSet("cpu-count")) {
        line.cpuCount = value("cpu-count").toUInt(&ok);
        if (!ok || *line.cpuCount < 1 || *line.cpuCount > 128)
            return refuse(QStringLiteral("--cpu-count wants a number from 1 to 128."));
    }
    if (isSet("appearance")) {
        const qsizetype number =
            QStringList{QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")}.indexOf(
                value("appearance"));
        if (number < 0)
            return refuse(QStringLiteral("--appearance is system, light or dark."));
        line.appearance = static_cast<Appearance>(number);
    }
    if (isSet("size")) {
        static const QRegularExpression shape(QStringLiteral("^([0-9]{2,5})x([0-9]{2,5})$"));
        const QRegularExpressionMatch match = shape.match(value("size"));
        if (!match.hasMatch())
            return refuse(QStringLiteral("--size looks like 1400x900."));
        line.size = QSize(match.captured(1).toInt(), match.captured(2).toInt());
    }
    if (isSet("screenshot")) {
        ScreenshotRequest request;
        request.path = value("screenshot");
        request.then = isSet("quit") ? ScreenshotRequest::Then::quit : ScreenshotRequest::Then::keepRunning;
        if (isSet("after") && value("after") != QStringLiteral("ready")) {
            const double seconds = value("after").toDouble(&ok);
            if (!ok || seconds < 0 || seconds > 86400)
                return refuse(QStringLiteral("--after is \"ready\" or a number of seconds."));
            request.after = std::chrono::milliseconds(static_cast<qint64>(seconds * 1000));
        }
        line.screenshot = request;
    } else if (isSet("after") || isSet("quit")) {
        return refuse(QStringLiteral("--after and --quit go with --screenshot."));
    }
    return line;
}

void CommandLine::applyTo(LaunchSpec &spec) const {
    spec.memoryMiB = memoryMiB.value_or(spec.memoryMiB);
    spec.cpuCount = cpuCount.value_or(spec.cpuCount);
    spec.debugMode = spec.debugMode || debugMode;
    spec.strict = spec.strict && !lenient;
    if (!qemuPath.isEmpty())
        spec.qemuPath = qemuPath;
}

} // namespace nitroscope::app
