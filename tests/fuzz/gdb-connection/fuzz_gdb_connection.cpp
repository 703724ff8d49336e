// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: a hostile gdb at our endpoint. The input is what it writes; behind our broker is a stub that
// answers OK to everything and must never hear a packet that would hurt QEMU. Byte 0 says into how large
// pieces the rest is cut, and whether the CPU is in 16-bit mode.
#include "app/core/arch/x86/registers.hpp"
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/gdb/gdb_connection.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <QCoreApplication>

using namespace nitroscope;
using namespace nitroscope::app;

namespace {

// One end of a pipe that is filled and emptied by hand.
class Wire : public QIODevice {
public:
    Wire() { open(QIODevice::ReadWrite | QIODevice::Unbuffered); }
    bool isSequential() const override { return true; }
    qint64 bytesAvailable() const override { return m_incoming.size() + QIODevice::bytesAvailable(); }
    void put(const QByteArray &bytes) {
        m_incoming += bytes;
        emit readyRead();
    }
    QByteArray written;

protected:
    qint64 readData(char *data, qint64 most) override {
        const qint64 count = qMin<qint64>(most, m_incoming.size());
        std::copy_n(m_incoming.constData(), count, data);
        m_incoming.remove(0, count);
        return count;
    }
    qint64 writeData(const char *data, qint64 size) override {
        written.append(data, size);
        return size;
    }

private:
    QByteArray m_incoming;
};

bool isDangerous(const QByteArray &packet) {
    for (const char *start :
         {"k", "vKill", "bs", "bc", "R", "r", "G", "D", "Qqemu.sstep", "QNonStop", "vAttach"})
        if (packet.startsWith(start))
            return true;
    if (!packet.startsWith("qRcmd,"))
        return false;
    const QByteArray words = QByteArray::fromHex(packet.mid(6));
    return words.contains('\n') || words.startsWith("quit") || words.startsWith("c");
}

// Answers what has been asked; true when there was anything.
bool serve(Wire &wire, rsp::Framer &framer, const QByteArray &registers, const QByteArray &segment) {
    const auto items = framer.feed(std::exchange(wire.written, {}));
    for (const auto &item : items) {
        if (!item)
            continue;
        if (item->kind == rsp::Item::Kind::interrupt) {
            wire.put(rsp::encodePacket("T02thread:01;"));
            continue;
        }
        if (item->kind != rsp::Item::Kind::packet)
            continue;
        const QByteArray &packet = item->payload;
        if (isDangerous(packet))
            std::abort();
        QByteArray answer = "OK";
        if (packet.startsWith("qSupported"))
            answer = "PacketSize=1000";
        else if (packet == "?" || packet.startsWith("vCont;s"))
            answer = "T05thread:01;";
        else if (packet.startsWith("vCont"))
            continue; // runs on
        else if (packet == "qfThreadInfo")
            answer = "m01";
        else if (packet == "qsThreadInfo")
            answer = "l";
        else if (packet == "g")
            answer = registers.toHex();
        else if (packet.startsWith("qRcmd,"))
            wire.put(rsp::encodePacket('O' + segment.toHex()));
        else if (packet.startsWith('m'))
            answer = "41424344";
        wire.put(rsp::encodePacket(answer));
    }
    return !items.empty();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int argc = 1;
    static char name[] = "fuzz", *argv[] = {name, nullptr};
    static QCoreApplication application(argc, argv);
    if (size == 0)
        return 0;
    const bool isRealMode = data[0] & 0x80;
    const qsizetype piece = std::max(1, data[0] & 0x7f);
    const QByteArray stream(reinterpret_cast<const char *>(data + 1), qsizetype(size - 1));
    const QByteArray registers(arch::x86::table.packetBytes, '\x11');
    const QByteArray segment = isRealMode ? "CS =f000 ffff0000 0000ffff 00009b00 DPL=0 CS16 [-RA]\n"
                                          : "CS =0010 00000000 ffffffff 00af9b00 DPL=0 CS64 [-RA]\n";

    Wire stub;
    rsp::Framer heard(rsp::Writer::debugger);
    GdbBroker broker(&stub, arch::x86_64());
    const auto settle = [&] {
        for (int i = 0; i < 50; ++i) {
            QCoreApplication::sendPostedEvents();
            if (!serve(stub, heard, registers, segment) && i > 4)
                break;
        }
    };
    settle();
    auto *wire = new Wire;
    GdbConnection connection(wire, &broker, {});
    for (qsizetype at = 0; at < stream.size(); at += piece) {
        wire->put(stream.mid(at, piece));
        settle();
    }
    return 0;
}
