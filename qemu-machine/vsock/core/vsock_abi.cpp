// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C face of the core: vsock.h over class Device. Nothing here decides anything; it converts pointers and
// sizes and keeps exceptions (out of memory) inside. What has no guard only reads.
#include "qemu-machine/vsock/core/vsock.h"

#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/vsock/core/device.hpp"

#include <algorithm>
#include <array>
#include <cstring>

using namespace nitroscope::vsock;
using nitroscope::guarded;

struct Vsock {
    Vsock(const VsockCallbacks &callbacks, const VsockOptions &options) : device(callbacks, options) {}
    Device device;
    // Kept between calls to save allocations.
    std::vector<Bytes> received;
    std::vector<WritableBytes> pieces;
    std::vector<RxBuffer> buffers;
};

namespace {

const char *nameOf(std::span<const char *const> names, std::size_t index) {
    return index < names.size() ? names[index] : "unknown";
}

// A call that works on packets or flows.
template <class Body>
void work(Vsock *vsock, Body &&body) {
    vsock->device.beginWork();
    guarded(body, [vsock] { vsock->device.outOfMemory(); });
}

int copyRule(const RuleTable &table, std::size_t position, VsockRule *rule) {
    if (position >= table.rules().size())
        return -1;
    *rule = table.rules()[position];
    return 0;
}

int removeRule(Vsock *vsock, RuleTable &table, std::uint32_t id) {
    const bool found = id == 0 || table.remove(id);
    if (id == 0)
        table.clear();
    work(vsock, [vsock] { vsock->device.releaseRules(); });
    return found ? 0 : -1;
}

} // namespace

const char *vsock_reason_name(unsigned reason) {
    return reasonName(static_cast<Reason>(reason));
}

const char *vsock_reason_text(unsigned reason) {
    return reasonText(static_cast<Reason>(reason));
}

const char *vsock_op_name(unsigned op) {
    return opName(static_cast<Op>(op));
}

const char *vsock_action_name(VsockAction action) {
#define VSOCK_ACTION_NAME(constant, name) name,
    static constexpr std::array names{VSOCK_ACTION_LIST(VSOCK_ACTION_NAME)};
#undef VSOCK_ACTION_NAME
    return nameOf(names, action);
}

Vsock *vsock_new(const VsockCallbacks *callbacks, const VsockOptions *options) {
    return guarded([&] { return new Vsock(*callbacks, options != nullptr ? *options : VsockOptions{}); },
                   []() -> Vsock * { return nullptr; });
}

void vsock_free(Vsock *vsock) {
    delete vsock;
}

VsockGuestSide *vsock_guest_side(Vsock *vsock) {
    return reinterpret_cast<VsockGuestSide *>(static_cast<GuestSide *>(&vsock->device));
}

void vsock_set_host_side(Vsock *vsock, VsockHostSide *host) {
    vsock->device.setHostSide(reinterpret_cast<HostSide *>(host));
}

void vsock_run_timers(Vsock *vsock) {
    work(vsock, [vsock] { vsock->device.timers().run(); });
}

void vsock_start(Vsock *vsock, int seqpacket) {
    work(vsock, [&] { vsock->device.start(seqpacket != 0); });
}

void vsock_reset(Vsock *vsock) {
    work(vsock, [vsock] { vsock->device.reset(); });
}

void vsock_close_flows(Vsock *vsock, unsigned reason) {
    work(vsock, [&] { vsock->device.closeFlows(static_cast<Reason>(reason)); });
}

void vsock_announce_transport_reset(Vsock *vsock, unsigned reason) {
    work(vsock, [&] { vsock->device.announceTransportReset(static_cast<Reason>(reason)); });
}

void vsock_transport_reset_done(Vsock *vsock) {
    work(vsock, [vsock] { vsock->device.transportResetDone(); });
}

int vsock_may_receive(const Vsock *vsock) {
    return vsock->device.mayReceive();
}

void vsock_receive(Vsock *vsock, const uint8_t header[VSOCK_HEADER_BYTES], const VsockPiece *payload,
                   size_t pieces) {
    HeaderBytes bytes;
    std::memcpy(bytes.data(), header, bytes.size());
    work(vsock, [&] {
        vsock->device.workOn(bytes);
        vsock->received.clear();
        for (std::size_t i = 0; i < pieces; ++i)
            if (payload[i].size != 0)
                vsock->received.emplace_back(static_cast<const std::byte *>(payload[i].data),
                                             payload[i].size);
        vsock->device.receive(bytes, vsock->received);
    });
}

void vsock_receive_broken(Vsock *vsock, const char *what) {
    work(vsock, [&] { vsock->device.receiveBroken(what); });
}

void vsock_end_of_batch(Vsock *vsock) {
    work(vsock, [vsock] { vsock->device.endOfBatch(); });
}

int vsock_wants_buffers(const Vsock *vsock) {
    return vsock->device.wantsBuffers();
}

size_t vsock_fill(Vsock *vsock, VsockBuffer *buffers, size_t count) {
    std::size_t used = 0;
    for (std::size_t i = 0; i < count; ++i)
        buffers[i].used = 0;
    vsock->buffers.clear();
    work(vsock, [&] {
        vsock->pieces.clear();
        vsock->buffers.assign(count, {});
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t k = 0; k < buffers[i].count; ++k)
                vsock->pieces.emplace_back(static_cast<std::byte *>(buffers[i].pieces[k].data),
                                           buffers[i].pieces[k].size);
        std::size_t first = 0;
        for (std::size_t i = 0; i < count; first += buffers[i].count, ++i)
            vsock->buffers[i].pieces = std::span(vsock->pieces).subspan(first, buffers[i].count);
        used = vsock->device.fill(vsock->buffers);
    });
    // When memory ran out on the way, what is written counts all the same: the flows have it behind them.
    for (std::size_t i = 0; i < vsock->buffers.size(); ++i)
        if (vsock->buffers[i].used != 0)
            used = std::max(used, i + 1);
    for (std::size_t i = 0; i < used; ++i)
        buffers[i].used = vsock->buffers[i].used;
    return used;
}

void vsock_counters(const Vsock *vsock, VsockCounters *counters) {
    *counters = vsock->device.counters();
}

uint64_t vsock_guest_cid(const Vsock *vsock) {
    return vsock->device.guestCid();
}

void vsock_set_guest_cid(Vsock *vsock, uint64_t cid) {
    vsock->device.setGuestCid(cid);
}

int vsock_seqpacket(const Vsock *vsock) {
    return vsock->device.seqpacketNegotiated();
}

void vsock_each_flow(const Vsock *vsock, void (*each)(void *opaque, const VsockFlowInfo *flow),
                     void *opaque) {
    for (const auto &[id, flow] : vsock->device.flowsById()) {
        const VsockFlowInfo info = vsock->device.describe(*flow);
        each(opaque, &info);
    }
}

void vsock_each_closed_flow(const Vsock *vsock, void (*each)(void *opaque, const VsockFlowInfo *flow),
                            void *opaque) {
    for (const VsockFlowInfo &flow : vsock->device.closedFlows())
        each(opaque, &flow);
}

uint32_t vsock_rule_add(Vsock *vsock, const VsockRule *rule) {
    return guarded(
        [&] {
            return (rule->action == VSOCK_BREAK ? vsock->device.breaks() : vsock->device.faults()).add(*rule);
        },
        [] { return std::uint32_t{0}; });
}

int vsock_fault_remove(Vsock *vsock, uint32_t id) {
    return removeRule(vsock, vsock->device.faults(), id);
}

int vsock_break_remove(Vsock *vsock, uint32_t id) {
    if (id != 0)
        return vsock->device.breaks().remove(id) ? 0 : -1;
    vsock->device.breaks().clear();
    return 0;
}

int vsock_fault_get(const Vsock *vsock, size_t position, VsockRule *rule) {
    return copyRule(vsock->device.faults(), position, rule);
}

void vsock_fault_seed(Vsock *vsock, uint64_t seed) {
    vsock->device.faults().seed(seed);
}

int vsock_is_quiet(const Vsock *vsock) {
    return vsock->device.isQuiet();
}

void vsock_forget_all(Vsock *vsock) {
    work(vsock, [vsock] { vsock->device.forgetAll(); });
}

size_t vsock_save(const Vsock *vsock, uint8_t *out, size_t capacity) {
    return guarded(
        [&] {
            const std::vector<std::byte> state = vsock->device.save();
            if (out != nullptr)
                std::memcpy(out, state.data(), std::min(capacity, state.size()));
            return state.size();
        },
        [] { return std::size_t{0}; });
}

int vsock_load(Vsock *vsock, const uint8_t *state, size_t size) {
    return guarded(
        [&] {
            return vsock->device.load({reinterpret_cast<const std::byte *>(state), size}) ? 0 : -1;
        },
        [] { return -1; });
}
