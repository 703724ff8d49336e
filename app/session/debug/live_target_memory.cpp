// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of LiveTarget: registers, memory, expressions, frames.
#include "app/session/debug/live_target.hpp"

#include <array>
#include <QtEndian>

namespace nitroscope::app {
namespace {

constexpr quint64 mostBytes = 1 << 20;

struct RegisterName {
    const char *name;
    int stub;
    int bytes; // of the value; a part of the register when fewer than it has
};
constexpr std::array registerNames{
    RegisterName{"rax", 0, 8},      RegisterName{"rbx", 1, 8},      RegisterName{"rcx", 2, 8},
    RegisterName{"rdx", 3, 8},      RegisterName{"rsi", 4, 8},      RegisterName{"rdi", 5, 8},
    RegisterName{"rbp", 6, 8},      RegisterName{"rsp", 7, 8},      RegisterName{"r8", 8, 8},
    RegisterName{"r9", 9, 8},       RegisterName{"r10", 10, 8},     RegisterName{"r11", 11, 8},
    RegisterName{"r12", 12, 8},     RegisterName{"r13", 13, 8},     RegisterName{"r14", 14, 8},
    RegisterName{"r15", 15, 8},     RegisterName{"rip", 16, 8},     RegisterName{"eflags", 17, 4},
    RegisterName{"cs", 18, 4},      RegisterName{"ss", 19, 4},      RegisterName{"ds", 20, 4},
    RegisterName{"es", 21, 4},      RegisterName{"fs", 22, 4},      RegisterName{"gs", 23, 4},
    RegisterName{"fs_base", 24, 8}, RegisterName{"gs_base", 25, 8}, RegisterName{"k_gs_base", 26, 8},
    RegisterName{"cr0", 27, 8},     RegisterName{"cr2", 28, 8},     RegisterName{"cr3", 29, 8},
    RegisterName{"cr4", 30, 8},     RegisterName{"cr8", 31, 8},     RegisterName{"efer", 32, 8},
    RegisterName{"eax", 0, 4},      RegisterName{"ebx", 1, 4},      RegisterName{"ecx", 2, 4},
    RegisterName{"edx", 3, 4},      RegisterName{"esi", 4, 4},      RegisterName{"edi", 5, 4},
    RegisterName{"ebp", 6, 4},      RegisterName{"esp", 7, 4},      RegisterName{"eip", 16, 4},
    RegisterName{"ax", 0, 2},       RegisterName{"bx", 1, 2},       RegisterName{"cx", 2, 2},
    RegisterName{"dx", 3, 2},       RegisterName{"si", 4, 2},       RegisterName{"di", 5, 2},
    RegisterName{"al", 0, 1},       RegisterName{"bl", 1, 1},       RegisterName{"cl", 2, 1},
    RegisterName{"dl", 3, 1},
};

Error running(const QString &what) {
    return {QStringLiteral("target-running"),
            QStringLiteral("%1 can only be read while the target is stopped.").arg(what),
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
    const QString where = QStringLiteral("0x%1").arg(*physical, 0, 16);
    if (range.backing == guest::Backing::device)
        return {QStringLiteral("device-memory"),
                QStringLiteral("At physical address %1 there are registers of a device (%2): writing them "
                               "would operate it. Nothing was written.")
                    .arg(where, range.name),
                address,
                {}};
    return {QStringLiteral("no-memory"),
            QStringLiteral("There is no memory at physical address %1. Nothing was written.").arg(where),
            address,
            {}};
}

} // namespace

std::optional<quint64> LiveTarget::registerByName(const QString &name) const {
    const TargetStop *stop = looked();
    if (!stop || stop->registers.isEmpty() || (m_state != State::stopped && !isJudging()))
        return std::nullopt;
    if (name == QLatin1String("pc"))
        return stop->pc;
    if (name == QLatin1String("sp"))
        return stop->value(RegisterView::stubRsp);
    for (const RegisterName &known : registerNames)
        if (name == QLatin1String(known.name)) {
            const quint64 value = stop->value(known.stub);
            return known.bytes == 8 ? value : value & ((quint64(1) << 8 * known.bytes) - 1);
        }
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
        return failure(QStringLiteral("waiting"),
                       QStringLiteral("waits until the kernel is unpacked, because KASLR may move it"));
    return failure(QStringLiteral("waiting"),
                   result.error ? result.error->message : QStringLiteral("waits for memory that it names"));
}

void LiveTarget::compute(const QString &expression, ExpressionContext context, int left,
                         std::function<void(const Result<quint64> &)> done) {
    const ExpressionResult result = evaluateExpression(expression, context);
    if (result.value) {
        done(*result.value);
        return;
    }
    if (!result.wanted || left == 0) {
        done(tl::unexpected(result.error.value_or(Error{
            QStringLiteral("expression"), QStringLiteral("It reads too much memory."), std::nullopt, {}})));
        return;
    }
    const ExpressionRead wanted = *result.wanted;
    fetch(wanted.space, wanted.address, 8,
          [this, expression, context = std::move(context), left, wanted,
           done = std::move(done)](const Result<QByteArray> &bytes) mutable {
              if (!bytes || bytes->size() < 8) {
                  done(bytes ? failure(QStringLiteral("not-mapped"),
                                       QStringLiteral("The memory it reads is not mapped."))
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
        done(tl::unexpected(running(QStringLiteral("Registers"))));
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
                  [thread, generation, done = std::move(done)](const rsp::Client::Reply &reply) {
                      const auto bytes = reply ? rsp::fromHex(reply->payload) : std::nullopt;
                      if (bytes && bytes->size() == RegisterView::stubPacketBytes)
                          done(RegisterSet{generation, thread, *bytes});
                      else if (reply)
                          done(failure(QStringLiteral("registers"),
                                       QStringLiteral("QEMU's registers cannot be understood.")));
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
    const quint64 wanted = qBound<quint64>(1, bytes, mostBytes);
    Error why{
        QStringLiteral("no-memory"), QStringLiteral("The guest's memory is not shared."), std::nullopt, {}};
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
        if (why.code != QLatin1String("firmware-memory")) {
            done(tl::unexpected(why));
            return;
        }
    }
    if (m_broker->isRunning() && m_state == State::running)
        done(tl::unexpected(running(QStringLiteral("This memory"))));
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
        emit translated(token, memory
                                   ? memory->explain(address)
                                   : QStringList{QStringLiteral("not available, because the guest's memory "
                                                                "is not shared with this program")});
    });
    return token;
}

void LiveTarget::writeRegister(qint64 thread, int stubNumber, const QByteArray &value) {
    if (refuseUnlessStopped("Writing a register"))
        return;
    if (RegisterView::stubBytes(stubNumber) != value.size() || value.isEmpty()) {
        emit problem({QStringLiteral("registers"),
                      QStringLiteral("The value has not the register's size."),
                      std::nullopt,
                      {}});
        return;
    }
    m_broker->writeRegisters(thread, {{stubNumber, value}}, this, [this](const rsp::Client::Reply &reply) {
        if (!reply || reply->payload != "OK")
            emit problem({QStringLiteral("registers"),
                          QStringLiteral("QEMU does not take this value."),
                          std::nullopt,
                          {}});
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
