// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of LiveTarget: registers, memory, expressions, frames.
#include "app/session/debug/live_target.hpp"

#include <QtEndian>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 maxBytes = 1 << 20;

Error running(const QString &what) {
    return {u"target-running"_s,
            u"%1 can only be read while the target is stopped."_s.arg(what),
            std::nullopt,
            {}};
}

// At the first address that is neither RAM nor firmware.
Error whyNotWritten(const guest::VirtualMemory &memory, AddressSpace space, quint64 address) {
    const auto physical =
        space == AddressSpace::guestPhysical
            ? Result<quint64>(address)
            : memory.translate(address).map([](const auto &found) { return found.physical; });
    if (!physical)
        return physical.error();
    const guest::PhysicalRange range = memory.physical().rangeAt(*physical);
    const QString where = u"0x%1"_s.arg(*physical, 0, 16);
    if (range.backing == guest::Backing::device)
        return {u"device-memory"_s,
                u"At physical address %1 there are registers of a device (%2): writing them "
                "would operate it. Nothing was written."_s.arg(where, range.name),
                address,
                {}};
    return {u"no-memory"_s,
            u"There is no memory at physical address %1. Nothing was written."_s.arg(where),
            address,
            {}};
}

} // namespace

std::optional<quint64> LiveTarget::registerByName(const QString &name) const {
    const TargetStop *stop = looked();
    if (!stop || stop->registers.isEmpty() || (m_state != State::stopped && !isJudging()))
        return std::nullopt;
    if (name == "pc"_L1)
        return stop->pc;
    if (name == "sp"_L1)
        return stop->stackPointer();
    if (!isExpressionRegister(name, architecture().registers))
        return std::nullopt;
    const QByteArray latin = name.toLatin1();
    const std::string_view wanted(latin.constData(), size_t(latin.size()));
    const arch::RegisterTable &table = architecture().registers;
    if (const arch::Register *known = table.find(wanted))
        return stop->value(known->number);
    if (const arch::NarrowRegister *part = table.findNarrow(wanted))
        return stop->value(part->number) >> part->bit & ((quint64(1) << part->width) - 1);
    return std::nullopt;
}

ExpressionContext LiveTarget::expressionContext() const {
    ExpressionContext context;
    context.symbol = [symbols = m_symbols](const QString &name) { return symbols->address(name); };
    context.registerValue = [this](const QString &name) { return registerByName(name); };
    return context;
}

// For breakpoints: `*ADDRESS` is gdb's way to say that an address is meant.
Result<quint64> LiveTarget::placeOf(const QString &place) const {
    QString text = place.trimmed();
    if (text.startsWith(u'*'))
        text.remove(0, 1);
    const ExpressionResult result = evaluateExpression(text, expressionContext());
    if (result.value)
        return *result.value;
    if (result.error && !m_walk.slide() && m_walk.map() && m_walk.map()->symbol(text.toUtf8()))
        return failure(u"waiting"_s, u"waits until the kernel is unpacked, because KASLR may move it"_s);
    return failure(u"waiting"_s, result.error ? result.error->message : u"waits for memory that it names"_s);
}

void LiveTarget::compute(const QString &expression, ExpressionContext context, int left,
                         std::function<void(const Result<quint64> &)> done) {
    const ExpressionResult result = evaluateExpression(expression, context);
    if (result.value) {
        done(*result.value);
        return;
    }
    if (!result.wanted || left == 0) {
        done(tl::unexpected(
            result.error.value_or(Error{u"expression"_s, u"It reads too much memory."_s, std::nullopt, {}})));
        return;
    }
    const ExpressionRead wanted = *result.wanted;
    fetch(wanted.space, wanted.address, 8,
          [this, expression, context = std::move(context), left, wanted,
           done = std::move(done)](const Result<QByteArray> &bytes) mutable {
              if (!bytes || bytes->size() < 8) {
                  done(bytes ? failure(u"not-mapped"_s, u"The memory it reads is not mapped."_s)
                             : tl::unexpected(bytes.error()));
                  return;
              }
              context.memory[wanted] = qFromLittleEndian<quint64>(bytes->constData());
              compute(expression, std::move(context), left - 1, std::move(done));
          });
}

DebugTarget::Token LiveTarget::evaluate(const QString &expression) {
    const Token token = newToken();
    later([this, token, expression] {
        compute(expression, expressionContext(), 16,
                [this, token](const Result<quint64> &value) { emit evaluated(token, value); });
    });
    return token;
}

// Of the stopped target: as read at the stop, or asked for.
void LiveTarget::withRegisters(qint64 thread, std::function<void(const Result<RegisterSet> &)> done) {
    if (m_state != State::stopped || !m_stop) {
        done(tl::unexpected(running(u"Registers"_s)));
        return;
    }
    const quint64 generation = m_stop->generation;
    const auto &stop = m_broker->lastStop();
    if (stop && stop->generation == generation && stop->reply.thread.thread == thread &&
        !stop->registers.isEmpty()) {
        done(RegisterSet{generation, thread, stop->registers});
        return;
    }
    m_broker->ask("g", thread, this,
                  [thread, generation, &architecture = architecture(),
                   done = std::move(done)](const rsp::Client::Reply &reply) {
                      const auto bytes = reply ? rsp::fromHex(reply->payload) : std::nullopt;
                      if (bytes && architecture.isPacket(*bytes))
                          done(RegisterSet{generation, thread, *bytes});
                      else if (reply)
                          done(failure(u"registers"_s, u"QEMU's registers cannot be understood."_s));
                      else
                          done(tl::unexpected(reply.error()));
                  });
}

DebugTarget::Token LiveTarget::readRegisters(qint64 thread) {
    const Token token = newToken();
    later([this, token, thread] {
        withRegisters(thread,
                      [this, token](const Result<RegisterSet> &read) { emit registersRead(token, read); });
    });
    return token;
}

// By the page tables of the last stop. Those of an early stop are gone when the kernel runs: it has its own
// by then, which lie where its image lies.
std::optional<guest::VirtualMemory> LiveTarget::memoryNow() const {
    if (!m_memory)
        return std::nullopt;
    guest::AddressTranslation translation = m_translation;
    const auto top = m_image ? m_image->symbols().find("init_top_pgt") : std::nullopt;
    const auto unpacked = m_walk.unpackedAt();
    if (m_state == State::running && !isJudging() && top && unpacked && m_walk.slide()) {
        const quint64 root =
            *top + m_image->linkedPhysicalOffset() + (*unpacked - m_walk.map()->unpackedEntry);
        const guest::VirtualMemory kernels(*m_memory, {translation.paging, root});
        if (kernels.translate(m_image->start() + *m_walk.slide()))
            translation.root = root;
    }
    return guest::VirtualMemory(*m_memory, translation);
}

// From the mapped RAM; what is not in it (the firmware's ROM) from the stub, when the target is stopped.
void LiveTarget::fetch(AddressSpace space, quint64 address, quint64 bytes,
                       std::function<void(const Result<QByteArray> &)> done) {
    const quint64 wanted = qBound<quint64>(1, bytes, maxBytes);
    Error why{u"no-memory"_s, u"The guest's memory is not shared."_s, std::nullopt, {}};
    if (const auto memory = memoryNow()) {
        const bool isVirtual = space == AddressSpace::guestVirtual;
        QByteArray found =
            isVirtual ? memory->readUpTo(address, wanted) : memory->physical().readUpTo(address, wanted);
        if (!found.isEmpty()) {
            done(found);
            return;
        }
        std::byte first;
        const auto read = isVirtual ? memory->read(address, std::span(&first, 1))
                                    : memory->physical().read(address, std::span(&first, 1));
        if (!read)
            why = read.error();
        if (why.code == "not-mapped"_L1 && isVirtual && m_state == State::stopped) {
            // A program is read in when it is used; until then its file tells what will stand there.
            m_broker->askFile(m_thread, address, wanted, this, [why, done](const QByteArray &ofFile) {
                done(ofFile.isEmpty() ? Result<QByteArray>(tl::unexpected(why)) : Result<QByteArray>(ofFile));
            });
            return;
        }
        if (why.code != "firmware-memory"_L1) {
            done(tl::unexpected(why));
            return;
        }
    }
    if (m_broker->isRunning() && m_state == State::running)
        done(tl::unexpected(running(u"This memory"_s)));
    else
        m_broker->readMemory(m_thread, space == AddressSpace::guestPhysical, address, wanted, this,
                             std::move(done));
}

DebugTarget::Token LiveTarget::readMemory(AddressSpace space, quint64 address, quint64 bytes) {
    const Token token = newToken();
    later([this, token, space, address, bytes] {
        fetch(space, address, bytes, [this, token, address](const Result<QByteArray> &read) {
            emit memoryRead(token, address, read);
        });
    });
    return token;
}

DebugTarget::Token LiveTarget::translate(quint64 address) {
    const Token token = newToken();
    later([this, token, address] {
        const auto memory = memoryNow();
        emit translated(token, memory ? memory->explain(address)
                                      : QStringList{u"not available, because the guest's memory "
                                                    "is not shared with this program"_s});
    });
    return token;
}

void LiveTarget::writeRegister(qint64 thread, int stubNumber, const QByteArray &value) {
    if (refuseUnlessStopped("Writing a register"))
        return;
    if (architecture().registers.bytes(stubNumber) != value.size() || value.isEmpty()) {
        emit problem({u"registers"_s, u"The value does not have the register's size."_s, std::nullopt, {}});
        return;
    }
    m_broker->writeRegisters(thread, {{stubNumber, value}}, this, [this](const rsp::Client::Reply &reply) {
        if (!reply || reply->payload != "OK")
            emit problem({u"registers"_s, u"QEMU does not take this value."_s, std::nullopt, {}});
    });
}

void LiveTarget::writeMemory(AddressSpace space, quint64 address, const QByteArray &bytes) {
    if (refuseUnlessStopped("Writing memory") || bytes.isEmpty())
        return;
    if (const auto memory = memoryNow()) {
        const bool isVirtual = space == AddressSpace::guestVirtual;
        const auto bytesWanted = quint64(bytes.size());
        const quint64 plain = isVirtual ? memory->plainBytes(address, bytesWanted)
                                        : memory->physical().plainBytes(address, bytesWanted);
        if (plain < bytesWanted) {
            emit problem(whyNotWritten(*memory, space, address + plain));
            return;
        }
    }
    m_broker->writeMemory(m_thread, space == AddressSpace::guestPhysical, address, bytes, this,
                          [this](const Result<void> &written) {
                              if (!written)
                                  emit problem(written.error());
                          });
}

} // namespace nitroscope::app
