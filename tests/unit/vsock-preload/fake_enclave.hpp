// SPDX-License-Identifier: GPL-2.0-or-later
//
// An enclave in memory behind the real host side, on a thread of its own: it echoes on port 5000 (stream and
// seqpacket) until the program has ended its data, refuses all other ports, and dials the program when told
// to.
#pragma once

#include "tests/unit/vsock-host/host_fixture.hpp"

#include <atomic>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace nitroscope::vsock::test {

constexpr std::uint32_t echoPort = 5000;

class FakeEnclave {
public:
    explicit FakeEnclave(std::string path) : m_path(std::move(path)), m_thread([this] { run(); }) {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_ready; });
    }
    ~FakeEnclave() {
        m_stop = true;
        m_thread.join();
    }

    // Sends the text to the program's port, ends its own data and returns what came back until the end.
    // Tries until somebody listens; "" after 20 s.
    std::string dial(std::uint32_t port, std::string text) {
        std::unique_lock lock(m_mutex);
        m_dialPort = port;
        m_dialText = std::move(text);
        m_dialDone = false;
        m_changed.wait_for(lock, std::chrono::seconds(20), [this] { return m_dialDone; });
        m_dialPort = 0;
        return m_dialResult;
    }

private:
    struct Echo {
        FakeFlow *flow;
        std::string pending; // read, not yet written
        bool begun = false, ended = false, over = false;
    };

    void run() {
        PollLoop loop;
        FakeGuest guest;
        SocketHost host(loop, guest, [](const std::string &) {});
        HostOptions options;
        options.path = m_path;
        options.console = true;
        std::string problem;
        if (!host.start(std::move(options), problem))
            qWarning("%s", problem.c_str());
        host.consoleOutput("console of the enclave\n");
        tellReady();
        std::list<Echo> echoes;
        while (!m_stop) {
            loop.turn(echoes.empty() && !m_dialing ? 10 : 1);
            while (echoes.size() < guest.opened.size()) {
                auto next = guest.opened.begin() + long(echoes.size());
                echoes.push_back({next->get(), {}});
            }
            for (Echo &echo : echoes)
                pump(echo);
            serveDial(host);
        }
        m_dialFlow.reset();
        guest.opened.clear();
    }

    void tellReady() {
        const std::lock_guard lock(m_mutex);
        m_ready = true;
        m_changed.notify_all();
    }

    void pump(Echo &echo) {
        FakeFlow &flow = *echo.flow;
        if (echo.over || !flow.end)
            return;
        if (!echo.begun) {
            echo.begun = true;
            if (flow.request.guestPort != echoPort) {
                flow.end->close(Close::abort, Reason::refusedByGuest);
                echo.over = true;
                return;
            }
            flow.end->accepted();
        }
        if (echo.pending.empty() && !echo.ended) {
            echo.pending = flow.readText(1 << 18);
            const ReadStatus status = flow.last.status;
            echo.ended = status == ReadStatus::endOfData || status == ReadStatus::closed;
            echo.over = status == ReadStatus::reset;
        }
        if (!echo.pending.empty())
            echo.pending.erase(0, flow.writeText(echo.pending).bytes);
        if (echo.pending.empty() && echo.ended) {
            flow.end->endOfGuestData();
            flow.end->close(Close::orderly, Reason::guestClosed);
            echo.over = true;
        }
    }

    void serveDial(SocketHost &host) {
        const std::lock_guard lock(m_mutex);
        if (m_dialPort == 0 || m_dialDone)
            return;
        if (!m_dialFlow) {
            m_dialFlow = std::make_unique<FakeFlow>();
            ConnectAnswer answer =
                host.connect({++m_ids, Kind::stream, {16, 4321}, {3, m_dialPort}}, *m_dialFlow);
            m_dialFlow->end = std::move(answer.end);
            if (!m_dialFlow->end || m_dialFlow->connectedCount == 0) {
                m_dialFlow.reset(); // nobody listens yet
                return;
            }
            m_dialFlow->writeText(m_dialText);
            m_dialFlow->end->endOfGuestData();
            m_dialResult.clear();
        }
        m_dialing = true;
        m_dialResult += m_dialFlow->readText();
        const ReadStatus status = m_dialFlow->last.status;
        if (status == ReadStatus::more || status == ReadStatus::wouldBlock)
            return;
        m_dialFlow.reset();
        m_dialing = false;
        m_dialDone = true;
        m_changed.notify_all();
    }

    std::string m_path;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    bool m_ready = false, m_dialDone = false;
    std::uint32_t m_dialPort = 0;
    std::string m_dialText, m_dialResult;
    std::unique_ptr<FakeFlow> m_dialFlow;
    std::uint64_t m_ids = 0;
    std::atomic<bool> m_stop = false, m_dialing = false;
    std::thread m_thread;
};

} // namespace nitroscope::vsock::test
