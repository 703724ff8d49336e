// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one way to do something long off the window's thread: run a function on the global thread pool and hand
// what it returns to a function on the context object's thread. When the context is destroyed first, the work
// still runs to its end (or notices its own cancel flag) and its result is dropped.
//
// Nothing that the work throws, which is std::bad_alloc as a rule, gets past it: it would come out of the event
// loop and end the program.
#pragma once

#include "app/core/result.hpp"

#include <exception>
#include <new>
#include <QFutureWatcher>
#include <QtConcurrent/QtConcurrentRun>
#include <type_traits>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

// What a piece of work gives that ended by an exception: a Result its error, a QString, which by convention is
// what went wrong, the reason; anything else is as empty as it begins.
template <class Outcome>
struct OutcomeOfException {
    static Outcome make(const QString &why) {
        if constexpr (std::is_same_v<Outcome, QString>)
            return why;
        else
            return Outcome{};
    }
};
template <class T>
struct OutcomeOfException<Result<T>> {
    static Result<T> make(const QString &why) { return failure(u"memory"_s, why); }
};

// Calls `work` and catches what it throws.
template <class Work>
std::invoke_result_t<Work> withoutExceptions(Work &&work) {
    using Outcome = OutcomeOfException<std::invoke_result_t<Work>>;
    try {
        return work();
    } catch (const std::bad_alloc &) {
        return Outcome::make(u"There is not enough memory for this."_s);
    } catch (const std::exception &problem) {
        return Outcome::make(u"This failed: %1."_s.arg(QString::fromLocal8Bit(problem.what())));
    }
}

template <class Work, class Done>
void runInWorker(QObject *context, Work work, Done done) {
    using Outcome = std::invoke_result_t<Work>;
    auto *watcher = new QFutureWatcher<Outcome>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context,
                     [watcher, done = std::move(done)]() mutable {
                         watcher->deleteLater();
                         done(watcher->future().takeResult());
                     });
    watcher->setFuture(
        QtConcurrent::run([work = std::move(work)]() mutable { return withoutExceptions(work); }));
}

} // namespace nitroscope::app
