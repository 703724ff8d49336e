// SPDX-License-Identifier: GPL-2.0-or-later
//
// `run-enclave` without --attach-console as the user sees it: the enclave's process is started, what it
// reports is passed on, and the command ends when the enclave runs. See enclave_keeper.cpp for the other
// side.
#include "app/cli/enclave/run_options.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/nitro_error.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/core/output/write_all.hpp"

#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <QCoreApplication>
#include <QFile>
#include <QSocketNotifier>
#include <QTimer>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int childChannel = 3, childConfig = 4;
// Until the kernel is entered. nitro-cli waits longer, but for a heartbeat of the enclave's init.
constexpr int patienceMs = 180'000;

// Our own command line and, at its end, where to report and where what --config names can be read a second time.
std::vector<QByteArray> keeperCommandLine(bool hasConfig) {
    QFile file(u"/proc/self/cmdline"_s);
    std::vector<QByteArray> words;
    if (file.open(QIODevice::ReadOnly))
        for (const QByteArray &word : file.readAll().chopped(1).split('\0'))
            words.push_back(word);
    words.push_back("--keeper-channel=" + QByteArray::number(childChannel));
    if (hasConfig)
        words.push_back("--keeper-config=" + QByteArray::number(childConfig));
    return words;
}

// A file without a name that has this text; -1 on failure.
int fileWith(const QByteArray &text) {
    const int file = memfd_create("nitroscope-config", MFD_CLOEXEC);
    if (file >= 0 && app::writeAll(file, text) != 0) {
        close(file);
        return -1;
    }
    return file;
}

// In a child that is about to become another program.
void handOver(int descriptor, int number) {
    if (descriptor == number)
        fcntl(descriptor, F_SETFD, 0);
    else
        dup2(descriptor, number);
}

// Forks and executes this program with `channel` as descriptor 3 and `config`, if there is one, as 4, in a session of its
// own. -1 on failure.
pid_t startKeeper(int channel, int config) {
    std::vector<QByteArray> words = keeperCommandLine(config >= 0);
    std::vector<char *> arguments;
    for (QByteArray &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = fork();
    if (child != 0)
        return child;
    // System calls only from here on.
    setsid();
    const int nothing = open("/dev/null", O_RDWR); // writer-ok: nothing arrives there
    for (int i = 0; i < childChannel; ++i)
        dup2(nothing, i);
    // `config` may lie where `channel` goes.
    const int kept = config >= 0 ? fcntl(config, F_DUPFD, childConfig + 1) : -1;
    handOver(channel, childChannel);
    if (kept >= 0)
        handOver(kept, childConfig);
    close_range(unsigned(kept >= 0 ? childConfig : childChannel) + 1, ~0U, 0);
    execv("/proc/self/exe", arguments.data());
    _exit(127);
}

class Starter : public QObject {
public:
    Starter(pid_t keeper, int channel)
        : m_keeper(keeper), m_channel(channel), m_notifier(channel, QSocketNotifier::Read),
          m_signals([this](int signal) {
              giveUp();
              finish(bySignal + signal);
          }) {
        connect(&m_notifier, &QSocketNotifier::activated, this, &Starter::readSome);
        m_patience.setSingleShot(true);
        connect(&m_patience, &QTimer::timeout, this, [this] {
            giveUp();
            finish(fail(NitroError::enclaveBoot,
                        u"The enclave's kernel was not entered within %1 seconds."_s.arg(patienceMs / 1000)));
        });
        m_patience.start(patienceMs);
    }

private:
    void readSome() {
        char bytes[4096];
        const ssize_t count = read(m_channel, bytes, sizeof bytes);
        if (count > 0)
            m_partial.append(bytes, count);
        for (qsizetype end; (end = m_partial.indexOf('\n')) >= 0; m_partial.remove(0, end + 1))
            obey(m_partial.left(end));
        if (count <= 0 && !m_isFinished) {
            finish(fail(NitroError::processSpawn, u"The enclave's process died before the enclave ran."_s));
        }
    }

    void obey(const QByteArray &line) {
        const qsizetype space = line.indexOf(' ');
        const QByteArray word = line.left(space), rest = line.mid(space + 1);
        if (word == "say") {
            // As nitro-cli says these, without our name before them.
            if (rest.startsWith("Start") || rest.startsWith("[ E"))
                sayPlain(QString::fromUtf8(rest));
            else
                say(QString::fromUtf8(rest));
        } else if (word == "started") {
            finish(printJson(QByteArray::fromBase64(rest)));
        } else if (word == "failed") {
            finish(rest.toInt());
        }
    }

    void giveUp() const { kill(m_keeper, SIGTERM); } // our child, not reaped: the id cannot be anybody else's

    void finish(int code) {
        if (std::exchange(m_isFinished, true))
            return;
        m_notifier.setEnabled(false);
        QCoreApplication::exit(code);
    }

    pid_t m_keeper;
    int m_channel;
    QSocketNotifier m_notifier;
    SignalWatch m_signals;
    QTimer m_patience;
    QByteArray m_partial;
    bool m_isFinished = false;
};

} // namespace

int startDetached(const RunOptions &options) {
    int ends[2];
    const int config = options.config.empty() ? -1 : fileWith(options.configText);
    if (config < 0 && !options.config.empty()) {
        say(u"The configuration cannot be handed on: %1."_s.arg(
            QString::fromLocal8Bit(std::strerror(errno))));
        return refused;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        say(u"A pipe cannot be created: %1."_s.arg(QString::fromLocal8Bit(std::strerror(errno))));
        return refused;
    }
    const pid_t keeper = startKeeper(ends[1], config);
    close(ends[1]);
    if (config >= 0)
        close(config);
    if (keeper < 0) {
        return fail(NitroError::processSpawn, u"The enclave's process cannot be started: %1."_s.arg(
                                                  QString::fromLocal8Bit(std::strerror(errno))));
    }
    const Starter starter(keeper, ends[0]);
    return QCoreApplication::exec();
}

} // namespace nitroscope::cli
