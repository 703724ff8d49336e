// SPDX-License-Identifier: GPL-2.0-or-later
//
// A hostile guest: packets of any content in any order, receive buffers of any size, time that passes, rules,
// resets and snapshots. An input is a row of steps, each a byte of kind and what it needs; short header
// fields keep packets likely to meet a flow. Beyond memory errors it checks that no more is written than a
// buffer holds.
#include "tests/unit/vsock-core/bench_host.hpp"

#include <cstdlib>

using namespace nitroscope::vsock;
using namespace nitroscope::vsock::test;

namespace {

class Input {
public:
    Input(const uint8_t *data, size_t size) : m_data(data), m_size(size) {}
    bool empty() const { return m_size == 0; }
    std::uint32_t byte() {
        if (m_size == 0)
            return 0;
        --m_size;
        return *m_data++;
    }
    std::uint32_t word() {
        const std::uint32_t low = byte();
        return low | byte() << 8;
    }

private:
    const uint8_t *m_data;
    size_t m_size;
};

void sendPacket(Bench &bench, Input &input) {
    Header header = bench.header(static_cast<Op>(input.byte() % 10), 1000 + input.byte() % 4, 8000);
    const std::uint32_t shape = input.byte();
    header.type = static_cast<std::uint16_t>(shape % 4);
    header.flags = shape >> 2 & 7;
    header.source.cid = shape % 32 == 31 ? 17 : 16;
    header.destination.cid = (shape >> 5) + 1;
    header.bufAlloc = input.word() << (shape % 3 * 8);
    header.fwdCnt = input.word() << (shape % 5 * 4);
    const std::string payload(input.word(), 'p');
    header.length = static_cast<std::uint32_t>(payload.size()) + (shape % 16 == 15 ? 1 : 0);
    const std::array<Bytes, 2> pieces{bytesOf(payload).first(payload.size() / 3),
                                      bytesOf(payload).subspan(payload.size() / 3)};
    bench.device.receive(header.encode(), pieces);
    if (shape % 2 != 0)
        bench.device.endOfBatch();
}

void fill(Bench &bench, Input &input) {
    const std::size_t size = input.word() % 5000;
    std::vector<std::byte> memory(size);
    const std::array<WritableBytes, 2> pieces{WritableBytes(memory).first(size / 4),
                                              WritableBytes(memory).subspan(size / 4)};
    std::array<RxBuffer, 1> buffers{RxBuffer{pieces, 0}};
    if (bench.device.fill(buffers) > 1 || buffers[0].used > size)
        std::abort();
}

void addRule(Bench &bench, Input &input) {
    VsockRule rule{};
    rule.action = static_cast<VsockAction>(input.byte() % (VSOCK_ACTIONS + 1));
    rule.milliseconds = input.byte();
    rule.rate = input.word();
    rule.bytes = input.byte();
    rule.violate = rule.bytes & 1;
    rule.match.op = static_cast<std::uint16_t>(input.byte() % 9);
    rule.quota.count = input.byte() % 4;
    (rule.action == VSOCK_BREAK ? bench.device.breaks() : bench.device.faults()).add(rule);
}

void host(Bench &bench, Input &input) {
    for (const auto &end : bench.host.ends) {
        if (!end->alive || end->closed)
            continue;
        const std::uint32_t what = input.byte();
        end->room = what % 3 == 0 ? 100 : SIZE_MAX;
        end->readable += std::string(what * 16, 'h');
        if (what % 17 == 16)
            end->atEnd = static_cast<ReadStatus>(2 + what % 3);
        end->events->readable();
        end->events->writable();
        if (what % 31 == 30)
            end->events->gone(Reason::hostClosed);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    Input input(data, size);
    Bench bench;
    for (int steps = 0; !input.empty() && steps < 400; ++steps) {
        switch (input.byte() % 10) {
        case 0:
        case 1:
        case 2:
        case 3:
            sendPacket(bench, input);
            break;
        case 4:
        case 5:
            fill(bench, input);
            break;
        case 6:
            host(bench, input);
            break;
        case 7:
            bench.pass(input.word() % 10'000);
            break;
        case 8:
            addRule(bench, input);
            break;
        default:
            if (const std::uint32_t what = input.byte() % 4; what == 0)
                bench.device.reset(), bench.device.start(true);
            else if (what == 1)
                bench.device.load(bench.device.save());
            else if (what == 2)
                bench.device.transportResetDone();
            else
                bench.device.faults().clear(), bench.device.releaseRules();
        }
    }
    return 0;
}
