// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/signal_watch.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace nitroscope::cli {
namespace {

constexpr std::array watched{SIGINT, SIGTERM, SIGHUP};

int pipeEnds[2] = {-1, -1};
volatile std::sig_atomic_t lastSignal = 0;

void handle(int signal) {
    const int savedErrno = errno;
    lastSignal = signal;
    const auto byte = static_cast<unsigned char>(signal);
    // A full pipe means that enough bytes are waiting already.
    [[maybe_unused]] const ssize_t ignored = write(pipeEnds[1], &byte, 1);
    errno = savedErrno;
}

int makePipe() {
    if (pipe2(pipeEnds, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    return pipeEnds[0];
}

} // namespace

SignalWatch::SignalWatch(std::function<void(int)> onSignal, QObject *parent)
    : QObject(parent), m_onSignal(std::move(onSignal)), m_notifier(makePipe(), QSocketNotifier::Read) {
    lastSignal = 0;
    connect(&m_notifier, &QSocketNotifier::activated, this, [this] {
        unsigned char byte = 0;
        while (read(pipeEnds[0], &byte, 1) == 1)
            m_onSignal(byte);
    });
    for (const int signal : watched) {
        struct sigaction old {};
        if (sigaction(signal, nullptr, &old) == 0 && old.sa_handler == SIG_IGN)
            continue;
        struct sigaction action {};
        action.sa_handler = handle;
        sigemptyset(&action.sa_mask);
        sigaction(signal, &action, nullptr);
    }
}

SignalWatch::~SignalWatch() {
    for (const int signal : watched) {
        struct sigaction old {};
        if (sigaction(signal, nullptr, &old) == 0 && old.sa_handler == handle)
            std::signal(signal, SIG_DFL);
    }
    m_notifier.setEnabled(false);
    close(pipeEnds[0]);
    close(pipeEnds[1]);
}

int SignalWatch::received() {
    return lastSignal;
}

} // namespace nitroscope::cli
