// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/end_reason.hpp"

#include <csignal>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>

namespace nitroscope::app {
namespace {

// QEMU puts its program name before each message.
QString withoutProgramName(const QString &line) {
    static const QRegularExpression prefix(QStringLiteral("^\\S*qemu\\S*: "));
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
    return words.isEmpty() ? sentence : QStringLiteral("%1 Its last words: %2").arg(sentence, words);
}

EndReason bootFailure(const BootFailure &failure) {
    QString advice;
    if (!failure.stage.isEmpty())
        advice = QStringLiteral("The console shows how far the firmware came.");
    else if (!failure.eCode.isEmpty() && failure.eCode != QLatin1String("E19") &&
             failure.eCode != QLatin1String("E26"))
        // Files that cannot be read, too little memory and what EC2 does not know, such as another ramdisk, stay
        // refusals; their messages say what to do.
        advice =
            QStringLiteral("With strict checking off, what can be booted anyway is booted with a warning.");
    return {EndKind::bootFailed, failure.message, advice};
}

EndReason endOfGuest(const RunEvidence &evidence) {
    if (!evidence.panicLine.isEmpty())
        return {EndKind::guestPanic,
                QStringLiteral("The guest's kernel panicked: %1").arg(evidence.panicLine),
                QStringLiteral("The lines before the panic on the console usually name the cause.")};
    if (evidence.shutdownReason == QLatin1String("guest-shutdown"))
        return {EndKind::guestShutdown, QStringLiteral("The guest powered itself off."), {}};
    return {EndKind::guestReboot, QStringLiteral("The guest rebooted, which ends an enclave."), {}};
}

EndReason endBySignal(const RunEvidence &evidence, int signal) {
    switch (signal) {
    case SIGKILL:
    case SIGTERM:
    case SIGINT:
    case SIGHUP:
    case SIGQUIT:
        return {EndKind::qemuKilled, QStringLiteral("QEMU was killed by signal %1 from outside.").arg(signal),
                signal == SIGKILL
                    ? QStringLiteral("If nobody did it on purpose, the system may have run out of "
                                     "memory. Start the enclave again, or give it less memory.")
                    : QStringLiteral("Start the enclave again.")};
    default:
        return {
            EndKind::qemuFailed,
            withLastWords(QStringLiteral("QEMU crashed with signal %1.").arg(signal), evidence.errorLines),
            QStringLiteral("This is a defect of the emulator. Start the enclave again; if it happens "
                           "again, keep the log.")};
    }
}

bool endedByGuest(const RunEvidence &evidence) {
    return evidence.shutdownReason.startsWith(QLatin1String("guest-"));
}

} // namespace

EndReason concludeEnd(const RunEvidence &evidence) {
    if (evidence.startError && evidence.startError->code == QLatin1String("no-eif"))
        return {EndKind::bootFailed, evidence.startError->message, QStringLiteral("Choose an EIF.")};
    if (evidence.startError) {
        const bool missing = evidence.startError->code == QLatin1String("qemu-missing");
        return {missing ? EndKind::qemuMissing : EndKind::qemuFailed, evidence.startError->text(),
                missing ? QStringLiteral("Build it with ./workbench build, or set NITROSCOPE_QEMU to the "
                                         "program.")
                        : QString()};
    }
    if (evidence.bootFailure)
        return bootFailure(*evidence.bootFailure);
    if (endedByGuest(evidence))
        return endOfGuest(evidence);
    if (evidence.stopAsked)
        return {EndKind::stoppedByUser, QStringLiteral("The enclave was stopped."), {}};
    // A crash also closes the connection; only when we had to end QEMU is the silence the reason.
    if (evidence.lostContact && evidence.process.ours)
        return {EndKind::qemuFailed, withLastWords(evidence.lostContact->text(), evidence.errorLines),
                QStringLiteral("Start the enclave again.")};
    if (evidence.process.signal != 0)
        return endBySignal(evidence, evidence.process.signal);
    // QEMU handles these signals itself and exits with 0.
    if (evidence.shutdownReason == QLatin1String("host-signal"))
        return endBySignal(evidence, SIGTERM);
    if (!evidence.guestStarted)
        return {
            EndKind::qemuFailed,
            withLastWords(QStringLiteral("QEMU did not start (exit code %1).").arg(evidence.process.exitCode),
                          evidence.errorLines),
            QStringLiteral("The log, or --verbose on the command line, shows the command that was run.")};
    return {EndKind::qemuFailed,
            withLastWords(
                QStringLiteral("QEMU ended unexpectedly (exit code %1).").arg(evidence.process.exitCode),
                evidence.errorLines),
            QStringLiteral("Start the enclave again.")};
}

std::optional<BootFailure> readRefusal(const QString &line) {
    if (!line.startsWith(QLatin1String("{\"nitro-refusal\"")))
        return std::nullopt;
    const QJsonObject json =
        QJsonDocument::fromJson(line.toUtf8()).object().value(QLatin1String("nitro-refusal")).toObject();
    BootFailure failure;
    failure.eCode = json.value(QLatin1String("code")).toString();
    failure.message = json.value(QLatin1String("message")).toString();
    if (failure.message.isEmpty())
        return std::nullopt;
    failure.reason = QString::number(json.value(QLatin1String("reason")).toInteger());
    if (const QJsonValue offset = json.value(QLatin1String("offset")); offset.isDouble())
        failure.offset = quint64(offset.toInteger());
    if (const QJsonValue section = json.value(QLatin1String("section")); section.isDouble())
        failure.section = section.toInt();
    return failure;
}

} // namespace nitroscope::app
