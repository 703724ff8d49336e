// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/end_reason.hpp"

#include "app/session/run/init_words.hpp"

#include <algorithm>
#include <csignal>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// QEMU puts its program name before each message.
QString withoutProgramName(const QString &line) {
    static const QRegularExpression prefix(u"^\\S*qemu\\S*: "_s);
    QString rest = line;
    return rest.remove(prefix).trimmed();
}

// What QEMU said last, which is nearly always why it ended.
QString lastWords(const QStringList &errorLines) {
    for (auto line = errorLines.crbegin(); line != errorLines.crend(); ++line)
        if (const QString text = withoutProgramName(*line); !text.isEmpty())
            return text;
    return {};
}

QString withLastWords(const QString &sentence, const QStringList &errorLines) {
    const QString words = lastWords(errorLines);
    return words.isEmpty() ? sentence : u"%1 Its last words: %2"_s.arg(sentence, words);
}

EndReason bootFailure(const BootFailure &failure) {
    QString advice;
    if (!failure.stage.isEmpty())
        advice = u"The console shows how far the firmware came."_s;
    else if (!failure.eCode.isEmpty() && failure.eCode != "E19"_L1 && failure.eCode != "E26"_L1 &&
             failure.eCode != "E27"_L1)
        // Files that cannot be read, too little memory, for the enclave or in the computer, and what EC2 does not know, such as another ramdisk, stay
        // refusals; their messages say what to do.
        advice = u"With strict checking off, what can be booted anyway is booted with a warning."_s;
    return {EndKind::bootFailed, failure.message, advice};
}

EndReason endOfGuest(const RunEvidence &evidence) {
    if (!evidence.panicLine.isEmpty())
        return explainPanic(evidence.panicLine, evidence.initLine);
    if (evidence.shutdownReason == "guest-shutdown"_L1)
        return {EndKind::guestShutdown, u"The guest powered itself off."_s, {}};
    return explainProgramEnd(evidence.programEnd);
}

EndReason endBySignal(const RunEvidence &evidence, int signal) {
    switch (signal) {
    case SIGKILL:
    case SIGTERM:
    case SIGINT:
    case SIGHUP:
    case SIGQUIT:
        return {EndKind::qemuKilled, u"QEMU was killed by signal %1 from outside."_s.arg(signal),
                signal == SIGKILL ? u"If nobody did it on purpose, the system may have run out of "
                                    "memory. Start the enclave again, or give it less memory."_s
                                  : u"Start the enclave again."_s};
    default:
        return {EndKind::qemuFailed,
                withLastWords(u"QEMU crashed with signal %1."_s.arg(signal), evidence.errorLines),
                u"This is a defect of the emulator. Start the enclave again; if it happens "
                "again, keep the log."_s};
    }
}

// KVM's and QEMU's words for it, which come before a dump of the registers.
QString internalErrorWords(const QStringList &errorLines) {
    static const QRegularExpression start(u"internal error|kvm run failed|^KVM: "_s);
    static const QRegularExpression registers(u"^[A-Z0-9]{2,4} ?="_s);
    QStringList lines;
    for (const QString &line : errorLines)
        lines << withoutProgramName(line);
    const auto from = [&lines](auto first, const QRegularExpression &pattern) {
        return std::find_if(first, lines.cend(), [&](const QString &line) { return line.contains(pattern); });
    };
    const auto first = from(lines.cbegin(), start);
    const QStringList words(first, from(first, registers));
    return words.join(u", "_s);
}

EndReason internalError(const RunEvidence &evidence) {
    const QString words = internalErrorWords(evidence.errorLines);
    const QString sentence = u"QEMU stopped the guest with an internal error."_s;
    return {
        EndKind::qemuFailed,
        words.isEmpty() ? withLastWords(sentence, evidence.errorLines)
                        : u"%1 Its words: %2"_s.arg(sentence, words),
        u"With KVM this is mostly an instruction that the host's KVM cannot emulate. Run the enclave with "
        "--accel tcg."_s};
}

bool endedByGuest(const RunEvidence &evidence) {
    return evidence.shutdownReason.startsWith("guest-"_L1);
}

// A recording that cannot be made or replayed: QEMU was not asked, and the words say what to do.
bool isAboutRecording(const QString &code) {
    return code == "not-recordable"_L1 || code == "no-recording"_L1 || code.startsWith("recording-"_L1);
}

} // namespace

EndReason concludeEnd(const RunEvidence &evidence) {
    if (evidence.startError && evidence.startError->code == "no-eif"_L1)
        return {EndKind::bootFailed, evidence.startError->message, u"Choose an EIF."_s};
    if (evidence.startError && isAboutRecording(evidence.startError->code))
        return {EndKind::bootFailed, evidence.startError->text(), {}};
    if (evidence.startError) {
        const bool missing = evidence.startError->code == "qemu-missing"_L1;
        return {missing ? EndKind::qemuMissing : EndKind::qemuFailed, evidence.startError->text(),
                missing ? u"Build it with ./workbench build, or set NITROSCOPE_QEMU to the program."_s
                        : QString()};
    }
    if (evidence.bootFailure)
        return bootFailure(*evidence.bootFailure);
    if (endedByGuest(evidence) || (evidence.panicEndsRun && !evidence.panicLine.isEmpty()))
        return endOfGuest(evidence);
    if (evidence.internalError)
        return internalError(evidence);
    if (evidence.stopAsked)
        return {EndKind::stoppedByUser, u"The enclave was stopped."_s, {}};
    // A crash also closes the connection; only when we had to end QEMU is the silence the reason.
    if (evidence.lostContact && evidence.process.ours)
        return {EndKind::qemuFailed, withLastWords(evidence.lostContact->text(), evidence.errorLines),
                u"Start the enclave again."_s};
    if (evidence.process.signal != 0)
        return endBySignal(evidence, evidence.process.signal);
    // QEMU handles these signals itself and exits with 0.
    if (evidence.shutdownReason == "host-signal"_L1)
        return endBySignal(evidence, SIGTERM);
    if (!evidence.guestStarted)
        return {EndKind::qemuFailed,
                withLastWords(u"QEMU did not start (exit code %1)."_s.arg(evidence.process.exitCode),
                              evidence.errorLines),
                u"The log, or --verbose on the command line, shows the command that was run."_s};
    return {EndKind::qemuFailed,
            withLastWords(u"QEMU ended unexpectedly (exit code %1)."_s.arg(evidence.process.exitCode),
                          evidence.errorLines),
            u"Start the enclave again."_s};
}

std::optional<BootFailure> readRefusal(const QString &line) {
    if (!line.startsWith("{\"nitro-refusal\""_L1))
        return std::nullopt;
    const QJsonObject json =
        QJsonDocument::fromJson(line.toUtf8()).object().value("nitro-refusal"_L1).toObject();
    BootFailure failure;
    failure.eCode = json.value("code"_L1).toString();
    failure.message = json.value("message"_L1).toString();
    if (failure.message.isEmpty())
        return std::nullopt;
    if (const QJsonValue reason = json.value("reason"_L1); reason.isDouble())
        failure.reason = QString::number(reason.toInteger());
    if (const QJsonValue offset = json.value("offset"_L1); offset.isDouble())
        failure.offset = quint64(offset.toInteger());
    if (const QJsonValue section = json.value("section"_L1); section.isDouble())
        failure.section = section.toInt();
    return failure;
}

} // namespace nitroscope::app
