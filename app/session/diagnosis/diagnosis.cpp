// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/diagnosis/diagnosis.hpp"

#include "app/formats/lint/lint.hpp"
#include "app/session/diagnosis/console_symptoms.hpp"
#include "app/session/run/console_scanner.hpp"
#include "app/session/run/init_words.hpp"

#include <algorithm>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using formats::LintFinding;
using formats::Severity;

namespace {

constexpr quint64 mib = 1024 * 1024;
constexpr qsizetype maxLine = 1024;  // bytes of a line that are looked at
constexpr qsizetype maxFindings = 6; // of lint, under one cause

struct Line {
    qsizetype number = 0; // from 1
    quint64 offset = 0;
    QByteArrayView text; // without its end
    bool isKernels = false;
};

template <class Take>
void eachLine(QByteArrayView console, Take take) {
    KernelLines kernels;
    qsizetype number = 0;
    for (qsizetype at = 0; at < console.size();) {
        qsizetype end = console.indexOf('\n', at);
        if (end < 0)
            end = console.size();
        QByteArrayView text = console.sliced(at, end - at);
        while (text.endsWith('\r'))
            text.chop(1);
        kernels.see(text);
        take(Line{++number, quint64(at), text.first(qMin(text.size(), maxLine)), kernels.isKernels(text)});
        at = end + 1;
    }
}

// "%1" to "%9" are the pattern's groups, "%M" the memory.
QString filled(const char *words, const QRegularExpressionMatch &match, quint64 memoryMiB) {
    QString text;
    const QString pattern = QString::fromUtf8(words);
    for (qsizetype i = 0; i < pattern.size(); ++i) {
        const QChar next = pattern[i] == u'%' && i + 1 < pattern.size() ? pattern[i + 1] : QChar();
        if (next == u'M') {
            text += memoryMiB > 0 ? u"%1 MiB"_s.arg(memoryMiB) : u"of a size that is not known"_s;
            ++i;
        } else if (next >= u'1' && next <= u'9') {
            text += match.captured(next.digitValue());
            ++i;
        } else {
            text += pattern[i];
        }
    }
    return text.simplified();
}

bool names(const ConsoleSymptom &symptom, const QString &rule) {
    for (const QLatin1String name : QLatin1String(symptom.rules).tokenize(u' '))
        if (name.endsWith(u'*') ? rule.startsWith(name.chopped(1)) : rule == name)
            return true;
    return false;
}

Ground groundOf(const Line &line) {
    return {u"console, line %1"_s.arg(line.number), QString::fromUtf8(line.text).trimmed(), {}, line.offset};
}

Ground groundOf(const LintFinding &finding) {
    Ground ground{u"image, %1"_s.arg(finding.where), finding.why, finding.rule, {}};
    if (!finding.range.isEmpty())
        ground.offset = finding.range.offset;
    return ground;
}

// Whether the finding says that something is wrong with this run: notes say what is worth knowing.
bool counts(const LintFinding &finding, const RunStory &run, const ImageStory &image) {
    if (finding.rule == "memory-to-unpack"_L1)
        return run.memoryMiB > 0 && run.memoryMiB * mib < image.leastMemory;
    return finding.severity == Severity::error || finding.severity == Severity::warning;
}

void addFindings(Cause &cause, const ConsoleSymptom &symptom, const RunStory &run, const ImageStory &image) {
    bool isExplained = false;
    for (const LintFinding &finding : image.findings.listed) {
        if (cause.grounds.size() > maxFindings)
            return;
        if (!names(symptom, finding.rule) || !counts(finding, run, image))
            continue;
        cause.grounds.append(groundOf(finding));
        const bool isReason = finding.severity == Severity::error || finding.rule == "memory-to-unpack"_L1;
        if (isReason && !isExplained) {
            isExplained = true;
            cause.sentence += u' ' + finding.why;
            if (!finding.advice.isEmpty())
                cause.advice = finding.advice;
        }
    }
}

// What init and the kernel said at the end, in the words that every run's end has.
std::optional<Cause> lastWords(const RunStory &run) {
    ConsoleScanner scanner;
    scanner.feed(run.console + '\n');
    const ProgramEnd program = scanner.programEnd();
    if (!scanner.hasPanicked() && program.kind == ProgramEnd::Kind::unknown)
        return std::nullopt;
    const EndReason reason = scanner.hasPanicked() ? explainPanic(scanner.panicLine(), scanner.lastLine())
                                                   : explainProgramEnd(program);
    Cause cause{
        scanner.hasPanicked() ? u"kernel-panic"_s : u"program-failed"_s, reason.message, reason.advice, {}};
    return cause;
}

Cause imageErrors(const ImageStory &image) {
    Cause cause{u"image-errors"_s,
                u"The console does not say why. Lint finds errors in the image that may explain it."_s,
                u"Mend them first: `nitroscope-cli eif lint` has them all."_s,
                {}};
    for (const LintFinding &finding : image.findings.listed)
        if (finding.severity == Severity::error && cause.grounds.size() < maxFindings)
            cause.grounds.append(groundOf(finding));
    return cause;
}

bool saysNothing(QByteArrayView console) {
    return std::ranges::all_of(console,
                               [](char c) { return c == '\0' || c == ' ' || c == '\r' || c == '\n'; });
}

Cause silence(const ImageStory *image) {
    constexpr ConsoleSymptom silent{"console-silent", Speaker::kernel, "", "", "cmdline-* kernel-*", "", ""};
    Cause cause{
        QString::fromLatin1(silent.code),
        u"The kernel said nothing on the console."_s,
        u"It needs console=ttyS0 on its command line and the driver for it. A kernel that ends before it has a console is "
        "seen with the debugger: `nitroscope-cli gdb`."_s,
        {}};
    if (image)
        addFindings(cause, silent, {}, *image);
    return cause;
}

} // namespace

void RunStory::addConsole(QByteArrayView bytes) {
    console += bytes;
    if (console.size() <= maxConsole)
        return;
    console = console.right(maxConsole / 2);
    isWholeConsole = false;
}

Result<ImageStory> readImageStory(const QString &eifPath, const std::stop_token &stop) {
    const auto document = formats::EifDocument::open(eifPath);
    if (!document)
        return tl::unexpected(document.error());
    formats::LintOptions options;
    options.limits.unpack.stop = stop;
    options.measures = false;
    auto findings = formats::lintEif(*document, options);
    if (!findings)
        return tl::unexpected(findings.error());
    ImageStory story{std::move(*findings), 0};
    if (const auto index = document->ramdisks(options.limits))
        story.leastMemory = formats::estimateMemory(*document, (*index)->ramdisks()).least;
    return story;
}

QVector<Cause> diagnose(const RunStory &run, const ImageStory *image) {
    const auto symptoms = consoleSymptoms();
    std::vector<std::optional<Cause>> found(symptoms.size());
    std::vector<QRegularExpression> patterns;
    for (const ConsoleSymptom &symptom : symptoms)
        patterns.emplace_back(QString::fromLatin1(symptom.pattern));
    eachLine(run.console, [&](const Line &line) {
        for (size_t i = 0; i < symptoms.size(); ++i) {
            const ConsoleSymptom &symptom = symptoms[i];
            const bool mayHave =
                symptom.speaker == Speaker::anybody || (symptom.speaker == Speaker::kernel) == line.isKernels;
            if (found[i] || !mayHave || line.text.indexOf(QByteArrayView(symptom.needle)) < 0)
                continue;
            const auto match = patterns[i].match(QString::fromUtf8(line.text));
            if (!match.hasMatch())
                continue;
            Cause &cause = found[i].emplace(Cause{QString::fromLatin1(symptom.code),
                                                  filled(symptom.sentence, match, run.memoryMiB),
                                                  filled(symptom.advice, match, run.memoryMiB),
                                                  {groundOf(line)}});
            if (image)
                addFindings(cause, symptom, run, *image);
        }
    });
    QVector<Cause> causes;
    for (std::optional<Cause> &cause : found)
        if (cause)
            causes.append(std::move(*cause));
    if (causes.isEmpty() && run.isWholeConsole && saysNothing(run.console))
        causes.append(silence(image));
    if (causes.isEmpty())
        if (const auto words = lastWords(run))
            causes.append(*words);
    const bool hasErrors = image && image->findings.count(Severity::error) > 0;
    const bool isKnown =
        std::ranges::any_of(causes, [](const Cause &cause) { return !cause.grounds.isEmpty(); });
    if (hasErrors && !isKnown)
        causes.append(imageErrors(*image));
    return causes;
}

} // namespace nitroscope::app
