// SPDX-License-Identifier: GPL-2.0-or-later
//
// One long piece of work at a time, on a worker thread, with progress and a way to stop it. Starting another
// one, cancelling, or destroying the task makes the earlier one's result vanish; its work notices the stop
// token and ends soon.
#pragma once

#include "app/core/worker.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <QObject>
#include <QTimer>
#include <stop_token>

namespace nitroscope::app {

class BackgroundTask : public QObject {
    Q_OBJECT
public:
    // What the work gets: both may be used from its thread.
    struct Control {
        std::stop_token stop;
        std::function<void(quint64 done, quint64 total)> progress;
    };

    explicit BackgroundTask(QObject *parent = nullptr);
    ~BackgroundTask() override;

    // `work(Control)` runs on a worker, `done(result)` on this object's thread unless it was cancelled.
    template <class Work, class Done>
    void start(Work work, Done done) {
        begin();
        const Control control{m_stop.get_token(), [progress = m_progress](quint64 count, quint64 total) {
                                  progress->done = count;
                                  progress->total = total;
                              }};
        runInWorker(
            this, [work = std::move(work), control]() mutable { return work(control); },
            [this, done = std::move(done), generation = m_generation](auto result) mutable {
                if (generation != m_generation)
                    return;
                finish();
                done(std::move(result));
            });
    }

    void cancel();
    bool isBusy() const { return m_isBusy; }

signals:
    void started();
    // At most about 30 times a second; what is counted depends on the work.
    void progressed(quint64 done, quint64 total);
    // The work is done, or was cancelled.
    void stopped();

private:
    // Written by the work's threads, which may outlive this object.
    struct Progress {
        std::atomic<quint64> done{0}, total{0};
    };
    void begin();
    void finish();

    quint64 m_generation = 0;
    bool m_isBusy = false;
    std::stop_source m_stop;
    std::shared_ptr<Progress> m_progress;
    QTimer m_report;
};

} // namespace nitroscope::app
