// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/host/recorded_host.hpp"

#include <algorithm>

namespace nitroscope::vsock {
namespace {

constexpr std::uint64_t openedByHost = std::uint64_t{1} << 63;
// The core's own ports for peers begin at 2^30; these are apart from them.
constexpr std::uint32_t firstOwnPort = 0x6000'0000, lastOwnPort = 0x7fff'ffff;

template <class T>
void put(std::vector<std::byte> &out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out.push_back(static_cast<std::byte>(static_cast<std::uint64_t>(value) >> (8 * i)));
}

} // namespace

RecordedHost::RecordedHost(GuestSide &guest, Timers &hostTimers, Log log)
    : m_guest(guest), m_hostTimers(hostTimers), m_log(std::move(log)) {}

RecordedHost::~RecordedHost() = default;

ConnectAnswer RecordedHost::connect(const ConnectRequest &request, FlowEvents &events) {
    auto end = std::make_unique<RecordedEnd>(*this, request.flow, request.kind);
    end->setEvents(events);
    if (m_host != nullptr) {
        auto &outside = m_outside[request.flow];
        outside = std::make_unique<Outside>(*this, request.flow, request.kind);
        ConnectAnswer answer = m_host->connect(request, *outside);
        if (answer.end == nullptr)
            outside->failed(answer.refusal);
        outside->setEnd(std::move(answer.end));
        settle();
    }
    return {std::move(end), Reason::none};
}

void RecordedHost::guestReset() {
    if (m_host != nullptr) {
        m_host->guestReset();
        settle();
    }
}

// Answered before the core knows: what the core has against it, the program hears as the end of its connection.
OpenAnswer RecordedHost::open(const OpenRequest &request, std::unique_ptr<HostEnd> end) {
    const std::uint64_t id = openedByHost | ++m_lastOpened;
    auto &outside = m_outside[id];
    outside = std::make_unique<Outside>(*this, id, request.kind);
    outside->setEnd(std::move(end));
    std::uint32_t port = request.sourcePort;
    if (port == 0) {
        m_lastPort = m_lastPort < firstOwnPort || m_lastPort == lastOwnPort ? firstOwnPort : m_lastPort + 1;
        port = m_lastPort;
    }
    std::vector<std::byte> event;
    put(event, static_cast<std::uint8_t>(RecordedEvent::open));
    put(event, id);
    put(event, static_cast<std::uint16_t>(request.kind));
    put(event, request.sourceCid);
    put(event, port);
    put(event, request.guestPort);
    put(event, request.peer.pid);
    for (const char letter : request.peer.description)
        event.push_back(static_cast<std::byte>(letter));
    m_log(event);
    return {outside.get(), Reason::none, 0, port};
}

void RecordedHost::settle() {
    // One that settles may make others have something to say, but never adds or removes any.
    for (auto next = m_outside.begin(); next != m_outside.end();)
        next = next->second->settle() ? std::next(next) : m_outside.erase(next);
}

void RecordedHost::takeOpen(std::uint64_t id, EventReader &in) {
    OpenRequest request;
    const auto kind = in.number<std::uint16_t>();
    request.kind = static_cast<Kind>(kind);
    request.sourceCid = in.number<std::uint64_t>();
    request.sourcePort = in.number<std::uint32_t>();
    request.guestPort = in.number<std::uint32_t>();
    request.peer.pid = in.number<std::int64_t>();
    request.peer.description = in.text();
    if (!in.good() || (request.kind != Kind::stream && request.kind != Kind::seqpacket) ||
        m_ends.contains(id))
        return;
    auto end = std::make_unique<RecordedEnd>(*this, id, request.kind);
    RecordedEnd *opened = end.get();
    const OpenAnswer answer = m_guest.open(request, std::move(end));
    if (answer.events != nullptr)
        opened->setEvents(*answer.events);
    else if (const auto outside = m_outside.find(id); outside != m_outside.end())
        outside->second->close(Close::abort, answer.refusal);
}

void RecordedHost::take(Bytes event) {
    EventReader in(event);
    const auto kind = static_cast<RecordedEvent>(in.number<std::uint8_t>());
    const auto id = in.number<std::uint64_t>();
    if (!in.good())
        return;
    if (kind == RecordedEvent::open)
        return takeOpen(id, in);
    // The core may have ended the flow meanwhile.
    if (const auto found = m_ends.find(id); found != m_ends.end())
        found->second->take(kind, in);
}

} // namespace nitroscope::vsock
