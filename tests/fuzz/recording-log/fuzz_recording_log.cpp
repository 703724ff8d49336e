// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recording that somebody else has made: QEMU's log, and the events in it that are the vsock host's. The log is scanned
// without reading beyond its end, and what it says is no more than there is; an event makes no trouble, whatever it says.
#include "qemu-machine/record/core/log_scan.hpp"
#include "qemu-machine/vsock/host/recorded_host.hpp"

#include <cstdlib>

using namespace nitroscope;

namespace {

void require(bool condition) {
    if (!condition)
        std::abort();
}

void checkLog(const uint8_t *data, size_t size) {
    std::FILE *file = fmemopen(const_cast<uint8_t *>(data), size, "rb");
    if (file == nullptr)
        return;
    NitroLogExtent extent;
    std::string problem;
    const bool good = record::scanLog(file, extent, problem);
    require(good == problem.empty());
    require(extent.bytes <= size);
    std::fclose(file);
}

class StillClock : public vsock::Clock {
public:
    std::int64_t now() const override { return 0; }
    void setAlarm(std::int64_t) override {}
    void clearAlarm() override {}
};

class Silent : public vsock::FlowEvents {
public:
    void connected() override {}
    void failed(vsock::Reason) override {}
    void readable() override {}
    void writable() override {}
    void gone(vsock::Reason) override {}
    void describe(vsock::PeerInfo) override {}
};

// A core that takes every connection and keeps its end.
class Guest : public vsock::GuestSide {
public:
    vsock::OpenAnswer open(const vsock::OpenRequest &, std::unique_ptr<vsock::HostEnd> end) override {
        ends.push_back(std::move(end));
        return {&events, vsock::Reason::none, 1, 1};
    }
    std::uint64_t guestCid() const override { return 16; }
    bool seqpacketNegotiated() const override { return true; }
    vsock::Timers &timers() override { return clock; }

    StillClock still;
    vsock::Timers clock{still};
    Silent events;
    std::vector<std::unique_ptr<vsock::HostEnd>> ends;
};

// Events one behind the other, each with its size before it.
void checkEvents(const uint8_t *data, size_t size) {
    Guest guest;
    vsock::RecordedHost host(guest, guest.clock, [](vsock::Bytes) {});
    vsock::ConnectRequest request;
    request.flow = 1;
    guest.ends.push_back(host.connect(request, guest.events).end);
    for (size_t at = 0; at < size;) {
        const size_t length = std::min<size_t>(data[at], size - at - 1);
        ++at;
        host.take({reinterpret_cast<const std::byte *>(data + at), length});
        at += length;
        std::byte room[64];
        const vsock::WritableBytes piece(room);
        for (const auto &end : guest.ends)
            require(end->read({&piece, 1}).bytes <= sizeof room);
    }
    guest.ends.clear();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    checkLog(data, size);
    checkEvents(data, size);
    return 0;
}
