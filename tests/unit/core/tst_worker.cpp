// SPDX-License-Identifier: GPL-2.0-or-later
//
// Work on another thread: its result arrives on this one, and what it throws arrives as an error instead of ending
// the program.

#include "app/core/worker.hpp"

#include <QTest>
#include <QThread>
#include <stdexcept>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

class WorkerTest : public QObject {
    Q_OBJECT

private slots:
    void work_isDoneElsewhere_andAnsweredHere() {
        QThread *workThread = nullptr, *doneThread = nullptr;
        runInWorker(
            this, [] { return QThread::currentThread(); },
            [&](QThread *thread) {
                workThread = thread;
                doneThread = QThread::currentThread();
            });
        QTRY_VERIFY(doneThread);
        QCOMPARE(doneThread, QThread::currentThread());
        QVERIFY(workThread != doneThread);
    }

    void work_thatRunsOutOfMemory_isAnError() {
        std::optional<Result<QByteArray>> outcome;
        runInWorker(
            this, []() -> Result<QByteArray> { throw std::bad_alloc(); },
            [&](Result<QByteArray> result) { outcome = std::move(result); });
        QTRY_VERIFY(outcome);
        QVERIFY(!outcome->has_value());
        QCOMPARE(outcome->error().code, u"memory"_s);
        QVERIFY(!outcome->error().message.isEmpty());
    }

    void work_thatThrows_givesItsReasonOrNothing() {
        std::optional<QString> problem;
        runInWorker(
            this, []() -> QString { throw std::runtime_error("the sky fell"); },
            [&](const QString &result) { problem = result; });
        std::optional<std::shared_ptr<int>> nothing;
        runInWorker(
            this, []() -> std::shared_ptr<int> { throw std::bad_alloc(); },
            [&](std::shared_ptr<int> result) { nothing = std::move(result); });
        QTRY_VERIFY(problem && nothing);
        QVERIFY2(problem->contains(u"the sky fell"_s), qPrintable(*problem));
        QVERIFY(!*nothing);
    }
};

QTEST_GUILESS_MAIN(WorkerTest)
#include "tst_worker.moc"
