// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/run/init_words.hpp"

#include <cerrno>
#include <cstring>
#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// A wait status, as the panic's line has it in hex.
std::optional<unsigned> exitCodeOf(const QString &panicLine) {
    static const QRegularExpression pattern(u"Attempted to kill init! exitcode=0x([0-9a-f]{8})"_s);
    const auto match = pattern.match(panicLine);
    if (!match.hasMatch())
        return std::nullopt;
    return match.captured(1).toUInt(nullptr, 16);
}

constexpr unsigned signalOf(unsigned status) {
    return status & 0x7f;
}
constexpr unsigned exitStatusOf(unsigned status) {
    return status >> 8 & 0xff;
}

QString whatInitDid(unsigned status) {
    if (const unsigned signal = signalOf(status)) {
        const char *name = sigdescr_np(int(signal));
        return u"init crashed with signal %1 (%2)"_s.arg(signal).arg(QLatin1String(name ? name : "unknown"));
    }
    const unsigned code = exitStatusOf(status);
    constexpr unsigned noAnswer =
        unsigned(-EINVAL) & 0xff; // AWS's init sets it, before the heartbeat, negatively
    if (code == noAnswer)
        return u"init exited with %1: the heartbeat got no answer, or a wrong one"_s.arg(code);
    const char *name = code == 0 ? nullptr : strerrordesc_np(int(code));
    return name ? u"init exited with %1, as an errno: %2"_s.arg(code).arg(QLatin1String(name))
                : u"init exited with %1"_s.arg(code);
}

QString panicAdvice(unsigned status, const QString &initLine) {
    constexpr unsigned noAnswer = unsigned(-EINVAL) & 0xff;
    if (initLine.startsWith("Could not open /env"_L1))
        return u"/cmd or /env is missing: the second ramdisk has none, or there was too little memory to unpack "
               "it. Look with `nitroscope-cli eif ls`, and give the enclave more memory."_s;
    if (initLine.startsWith("connect: "_L1) || exitStatusOf(status) == noAnswer)
        return u"Init needs an answer to its heartbeat from port 9000 of the parent; --heartbeat on gives it."_s;
    if (initLine.startsWith("mount: /"_L1) && exitStatusOf(status) == ENOENT)
        return u"The image's root file system needs this folder, even if it is empty."_s;
    return u"The lines before the panic on the console usually name the cause."_s;
}

} // namespace

EndReason explainPanic(const QString &panicLine, const QString &initLine) {
    QString text = u"The guest's kernel panicked: %1"_s.arg(panicLine);
    const auto status = exitCodeOf(panicLine);
    if (!status)
        return {EndKind::guestPanic, text,
                u"The lines before the panic on the console usually name the cause."_s};
    text += u" (%1)"_s.arg(whatInitDid(*status));
    if (!initLine.isEmpty())
        text += u". The last line before it: %1"_s.arg(initLine);
    return {EndKind::guestPanic, text, panicAdvice(*status, initLine)};
}

EndReason explainProgramEnd(const ProgramEnd &end) {
    switch (end.kind) {
    case ProgramEnd::Kind::unknown:
        break;
    case ProgramEnd::Kind::failed:
        return {EndKind::programFailed,
                u"The enclave's program ended with an error (init: child exited with error)."_s,
                u"What the program itself said stands above on the console."_s};
    case ProgramEnd::Kind::signalled:
        return {
            EndKind::programFailed,
            u"The enclave's program was ended by a signal (init: child exited by signal)."_s,
            u"Most often that is a crash, or the kernel's answer to too little memory. The lines above on the "
            "console may say which."_s};
    case ProgramEnd::Kind::notStarted: {
        QString advice = u"The lines above on the console may say more."_s;
        if (end.line.endsWith("No such file or directory"_L1))
            advice =
                u"Init looks for a program without a path in /sbin, /usr/sbin, /bin and /usr/bin, whatever the "
                "image's PATH is. If the file is there, the interpreter in its first line, or its dynamic "
                "linker, is not."_s;
        else if (end.line.endsWith("Permission denied"_L1))
            advice = u"The file must have the right to execute (chmod +x), and so must its interpreter."_s;
        else if (end.line.endsWith("Exec format error"_L1))
            advice = u"The program was built for another processor, or is damaged."_s;
        return {EndKind::programNotStarted, u"The enclave's program could not be started: %1"_s.arg(end.line),
                advice};
    }
    }
    return {EndKind::guestReboot, u"The guest rebooted, which ends an enclave."_s, {}};
}

} // namespace nitroscope::app
