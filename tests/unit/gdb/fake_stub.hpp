// SPDX-License-Identifier: GPL-2.0-or-later
//
// A gdbstub in memory that behaves like QEMU's (facts measured on QEMU 10.0): one client, no acknowledgement
// mode, stop replies that say little, memory of a few pages, breakpoints that stop a continued target at once
// when it stands on one. Which instructions the target executes is a list of addresses. In a replay it goes back over
// what it has executed, and stops one instruction behind the access of a watchpoint as QEMU 10.0 does.
#pragma once

#include "app/core/arch/x86/registers.hpp"
#include "app/proto/rsp/framing.hpp"
#include "app/proto/rsp/message.hpp"
#include "app/session/gdb/register_view.hpp"
#include "tests/unit/proto/device_pair.hpp"

#include <map>
#include <QSet>
#include <QtEndian>
#include <QtTest>

namespace nitroscope::tests {

using namespace Qt::Literals::StringLiterals;

class FakeStub : public QObject {
public:
    PairEnd client; // give this to the broker

    FakeStub() {
        client.connectTo(m_end);
        m_end.connectTo(client);
        registers.fill('\0', arch::x86::table.packetBytes);
        setRegister(arch::x86::cs, 0x10);
        setRegister(arch::x86::cr0, 0x80000001);
        setRegister(arch::x86::efer, 0x500);
        connect(&m_end, &QIODevice::readyRead, this, [this] { read(); });
    }

    QStringList heard;                    // packets but those that every stop asks for
    QByteArray registers;                 // as in `g`
    QByteArray code = "00af9b00";         // descriptor flags of CS
    QByteArray codeBase = "00000000";     // its base
    std::map<quint64, QByteArray> memory; // by the address of their first byte
    QSet<QByteArray> breakpoints;         // "0,1000,1"
    QSet<QByteArray> refused;             // that cannot be set
    QVector<quint64> path;                // what the target executes next; behind its end it runs on for ever
    int cpus = 1;
    QSet<int> halted;
    bool isRunning = false, isSilent = false;
    bool isDeaf = false; // does not stop for an interrupt
    bool isSlow = false; // keeps its answers until answerNow()
    int emptySteps = 0;  // so many steps end before their instruction, as QEMU's do now and then
    int thread = 1;
    bool isReplay = false;
    bool isExact = false;                   // stops in front of the access instead
    bool isLong = false;                    // a run backwards ends by an interrupt only
    QVector<quint64> past;                  // addresses that were executed
    QMap<qsizetype, quint64> writes, reads; // by the instruction's number, what it accesses
    qsizetype longest = 0;                  // of the packets heard
    qsizetype piece = 0;                    // answers are cut into so many bytes; 0 = not at all

    quint64 pc() const { return qFromLittleEndian<quint64>(registers.constData() + offset(16)); }
    void setRegister(int number, quint64 value) {
        for (int i = 0; i < qMin(8, arch::x86::table.bytes(number)); ++i)
            registers[offset(number) + i] = char(value >> 8 * i);
    }
    // A running target comes to a stop.
    void stop(const QByteArray &reply) {
        isRunning = false;
        say(reply);
    }
    void sayRaw(const QByteArray &bytes) {
        const qsizetype step = piece > 0 ? piece : qMax<qsizetype>(1, bytes.size());
        for (qsizetype at = 0; at < bytes.size(); at += step)
            m_end.write(bytes.mid(at, step));
    }
    void say(const QByteArray &payload) {
        if (isSlow)
            m_kept << payload;
        else
            sayRaw('+' + rsp::encodePacket(payload));
    }
    void answerNow() {
        isSlow = false;
        for (const QByteArray &payload : std::exchange(m_kept, {}))
            say(payload);
    }
    void hangUp() { m_end.hangUp(); }

private:
    static int offset(int number) { return arch::x86::table.offset(number); }

    void read() {
        for (const auto &item : m_framer.feed(m_end.readAll())) {
            if (!item)
                continue;
            if (item->kind == rsp::Item::Kind::interrupt && isRunning && !isDeaf) {
                heard << u"^C"_s;
                stop("T02thread:01;");
            } else if (item->kind == rsp::Item::Kind::packet) {
                hear(item->payload);
            }
        }
    }

    void hear(const QByteArray &packet) {
        longest = qMax(longest, packet.size());
        const bool isUsual = packet.startsWith("qSupported") || packet == "?" || packet == "g" ||
                             packet.startsWith("Hg") || packet.startsWith("qRcmd") ||
                             packet.startsWith("qfThread") || packet.startsWith("qsThread");
        if (!isUsual)
            heard << QString::fromLatin1(packet);
        if (isRunning || isSilent) // QEMU stops, and the packet is lost
            return;
        answer(packet);
    }

    void answer(const QByteArray &packet) {
        const QByteArray rest = packet.mid(1);
        if (packet.startsWith("qSupported")) {
            say(QByteArray("PacketSize=1000;qXfer:features:read+;vContSupported+;multiprocess+") +
                (isReplay ? ";ReverseStep+;ReverseContinue+" : ""));
        } else if (packet == "?") {
            say("T05thread:01;");
        } else if (packet == "qfThreadInfo") {
            m_listed = 1;
            say("m01");
        } else if (packet == "qsThreadInfo") {
            ++m_listed;
            say(m_listed <= cpus ? "m" + QByteArray::number(m_listed, 16).rightJustified(2, '0')
                                 : QByteArray("l"));
        } else if (packet.startsWith("qThreadExtraInfo,")) {
            const int number = packet.mid(17).toInt(nullptr, 16);
            say(QByteArray(halted.contains(number) ? "CPU#0 [halted ]" : "CPU#0 [running]").toHex());
        } else if (packet.startsWith("Hg")) {
            thread = packet.mid(2).toInt(nullptr, 16);
            say("OK");
        } else if (packet == "g") {
            say(registers.toHex());
        } else if (packet.startsWith("qRcmd,")) {
            const QByteArray words = QByteArray::fromHex(packet.mid(6));
            if (words.startsWith("info registers "))
                say('O' +
                    QByteArray("CS =0010 " + codeBase + " ffffffff " + code + " DPL=0 CS64 [-RA]\n").toHex());
            else if (words == "info replay" && isReplay)
                say('O' + ("Replaying execution 'events.log': instruction count = " +
                           QByteArray::number(past.size()) + "\n")
                              .toHex());
            else
                say('O' + ("said: " + words).toHex());
            say("OK");
        } else if (packet.startsWith('m')) {
            readMemory(rest);
        } else if (packet.startsWith('Z')) {
            if (!refused.contains(rest))
                breakpoints.insert(rest);
            say(refused.contains(rest) ? "E22" : "OK");
        } else if (packet.startsWith('z')) {
            breakpoints.remove(rest);
            say("OK");
        } else if (packet.startsWith("vCont;s")) {
            QByteArray access;
            if (emptySteps-- <= 0) {
                access = watched(past.size());
                move();
            }
            say("T05thread:01;" + access);
        } else if (packet == "bs" || packet == "bc") {
            goBack(packet == "bs");
        } else if (packet.startsWith("vCont;c")) {
            runOn();
        } else if (packet.startsWith('p')) {
            const int number = rest.toInt(nullptr, 16);
            say(registers.mid(offset(number), arch::x86::table.bytes(number)).toHex());
        } else if (packet.startsWith('P')) {
            const qsizetype equals = rest.indexOf('=');
            const QByteArray value = QByteArray::fromHex(rest.mid(equals + 1));
            registers.replace(offset(rest.left(equals).toInt(nullptr, 16)), value.size(), value);
            say("OK");
        } else if (packet.startsWith('M') || packet.startsWith("Qqemu.") || packet == "qC") {
            say("OK");
        } else if (packet.startsWith("qXfer:features:read:target.xml:")) {
            say("l<target/>");
        } else {
            say("");
        }
    }

    bool standsOnBreakpoint() const {
        return breakpoints.contains("0," + QByteArray::number(pc(), 16) + ",1");
    }
    bool move() {
        if (path.isEmpty())
            return false;
        past.append(pc());
        setRegister(16, path.takeFirst());
        return true;
    }
    void runOn() {
        isRunning = true;
        while (!standsOnBreakpoint()) {
            const QByteArray access = watched(past.size());
            if (!move())
                return;
            if (!access.isEmpty()) {
                stop("T05thread:01;" + access);
                return;
            }
        }
        stop("T05thread:01;");
    }

    // "watch:8000;" when the instruction accesses something that is watched.
    QByteArray watched(qsizetype instruction) const {
        const auto text = [this](const char *type, const char *name, quint64 address) {
            const QByteArray hex = QByteArray::number(address, 16);
            return address != 0 && (breakpoints.contains(type + hex + ",8") ||
                                    breakpoints.contains(type + hex + ",1"))
                       ? name + hex + ';'
                       : QByteArray();
        };
        return text("2,", "watch:", writes.value(instruction)) +
               text("3,", "rwatch:", reads.value(instruction));
    }
    bool moveBack() {
        if (past.isEmpty())
            return false;
        path.prepend(pc());
        setRegister(16, past.takeLast());
        return true;
    }
    void goBack(bool onlyOnce) {
        if (!isReplay || past.isEmpty()) {
            say("E14");
            return;
        }
        if (isLong && !onlyOnce) {
            isRunning = true;
            moveBack();
            return;
        }
        moveBack();
        while (!onlyOnce && !standsOnBreakpoint()) {
            if (!watched(past.size()).isEmpty()) {
                if (!isExact)
                    move();
                break;
            }
            if (!moveBack())
                break;
        }
        say("T05thread:01;");
    }

    void readMemory(const QByteArray &span) {
        const QList<QByteArray> parts = span.split(',');
        const quint64 address = parts[0].toULongLong(nullptr, 16),
                      bytes = parts.value(1).toULongLong(nullptr, 16);
        if (bytes > 0x800) {
            say("E22");
            return;
        }
        auto found = memory.upper_bound(address);
        if (found == memory.begin()) {
            say("E14");
            return;
        }
        --found;
        const quint64 skipped = address - found->first;
        const QByteArray part = found->second.mid(qsizetype(skipped), qsizetype(bytes));
        say(quint64(part.size()) == bytes ? part.toHex() : QByteArray("E14"));
    }

    PairEnd m_end;
    QByteArrayList m_kept;
    rsp::Framer m_framer{rsp::Writer::debugger};
    int m_listed = 0;
};

// Lets everything that is under way arrive.
inline void settle() {
    for (int i = 0; i < 400; ++i)
        QCoreApplication::sendPostedEvents();
}

} // namespace nitroscope::tests
