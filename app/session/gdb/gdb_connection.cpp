// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/gdb/gdb_connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr qsizetype packetBytes = 0x4000;
constexpr qsizetype consolePiece = 1000;
constexpr quint64 maxMemory = (packetBytes - 64) / 2;

constexpr int defaultPatienceMs = 4000;

constexpr quint64 maxMonitorItems = 4096; // of one x or xp

constexpr qint64 readPiece = 16 * 1024;
constexpr qint64 maxUnsent = 256 * 1024; // answers that a gdb has not read before nothing more is read of it

constexpr char notWhileRunning[] = "E01";
constexpr char badRequest[] = "E16"; // EINVAL, hexadecimal as all numbers
constexpr char noMemory[] = "E0e";   // EFAULT

struct Span {
    quint64 address, bytes;
};

// "ADDRESS,BYTES" in hexadecimal.
std::optional<Span> parseSpan(QByteArrayView text) {
    const qsizetype comma = text.indexOf(',');
    if (comma < 0)
        return std::nullopt;
    const auto address = rsp::parseNumber(text.first(comma)),
               bytes = rsp::parseNumber(text.sliced(comma + 1));
    return address && bytes ? std::optional(Span{*address, *bytes}) : std::nullopt;
}

// gdb marks what is in no region as inaccessible, so that there must be one region for all.
constexpr char memoryMap[] = "<?xml version=\"1.0\"?><memory-map><memory type=\"ram\" start=\"0x0\" "
                             "length=\"0x8000000000000000\"/><memory type=\"ram\" "
                             "start=\"0x8000000000000000\" length=\"0x8000000000000000\"/></memory-map>";

const char *modeName(CpuMode mode) {
    return mode == CpuMode::bits16 ? "16-bit" : mode == CpuMode::bits32 ? "32-bit" : "64-bit";
}

} // namespace

GdbConnection::GdbConnection(QIODevice *device, GdbBroker *broker, MonitorCommands commands, QObject *parent)
    : QObject(parent), m_device(device), m_broker(broker), m_commands(std::move(commands)),
      m_view(broker->architecture()) {
    device->setParent(this);
    m_patience.setSingleShot(true);
    m_patience.setInterval(defaultPatienceMs);
    connect(&m_patience, &QTimer::timeout, this, &GdbConnection::giveUp);
    if (broker->lastStop())
        m_view = RegisterView(broker->architecture(), broker->lastStop()->segment);
    connect(device, &QIODevice::readyRead, this, &GdbConnection::readDevice);
    connect(device, &QIODevice::bytesWritten, this, &GdbConnection::readDevice);
    connect(device, &QIODevice::readChannelFinished, this, [this] { finish(false); });
    connect(broker, &GdbBroker::stopped, this, [this](const TargetStop &stop) {
        if (!stop.isAgain) // it has not run, so that this ends nobody's run
            onStopped(stop);
    });
    connect(broker, &GdbBroker::closed, this, [this] {
        if (m_awaitsStop)
            write("X09"); // ended by SIGKILL, as far as gdb is concerned
        finish(false);
    });
    QMetaObject::invokeMethod(this, &GdbConnection::readDevice, Qt::QueuedConnection);
}

GdbConnection::~GdbConnection() {
    m_request.reset();
    if (!m_isClosed)
        m_broker->breakpoints().removeParty(this);
}

void GdbConnection::finish(bool detached) {
    if (std::exchange(m_isClosed, true))
        return;
    m_waiting.clear();
    m_request.reset();
    m_broker->breakpoints().removeParty(this);
    m_patience.stop();
    emit closed(detached);
}

// As fast as the peer reads what it gets: a few bytes can ask for many.
void GdbConnection::readDevice() {
    while (!m_isClosed && m_device->bytesAvailable() > 0 && m_device->bytesToWrite() <= maxUnsent)
        for (const auto &item : m_framer.feed(m_device->read(readPiece))) {
            if (item)
                handle(*item);
            else if (item.error().code != "rsp-checksum"_L1 && item.error().code != "rsp-garbage"_L1)
                accept(std::nullopt);
            else if (item.error().code == "rsp-checksum"_L1 && m_acknowledges)
                m_device->write("-", 1);
            if (m_isClosed)
                return;
        }
}

void GdbConnection::handle(const rsp::Item &item) {
    switch (item.kind) {
    case rsp::Item::Kind::packet:
        accept(item.payload);
        break;
    case rsp::Item::Kind::interrupt:
        m_broker->interrupt();
        break;
    case rsp::Item::Kind::retransmission:
        if (m_device->bytesToWrite() == 0) // else the peer cannot have seen it yet
            m_device->write(m_lastWritten);
        break;
    case rsp::Item::Kind::acknowledgement:
    case rsp::Item::Kind::notification:
        break;
    }
}

// A packet that came whole. Without a payload it cannot be understood (its escapes, its length), which is an answer, too.
void GdbConnection::accept(const std::optional<QByteArray> &payload) {
    if (m_acknowledges)
        m_device->write("+", 1);
    if (payload == "vCtrlC" && m_awaitsStop) { // an interruption that wants an answer of its own
        write("OK");
        m_broker->interrupt();
        return;
    }
    if (m_waiting.size() < 64) // gdb has one under way, or two
        m_waiting.push_back(payload);
    startNext();
}

void GdbConnection::startNext() {
    while (!m_request && !m_waiting.empty() && !m_isClosed) {
        const std::optional<QByteArray> packet = std::move(m_waiting.front());
        m_waiting.pop_front();
        m_request = std::make_unique<QObject>();
        m_patience.start();
        if (packet)
            dispatch(*packet);
        else
            reply(badRequest);
    }
}

void GdbConnection::write(const QByteArray &payload) {
    m_lastWritten = rsp::encodePacket(payload);
    m_device->write(m_lastWritten);
}

void GdbConnection::reply(const QByteArray &payload) {
    if (m_isClosed)
        return;
    write(payload);
    m_patience.stop();
    // Whoever calls may be its callback.
    if (m_request)
        m_request.release()->deleteLater();
    QMetaObject::invokeMethod(this, &GdbConnection::startNext, Qt::QueuedConnection);
}

// QEMU's stub says nothing. A run ends when it ends, all else has an answer.
void GdbConnection::giveUp() {
    if (!m_request || m_isClosed)
        return;
    m_awaitsStop = false;
    reply(m_knowsErrorTexts ? QByteArray("E.QEMU's gdbstub does not answer") : QByteArray(notWhileRunning));
}

// For packets that name their CPU themselves.
void GdbConnection::forward(const QByteArray &packet) {
    m_broker->ask(packet, GdbBroker::anyThread, m_request.get(), [this](const rsp::Client::Reply &answer) {
        reply(answer ? answer->payload : QByteArray(notWhileRunning));
    });
}

void GdbConnection::dispatch(const QByteArray &packet) {
    if (answerLocally(packet))
        return;
    const char first = packet.isEmpty() ? '\0' : packet[0];
    if (packet == "?") {
        sendStop();
    } else if (packet.startsWith("vCont;") || first == 'c' || first == 's' || first == 'C' || first == 'S') {
        startResume(packet);
    } else if (first == 'Z' || first == 'z') {
        // Also while it runs: for a gdb that does not know yet that another one has let it run.
        changeBreakpoint(packet);
    } else if (m_broker->isRunning()) {
        reply(first == 'q' || first == 'Q' || first == 'v' ? QByteArray() : QByteArray(notWhileRunning));
    } else if (packet == "g") {
        readRegisters();
    } else if (first == 'G') {
        writeRegisters(packet);
    } else if (first == 'p') {
        readRegister(packet);
    } else if (first == 'P') {
        writeRegister(packet);
    } else if (first == 'm' || first == 'x') {
        readMemory(packet);
    } else if (first == 'X') {
        writeMemory(packet);
    } else if (packet == "qfThreadInfo") {
        m_broker->ask(packet, GdbBroker::anyThread, m_request.get(),
                      [this](const rsp::Client::Reply &answer) {
                          if (answer && answer->payload.startsWith('m'))
                              listThreads(answer->payload);
                          else
                              reply("l");
                      });
    } else if (packet.startsWith("qXfer:features:read:") || packet.startsWith("qXfer:memory-map:read:")) {
        transfer(packet);
    } else if (first == 'M') {
        writeMemory(packet);
    } else if (first == 'T' || packet.startsWith("qThreadExtraInfo,")) {
        forward(packet);
    } else {
        reply({}); // not supported, or not to be passed on
    }
}

// What needs no stub, and what must not reach it.
bool GdbConnection::answerLocally(const QByteArray &packet) {
    if (packet.startsWith('q') || packet.startsWith('Q'))
        return answerQuery(packet);
    if (packet == "vCont?") {
        reply("vCont;c;C;s;S");
    } else if (packet == "vCtrlC") {
        m_broker->interrupt();
        reply("OK");
    } else if (packet == "vMustReplyEmpty" || packet.startsWith("vAttach") || packet.startsWith("vRun")) {
        reply({});
    } else if (packet.startsWith('H')) {
        selectThread(packet);
    } else if (packet.startsWith('D') || packet.startsWith("vKill")) {
        reply("OK");
        finish(packet.startsWith('D'));
    } else if (packet == "k") {
        finish(false); // has no answer; the enclave is not this gdb's to end
    } else if (packet == "bs" || packet == "bc") {
        reverse(packet == "bs" ? Reverse::step : Reverse::run);
    } else {
        return false;
    }
    return true;
}

bool GdbConnection::answerQuery(const QByteArray &packet) {
    if (packet.startsWith("qSupported")) {
        m_knowsBreakReasons = packet.contains("swbreak+");
        m_knowsErrorTexts = packet.contains("error-message+");
        reply("PacketSize=" + rsp::hexNumber(packetBytes) +
              ";QStartNoAckMode+;binary-upload+;qXfer:features:read+;qXfer:memory-map:read+;vContSupported+;"
              "swbreak+;hwbreak+" +
              (m_broker->canReverse() ? ";ReverseStep+;ReverseContinue+" : ""));
    } else if (packet == "QStartNoAckMode") {
        reply("OK");
        m_acknowledges = false;
    } else if (packet == "qC") {
        const auto &stop = m_broker->lastStop();
        reply("QC" + rsp::formatThreadId(stop ? stop->reply.thread : rsp::ThreadId{0, 1}));
    } else if (packet.startsWith("qAttached")) {
        reply("1");
    } else if (packet == "qsThreadInfo") {
        reply("l"); // the first answer had them all
    } else if (packet.startsWith("qSymbol")) {
        reply("OK");
    } else if (packet.startsWith("qRcmd,")) {
        monitor(rsp::fromHex(QByteArrayView(packet).sliced(6)).value_or(QByteArray()));
    } else {
        return false;
    }
    return true;
}

void GdbConnection::selectThread(const QByteArray &packet) {
    const auto thread = rsp::parseThreadId(QByteArrayView(packet).sliced(qMin<qsizetype>(2, packet.size())));
    if (packet.size() < 3 || !thread) {
        reply(badRequest);
        return;
    }
    if (packet[1] == 'g')
        m_thread = qMax<qint64>(0, thread->thread);
    reply("OK");
}

void GdbConnection::sendStop() {
    const auto &stop = m_broker->lastStop();
    if (m_broker->isRunning() || !stop) { // gdb wants a stopped target when it attaches
        m_awaitsStop = true;
        m_broker->interrupt();
        return;
    }
    m_awaitsStop = true;
    onStopped(*stop);
}

void GdbConnection::onStopped(const TargetStop &stop) {
    if (!m_awaitsStop)
        return;
    m_awaitsStop = false;
    m_thread = 0;
    if (stop.segment.mode != m_view.segment().mode) {
        const QByteArray text = QByteArray("The CPU is in ") + modeName(stop.segment.mode) +
                                " mode now, and gdb still shows it as a " + modeName(m_view.segment().mode) +
                                " one: type nitro-mode, or disconnect and connect again.\n";
        write('O' + text.toHex());
    } else {
        m_view = RegisterView(m_broker->architecture(), stop.segment); // another base
    }
    QByteArray text = "T" + QByteArray::number(stop.reply.number, 16).rightJustified(2, '0');
    const arch::RegisterTable &table = m_broker->architecture().registers;
    const std::array expedited{table.framePointer, table.stackPointer, table.programCounter};
    for (int number = 0; number < m_view.count() && !stop.registers.isEmpty(); ++number) {
        const int stub = m_view.stubNumber(number);
        if (std::find(expedited.begin(), expedited.end(), stub) == expedited.end())
            continue;
        const auto value = QByteArrayView(stop.registers).sliced(table.offset(stub), table.bytes(stub));
        text += QByteArray::number(number, 16).rightJustified(2, '0') + ':' +
                m_view.fromStub(number, value).toHex() + ';';
    }
    text += "thread:" + rsp::formatThreadId(stop.reply.thread) + ';';
    if (stop.edge != RecordingEdge::none)
        text += stop.edge == RecordingEdge::beginning ? "replaylog:begin;" : "replaylog:end;";
    switch (stop.reply.reason) {
    case rsp::StopReason::writeWatchpoint:
        text += "watch:" + rsp::hexNumber(stop.reply.watchAddress) + ';';
        break;
    case rsp::StopReason::readWatchpoint:
        text += "rwatch:" + rsp::hexNumber(stop.reply.watchAddress) + ';';
        break;
    case rsp::StopReason::accessWatchpoint:
        text += "awatch:" + rsp::hexNumber(stop.reply.watchAddress) + ';';
        break;
    default:
        // Without it gdb takes the address for one behind the breakpoint. Others' breakpoints are none of
        // gdb's.
        if (m_knowsBreakReasons && stop.atBreakpoint && m_broker->breakpoints().owns(this, stop.pc))
            text += "swbreak:;";
    }
    reply(text);
}

void GdbConnection::startResume(const QByteArray &packet) {
    // Signals are for processes; a CPU has none.
    QByteArray actions;
    if (packet.startsWith("vCont;")) {
        for (const QByteArray &action : packet.sliced(6).split(';')) {
            const qsizetype colon = action.indexOf(':');
            const QByteArray thread = colon < 0 ? QByteArray() : action.sliced(colon);
            const char kind = action.isEmpty() ? '\0' : action[0];
            if ((kind != 'c' && kind != 'C' && kind != 's' && kind != 'S') ||
                (colon >= 0 && !rsp::parseThreadId(thread.sliced(1)))) {
                reply(badRequest);
                return;
            }
            actions += QByteArray(kind == 'c' || kind == 'C' ? ";c" : ";s") + thread;
        }
    } else {
        actions = packet[0] == 'c' || packet[0] == 'C' ? ";c" : ";s";
    }
    m_awaitsStop = true;
    m_patience.stop();
    m_broker->resume(actions); // running already, by somebody else: the next stop is this gdb's, too
}

void GdbConnection::reverse(Reverse how) {
    if (!m_broker->canReverse()) { // it would abort QEMU
        refuse({u"no-replay"_s,
                u"Only a recording can be gone through backwards: record the enclave and replay it"_s,
                std::nullopt,
                {}},
               badRequest);
        return;
    }
    m_awaitsStop = true;
    m_patience.stop();
    m_broker->reverse(how);
}

void GdbConnection::refuse(const Error &error, const char *number) {
    reply(m_knowsErrorTexts ? "E." + error.message.toUtf8() : QByteArray(number));
}

void GdbConnection::readRegisters() {
    const auto &stop = m_broker->lastStop();
    if (stop && !stop->registers.isEmpty() && (m_thread == 0 || m_thread == stop->reply.thread.thread)) {
        reply(m_view.allFromStub(stop->registers).toHex());
        return;
    }
    m_broker->ask("g", m_thread, m_request.get(), [this](const rsp::Client::Reply &answer) {
        const auto bytes = answer ? rsp::fromHex(answer->payload) : std::nullopt;
        const QByteArray registers = bytes ? m_view.allFromStub(*bytes) : QByteArray();
        reply(registers.isEmpty() ? QByteArray(noMemory) : registers.toHex());
    });
}

// QEMU's own `G` puts registers into wrong places outside of 64-bit mode: write only what differs, one by
// one.
void GdbConnection::writeRegisters(const QByteArray &packet) {
    const auto wanted = rsp::fromHex(QByteArrayView(packet).sliced(1));
    m_broker->ask("g", m_thread, m_request.get(), [this, wanted](const rsp::Client::Reply &answer) {
        const auto bytes = answer ? rsp::fromHex(answer->payload) : std::nullopt;
        const QByteArray present = bytes ? m_view.allFromStub(*bytes) : QByteArray();
        if (!wanted || present.isEmpty() || wanted->size() != present.size()) {
            reply(badRequest);
            return;
        }
        QVector<std::pair<int, QByteArray>> values;
        qsizetype offset = 0;
        for (int number = 0; number < m_view.count(); ++number) {
            const qsizetype size = m_view.bytes(number);
            const auto value = QByteArrayView(*wanted).sliced(offset, size);
            if (value != QByteArrayView(present).sliced(offset, size))
                values.append({m_view.stubNumber(number), m_view.toStub(number, value)});
            offset += size;
        }
        if (values.isEmpty()) {
            reply("OK");
            return;
        }
        m_broker->writeRegisters(m_thread, values, m_request.get(),
                                 [this](const rsp::Client::Reply &written) {
                                     if (!written)
                                         refuse(written.error(), notWhileRunning);
                                     else
                                         reply(written->payload == "OK" ? "OK" : badRequest);
                                 });
    });
}

void GdbConnection::readRegister(const QByteArray &packet) {
    const auto number = rsp::parseNumber(QByteArrayView(packet).sliced(1));
    const int stub = number && *number < 4096 ? m_view.stubNumber(int(*number)) : -1;
    if (stub < 0) {
        reply(badRequest);
        return;
    }
    m_broker->ask("p" + rsp::hexNumber(quint64(stub)), m_thread, m_request.get(),
                  [this, asked = int(*number)](const rsp::Client::Reply &answer) {
                      const auto bytes = answer ? rsp::fromHex(answer->payload) : std::nullopt;
                      reply(bytes ? m_view.fromStub(asked, *bytes).toHex() : QByteArray(noMemory));
                  });
}

void GdbConnection::writeRegister(const QByteArray &packet) {
    const qsizetype equals = packet.indexOf('=');
    const auto number = rsp::parseNumber(QByteArrayView(packet).sliced(1, qMax<qsizetype>(1, equals) - 1));
    const auto value = equals < 0 ? std::nullopt : rsp::fromHex(QByteArrayView(packet).sliced(equals + 1));
    const QByteArray wide =
        number && value && *number < 4096 ? m_view.toStub(int(*number), *value) : QByteArray();
    if (wide.isEmpty()) {
        reply(badRequest);
        return;
    }
    m_broker->writeRegisters(m_thread, {{m_view.stubNumber(int(*number)), wide}}, m_request.get(),
                             [this](const rsp::Client::Reply &written) {
                                 if (written)
                                     reply(written->payload);
                                 else
                                     refuse(written.error(), notWhileRunning);
                             });
}

void GdbConnection::readMemory(const QByteArray &packet) {
    const auto span = parseSpan(QByteArrayView(packet).sliced(1));
    if (!span) {
        reply(badRequest);
        return;
    }
    const bool isBinary = packet[0] == 'x'; // answered by `b` and the bytes, since gdb 16
    if (span->bytes == 0) {
        reply(isBinary ? "b" : "OK");
        return;
    }
    const quint64 most = qMin(span->bytes, maxMemory), address = span->address;
    const auto answer = [this, isBinary](const QByteArray &bytes) {
        reply(bytes.isEmpty() ? QByteArray(noMemory) : isBinary ? 'b' + bytes : bytes.toHex());
    };
    m_broker->askGuard(m_thread, address, most, m_request.get(),
                       [this, address, most, answer](quint64 plain) {
                           if (plain == 0) {
                               m_patience.stop(); // nobody waits for the stub
                               m_broker->askFile(m_thread, address, most, m_request.get(), answer);
                               return;
                           }
                           m_broker->readMemory(m_thread, address, plain, m_request.get(),
                                                [answer](const Result<QByteArray> &bytes) {
                                                    answer(bytes ? *bytes : QByteArray());
                                                });
                       });
}

// M with digits, X with bytes.
void GdbConnection::writeMemory(const QByteArray &packet) {
    const qsizetype colon = packet.indexOf(':');
    const auto span = colon < 0 ? std::nullopt : parseSpan(QByteArrayView(packet).sliced(1, colon - 1));
    const QByteArrayView data = QByteArrayView(packet).sliced(colon + 1);
    const auto bytes = packet[0] == 'M' ? rsp::fromHex(data) : data.toByteArray();
    if (!span || !bytes || quint64(bytes->size()) != span->bytes) {
        reply(badRequest);
        return;
    }
    if (bytes->isEmpty()) { // how gdb asks whether X is known
        reply("OK");
        return;
    }
    m_broker->askGuard(m_thread, span->address, span->bytes, m_request.get(),
                       [this, span, bytes](quint64 plain) {
                           if (plain < span->bytes) {
                               reply(noMemory);
                               return;
                           }
                           m_broker->writeMemory(m_thread, false, span->address, *bytes, m_request.get(),
                                                 [this](const Result<void> &written) {
                                                     if (written)
                                                         reply("OK");
                                                     else
                                                         refuse(written.error(), noMemory);
                                                 });
                       });
}

void GdbConnection::changeBreakpoint(const QByteArray &packet) {
    // Conditions and commands after `;` were never offered.
    const qsizetype comma = packet.indexOf(',');
    const auto type = rsp::parseNumber(QByteArrayView(packet).sliced(1, qMax<qsizetype>(1, comma) - 1));
    const auto span = comma < 0 ? std::nullopt : parseSpan(QByteArrayView(packet).sliced(comma + 1));
    if (!type || *type > 4 || !span) {
        reply(badRequest);
        return;
    }
    const Breakpoint breakpoint{int(*type), span->address, span->bytes};
    BreakpointRegistry &breakpoints = m_broker->breakpoints();
    if (packet[0] == 'z') {
        breakpoints.remove(breakpoint, this, m_request.get(), [this](const rsp::Client::Reply &answer) {
            reply(answer ? answer->payload : QByteArray(notWhileRunning));
        });
        return;
    }
    breakpoints.insert(
        breakpoint, this, m_request.get(), [this, breakpoint](const rsp::Client::Reply &answer) {
            if (!answer || answer->payload != "OK") // gdb takes it for not inserted, and never removes it
                m_broker->breakpoints().remove(breakpoint, this);
            reply(answer ? answer->payload : QByteArray(notWhileRunning));
        });
}

// QEMU tells its threads one by one.
void GdbConnection::listThreads(const QByteArray &found) {
    m_broker->ask("qsThreadInfo", GdbBroker::anyThread, m_request.get(),
                  [this, found](const rsp::Client::Reply &answer) {
                      if (answer && answer->payload.startsWith('m') && found.size() < packetBytes / 2)
                          listThreads(found + ',' + answer->payload.sliced(1));
                      else
                          reply(found);
                  });
}

void GdbConnection::transfer(const QByteArray &packet) {
    const QList<QByteArray> parts = packet.split(':'); // qXfer:features:read:target.xml:0,fff
    const auto span = parts.size() == 5 ? parseSpan(parts[4]) : std::nullopt;
    if (!span) {
        reply(badRequest);
        return;
    }
    QByteArray document;
    if (parts[1] == "memory-map")
        document = memoryMap;
    else if (!m_view.isNative() && parts[3] == "target.xml")
        document = m_view.targetXml();
    if (document.isEmpty()) {
        // Longer answers than QEMU's packets can have would be cut.
        m_broker->ask("qXfer:features:read:" + parts[3] + ':' + rsp::hexNumber(span->address) + ',' +
                          rsp::hexNumber(qMin<quint64>(span->bytes, 0x700)),
                      GdbBroker::anyThread, m_request.get(), [this](const rsp::Client::Reply &answer) {
                          reply(answer ? answer->payload : QByteArray(noMemory));
                      });
        return;
    }
    const QByteArray piece = document.mid(qsizetype(qMin<quint64>(span->address, quint64(document.size()))),
                                          qsizetype(qMin<quint64>(span->bytes, packetBytes / 2)));
    const bool isLast = span->address + quint64(piece.size()) >= quint64(document.size());
    reply((isLast ? "l" : "m") + piece);
}

namespace {

// QEMU's monitor reckons with 64 bits and dies of the lowest number divided by -1. The first slash of x and xp is
// the format's.
bool divides(const QByteArray &words) {
    const qsizetype expression = words.startsWith('x') ? words.indexOf('/') + 1 : 0;
    return words.indexOf('/', expression) >= 0 || words.indexOf('%', expression) >= 0;
}

// Whether it goes through all page tables, which are the guest's: they may lead to themselves, and then have
// more entries than anybody could wait for.
bool walksPageTables(const QByteArray &words) {
    // For QEMU a command's name ends at a slash, too.
    const QByteArray subject =
        words.simplified().mid(int(std::strlen("info "))).split(' ').value(0).split('/').value(0);
    return words.startsWith("info ") && (subject == "mem" || subject == "tlb");
}

// How many items "x /20xb" or "xp/20xb" asks for; 1 without a number, more than any when it is out of range.
quint64 monitorCount(const QByteArray &words) {
    QByteArray digits;
    for (qsizetype i = words.indexOf('/') + 1; i < words.size() && words[i] >= '0' && words[i] <= '9'; ++i)
        digits += words[i];
    bool isNumber = false;
    const quint64 count = digits.toULongLong(&isNumber);
    return digits.isEmpty() ? 1 : isNumber ? count : std::numeric_limits<quint64>::max();
}

} // namespace

void GdbConnection::monitor(const QByteArray &words) {
    m_patience.stop(); // gdb waits for these, and the kernel's memory may have to be searched
    const auto say = [this, request = QPointer<QObject>(m_request.get())](const QByteArray &text) {
        if (!request)
            return;
        for (qsizetype at = 0; at < text.size(); at += consolePiece)
            write('O' + text.mid(at, consolePiece).toHex());
        reply("OK");
    };
    if (m_commands && m_commands(words.simplified(), say))
        return;
    if (m_broker->isRunning()) {
        say("QEMU's monitor answers when the target is stopped.\n");
        return;
    }
    // QEMU's own monitor could end the machine or change who controls it; looking is harmless.
    static constexpr std::array harmless{"info ", "x /", "x/", "xp /", "xp/", "print ", "p "};
    const bool isOneCommand = std::none_of(words.begin(), words.end(), [](char letter) {
        return quint8(letter) < ' ' || letter == ';' || letter == '|';
    });
    if (!isOneCommand || std::none_of(harmless.begin(), harmless.end(),
                                      [&](const char *start) { return words.startsWith(start); })) {
        say("Not known here: try `monitor help`. Of QEMU's monitor, info, x, xp and print are passed on.\n");
        return;
    }
    if (walksPageTables(words)) {
        say("Not passed on: page tables are the guest's and may have no end, and QEMU would answer nobody until "
            "it has gone through them. Use x and xp for single addresses.\n");
        return;
    }
    if (!words.startsWith("info ") && divides(words)) {
        say("Not passed on: QEMU's monitor can die of a division. Use gdb's own print.\n");
        return;
    }
    // QEMU would be busy with it for as long as it takes, and answer nobody else.
    if (words.startsWith('x') && monitorCount(words) > maxMonitorItems) {
        say("At most " + QByteArray::number(maxMonitorItems) +
            " at a time; gdb's own x and dump read more.\n");
        return;
    }
    m_broker->askMonitor(words, m_request.get(), [say](const rsp::Client::Reply &answer) {
        say(answer ? answer->console : answer.error().message.toUtf8() + '\n');
    });
}

} // namespace nitroscope::app
