// SPDX-License-Identifier: GPL-2.0-or-later
//
// The one way to do something long off the window's thread: run a function on the global thread pool and hand
// what it returns to a function on the context object's thread. When the context is destroyed first, the work
// still runs to its end (or notices its own cancel flag) and its result is dropped.
#pragma once

#include <QFutureWatcher>
#include <QtConcurrent/QtConcurrentRun>
#include <type_traits>
#include <utility>

namespace nitroscope::app {

template <class Work, class Done>
void runInWorker(QObject *context, Work work, Done done) {
    using Outcome = std::invoke_result_t<Work>;
    auto *watcher = new QFutureWatcher<Outcome>(context);
    QObject::connect(watcher, &QFutureWatcherBase::finished, context,
                     [watcher, done = std::move(done)]() mutable {
                         watcher->deleteLater();
                         done(watcher->future().takeResult());
                     });
    watcher->setFuture(QtConcurrent::run(std::move(work)));
}

} // namespace nitroscope::app
