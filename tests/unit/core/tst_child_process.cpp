// SPDX-License-Identifier: GPL-2.0-or-later
//
// The process launcher, with /bin/sh as the program: ends, standard error in lines, escalation.
#include "app/core/child_process.hpp"

#include <csignal>
#include <cstdio>
#include <QSignalSpy>
#include <QtTest>

using namespace nitroscope::app;

namespace {

// Runs a script to its end.
struct Script {
    ChildProcess process;
    QStringList lines;
    std::optional<ProcessEnd> end;

    explicit Script(const QString &text) {
        QObject::connect(&process, &ChildProcess::errorLine, &process,
                         [this](const QString &line) { lines << line; });
        QObject::connect(&process, &ChildProcess::finished, &process,
                         [this](const ProcessEnd &e) { end = e; });
        process.start("/bin/sh", {"-c", text});
    }

    bool ends() {
        return QTest::qWaitFor([this] { return end.has_value(); }, 60'000);
    }
    bool says(const QString &line) {
        return QTest::qWaitFor([&] { return lines.contains(line); }, 60'000);
    }
};

const QString beParent = "--be-a-parent";

// For a process of its own: tells its child's number and lives on.
int parentOfASleeper() {
    ChildProcess child;
    QObject::connect(&child, &ChildProcess::errorLine, &child, [](const QString &line) {
        std::puts(qPrintable(line));
        std::fflush(stdout);
    });
    child.start("/bin/sh", {"-c", "echo $$ >&2; exec sleep 1000"});
    return QCoreApplication::exec();
}

// 'T' when stopped, 'Z' when dead; 0 when it is not there any more.
char stateOf(pid_t process) {
    QFile file(QString("/proc/%1/stat").arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    const QByteArray stat = file.readAll();
    return stat.mid(stat.lastIndexOf(')') + 2, 1).data()[0];
}

} // namespace

class TestChildProcess : public QObject {
    Q_OBJECT
private slots:
    void exit_code_isReported() {
        Script script("exit 7");
        QVERIFY(script.ends());
        QCOMPARE(script.end->exitCode, 7);
        QCOMPARE(script.end->signal, 0);
        QVERIFY(!script.end->ours);
    }

    void death_bySignal_isReportedWithItsNumber() {
        Script script("kill -SEGV $$");
        QVERIFY(script.ends());
        QCOMPARE(script.end->signal, SIGSEGV);
        QVERIFY(!script.end->ours);
    }

    void errors_areSplitIntoLines() {
        Script script("printf 'one\\r\\ntwo\\n\\nlast' >&2; echo 'not this'");
        QVERIFY(script.ends());
        QCOMPARE(script.lines, (QStringList{"one", "two", "", "last"}));
        QCOMPARE(script.process.lastErrorLines(), script.lines);
    }

    void errors_flood_isBounded() {
        Script script("i=0; while [ $i -lt 100 ]; do echo line $i >&2; i=$((i+1)); done; "
                      "head -c 100000 /dev/zero | tr '\\0' x >&2; echo >&2; echo end >&2");
        QVERIFY(script.ends());
        QCOMPARE(script.process.lastErrorLines().size(), ChildProcess::keptLines);
        for (const QString &line : script.lines)
            QVERIFY(line.size() <= ChildProcess::maxLineLength);
        QCOMPARE(script.lines.last(), QString("end"));
    }

    void end_willing_needsNoSignal() {
        Script script("echo up >&2; read x </dev/null; exit 0");
        script.process.end(5'000, 5'000);
        QVERIFY(script.ends());
        QVERIFY(!script.end->ours);
    }

    void end_unwilling_isTerminated() {
        Script script("echo up >&2; exec sleep 1000");
        QVERIFY(script.says("up"));
        script.process.end(10, 10);
        QVERIFY(script.ends());
        QCOMPARE(script.end->signal, SIGTERM);
        QVERIFY(script.end->ours);
    }

    void end_withoutPatience_leavesTimeToTidyUp() {
        Script script(
            "trap 'sleep 0.1; echo tidied >&2; exit 0' TERM; echo up >&2; while :; do sleep 0.01; done");
        QVERIFY(script.says("up"));
        script.process.end(0, 60'000);
        QVERIFY(script.ends());
        QVERIFY(script.lines.contains("tidied"));
        QCOMPARE(script.end->signal, 0);
    }

    void end_deaf_isKilled() {
        Script script("trap '' TERM; echo up >&2; while :; do sleep 1000; done");
        QVERIFY(script.says("up"));
        script.process.end(10, 10);
        QVERIFY(script.ends());
        QCOMPARE(script.end->signal, SIGKILL);
        QVERIFY(script.end->ours);
    }

    void start_missingProgram_fails() {
        ChildProcess process;
        QSignalSpy failed(&process, &ChildProcess::failedToStart);
        process.start("/no/such/program", {});
        QTRY_COMPARE(failed.count(), 1);
        QVERIFY(!process.isRunning());
    }

    void destructor_whileRunning_leavesNoChild() {
        qint64 id = 0;
        {
            Script script("trap '' TERM; echo up >&2; exec sleep 1000");
            QVERIFY(script.says("up"));
            id = script.process.processId();
        }
        QVERIFY(id > 0);
        QCOMPARE(::kill(static_cast<pid_t>(id), 0), -1);
    }

    // Ctrl-C in the terminal is for us; and see child_thatIsStopped_doesNotOutliveUs().
    void child_hasItsOwnProcessGroupInOurSession() {
        Script script("cut -d' ' -f5,6 /proc/$$/stat >&2");
        const qint64 id = script.process.processId();
        QVERIFY(script.ends());
        const QStringList numbers = script.lines.value(0).trimmed().split(' ');
        QCOMPARE(numbers.value(0).toLongLong(), id);
        QCOMPARE(numbers.value(1).toLongLong(), qint64(::getsid(0)));
    }

    void child_thatIsStopped_doesNotOutliveUs() {
        QProcess parent;
        parent.start(QCoreApplication::applicationFilePath(), {beParent});
        QVERIFY(parent.waitForReadyRead(60'000));
        const auto child = pid_t(parent.readLine().toLongLong());
        QVERIFY(child > 0);
        QCOMPARE(::kill(child, SIGSTOP), 0);
        QTRY_COMPARE_WITH_TIMEOUT(stateOf(child), 'T', 60'000);
        parent.kill();
        QVERIFY(parent.waitForFinished(60'000));
        QTRY_VERIFY_WITH_TIMEOUT(stateOf(child) == 'Z' || stateOf(child) == 0, 60'000);
    }
};

int main(int argc, char **argv) {
    QCoreApplication application(argc, argv);
    if (QCoreApplication::arguments().value(1) == beParent)
        return parentOfASleeper();
    TestChildProcess test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_child_process.moc"
