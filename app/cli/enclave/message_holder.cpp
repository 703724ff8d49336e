// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/enclave/message_holder.hpp"

#include "app/cli/kit/console_output.hpp"

#include <sys/stat.h>
#include <unistd.h>

namespace nitroscope::cli {
namespace {

constexpr int patienceMs = 250;
constexpr qsizetype maxHeld = 100;

bool outputsAreOne() {
    struct stat output {
    }, error{};
    // writer-ok: only compared
    return fstat(STDOUT_FILENO, &output) == 0 && fstat(STDERR_FILENO, &error) == 0 &&
           output.st_dev == error.st_dev && output.st_ino == error.st_ino;
}

} // namespace

MessageHolder::MessageHolder(QObject *parent) : QObject(parent), m_isShared(outputsAreOne()) {
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, &MessageHolder::release);
}

void MessageHolder::tell(const QString &text) {
    if (m_held.size() >= maxHeld)
        release();
    if (!m_isShared || m_line == Line::ended) {
        say(text);
        return;
    }
    m_held << text;
    if (!m_patience.isActive())
        m_patience.start(patienceMs);
}

void MessageHolder::consoleAt(Line line) {
    m_line = line;
    if (line == Line::ended)
        release();
}

void MessageHolder::release() {
    m_patience.stop();
    // Also at the end of everything: whatever is said next begins a line.
    if (m_isShared && m_line == Line::open)
        (void)app::writeOutput("\r\n");
    m_line = Line::ended;
    for (const QString &text : std::as_const(m_held))
        say(text);
    m_held.clear();
}

} // namespace nitroscope::cli
