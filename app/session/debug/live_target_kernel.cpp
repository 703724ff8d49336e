// SPDX-License-Identifier: GPL-2.0-or-later
//
// Of LiveTarget: what takes its time and runs on workers: frames, the kernel's own view, debug files.
#include "app/session/debug/live_target.hpp"
#include "app/session/kernel/unwinder.hpp"

#include <QFutureWatcher>
#include <QtConcurrent/QtConcurrentRun>

namespace nitroscope::app {
namespace {

// Runs `work` on the thread pool and gives what it returns to `done`, on the context's thread.
template <class Work, class Done>
void onWorker(QObject *context, Work work, Done done) {
    using Outcome = std::invoke_result_t<Work>;
    auto *watcher = new QFutureWatcher<Outcome>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context, [watcher, done = std::move(done)] {
        watcher->deleteLater();
        done(watcher->result());
    });
    watcher->setFuture(QtConcurrent::run(std::move(work)));
}

quint64 field(const QByteArray &registers, int number) {
    TargetStop stop;
    stop.registers = registers;
    return stop.value(number);
}

} // namespace

DebugTarget::Token LiveTarget::readFrames(qint64 thread, int most) {
    const Token token = newToken();
    later([this, token, thread, most] {
        withRegisters(thread, [this, token, most](const Result<RegisterSet> &registers) {
            if (!registers || !m_memory) {
                emit framesRead(token, m_stop ? m_stop->generation : 0, {});
                return;
            }
            const QByteArray &raw = registers->raw;
            const auto translation = guest::AddressTranslation::of(
                field(raw, RegisterView::stubCr0), field(raw, RegisterView::stubCr3),
                field(raw, RegisterView::stubCr3 + 1), field(raw, RegisterView::stubEfer));
            onWorker(
                this,
                [registers = *registers, most, symbols = m_symbols,
                 memory = guest::VirtualMemory(*m_memory, translation)] {
                    return unwind(
                        UnwindStart::of(registers), symbols->known(),
                        [&memory](quint64 address, quint64 bytes) { return memory.readUpTo(address, bytes); },
                        most);
                },
                [this, token, generation = registers->generation](const QVector<DebugFrame> &frames) {
                    if (m_state != State::detached)
                        emit framesRead(token, generation, frames);
                });
        });
    });
    return token;
}

DebugTarget::Token LiveTarget::readKernel() {
    const Token token = newToken();
    later([this, token] {
        withKernel([this, token](const KernelView &view) {
            if (m_state != State::detached)
                emit kernelRead(token, view);
        });
    });
    return token;
}

void LiveTarget::withKernel(std::function<void(const KernelView &)> done) {
    m_kernelWaiters.append(std::move(done));
    if (!m_isReaderBusy)
        startKernelRead();
}

void LiveTarget::startKernelRead() {
    auto waiters = std::exchange(m_kernelWaiters, {});
    if (!m_reader) {
        KernelView view;
        const QString why = m_memory
                                ? QStringLiteral("not available, because the EIF is still being read")
                                : QStringLiteral("not available, because the guest's memory is not shared");
        view.tasks.unavailable = view.log.unavailable = view.modules.unavailable = why;
        for (const auto &waiter : waiters)
            waiter(view);
        return;
    }
    m_isReaderBusy = true;
    if (std::exchange(m_isReaderStale, false))
        m_reader->setImage(m_image);
    onWorker(
        this,
        [reader = m_reader, translation = m_translation] {
            return reader->read(translation.root ? std::optional(translation) : std::nullopt);
        },
        [this, waiters](const KernelView &view) {
            m_isReaderBusy = false;
            noteTasks(view);
            for (const auto &waiter : waiters)
                waiter(view);
            if (!m_kernelWaiters.isEmpty() && !m_isReaderBusy)
                startKernelRead();
        });
}

// Which task each vCPU runs.
void LiveTarget::noteTasks(const KernelView &view) {
    bool isChanged = false;
    for (DebugThread &thread : m_threads) {
        QString text;
        for (const KernelTask &task : view.tasks.rows)
            if (task.cpu == int(thread.id) - 1)
                text = QStringLiteral("%1 (%2)").arg(task.name).arg(task.pid);
        isChanged = isChanged || thread.task != text;
        thread.task = text;
    }
    if (isChanged && m_state != State::detached)
        emit threadsChanged();
}

void LiveTarget::loadDebugFile(const QString &path) {
    if (!m_image) {
        emit problem(
            {QStringLiteral("debug-file"),
             QStringLiteral("The EIF's own kernel is not known, so nothing can be compared with it."),
             std::nullopt, path});
        return;
    }
    onWorker(
        this, [image = m_image, path] { return image->withDebugFile(path); },
        [this](const Result<symbols::KernelImagePointer> &detailed) {
            if (m_state == State::detached)
                return;
            if (!detailed) {
                emit problem(detailed.error());
                return;
            }
            m_image = *detailed;
            m_isReaderStale = true;
            publishSymbols();
        });
}

} // namespace nitroscope::app
