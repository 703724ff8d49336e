// SPDX-License-Identifier: GPL-2.0-or-later
//
// Captures for tests of the timeline: one with a record of every source, and as many records as one likes.
#pragma once

#include "app/features/timeline/timeline_model.hpp"
#include "app/proto/pcapng/capture_reader.hpp"
#include "tests/unit/capture/nsm_stream.hpp"

#include <QTest>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

using app::CaptureBytes;
using app::TimelineEvent;
using app::TimelineModel;

// What QEMU would write with everything on: a boot, NSM requests, vsock traffic, a break, and a plugin's
// calls.
inline QByteArray fullStream() {
    FakeClock clock;
    clock.virtualClock = 0;
    const CapturePointer capture = makeCapture(clock);
    nitro_capture_reset(capture.get(), "power-on");
    addBoot(capture.get(), clock);
    const auto guest = [&](const QByteArray &cbor) {
        nitro_capture_guest(capture.get(), reinterpret_cast<const uint8_t *>(cbor.constData()),
                            size_t(cbor.size()));
        clock.advance(3'000'000);
    };
    guest(make::map({{"kind", make::text("first-call")},
                     {"name", make::text("nsm_probe")},
                     {"address", make::number(0xffffffff81234500)}}));
    for (int i = 0; i < 6; ++i) {
        guest(make::map({{"kind", make::text("system-call")},
                         {"name", make::text(i % 2 ? "openat" : "ioctl")},
                         {"arguments", make::array({make::number(3)})},
                         {"path", make::text("/dev/nsm")}}));
        guest(make::map({{"kind", make::text("system-call-result")},
                         {"name", make::text(i % 2 ? "openat" : "ioctl")},
                         {"result", make::number(0)}}));
    }
    uint64_t id = 0;
    for (const NsmStep &step : nsmSteps({})) {
        addStep(capture.get(), clock, ++id, step);
        clock.advance(9'000'000);
    }
    const uint8_t value[48] = {7};
    nitro_capture_pcr(capture.get(), 16, value, 0, "extend", 3);
    nitro_capture_break(capture.get(), 3, "nsm", "ExtendPCR 16", 3);
    clock.advance(20'000'000);
    nitro_capture_finish(capture.get());
    return pullAll(capture.get());
}

inline void feed(TimelineModel &model, const QByteArray &stream) {
    auto spool = CaptureBytes::makeSpool();
    QVERIFY(spool.has_value());
    (*spool)->append(stream);
    model.restart(*spool);
    pcapng::CaptureReader reader([&](const pcapng::Record &record) { model.add(record); });
    reader.feed(stream);
    model.endBatch();
}

// Records as the machine would make them, without the detour over bytes: a million of them in a second.
inline pcapng::Record made(qint64 ns, pcapng::Source source) {
    pcapng::Record record;
    record.hostNs = 1'790'000'000'000'000'000 + ns;
    record.virtualNs = ns;
    record.source = source;
    return record;
}

inline void fill(TimelineModel &model, int count) {
    model.restart({});
    for (int i = 0; i < count; ++i) {
        const qint64 ns = qint64{i} * 1000;
        if (i % 4 == 0) {
            auto record = made(ns, pcapng::Source::guest);
            pcapng::GuestRecord guest;
            guest.kind = u"system-call"_s;
            guest.fields = {{u"name"_s, u"call%1"_s.arg(i % 300)}};
            record.content = guest;
            model.add(record);
        } else if (i % 4 == 1) {
            auto record = made(ns, pcapng::Source::nsm);
            pcapng::NsmRecord nsm;
            nsm.kind = 6;
            nsm.transaction = quint64(i);
            record.content = nsm;
            model.add(record);
            auto answer = made(ns + 400, pcapng::Source::nsm);
            nsm.isResponse = true;
            nsm.result = i % 1000 == 1 ? 4 : 0;
            answer.content = nsm;
            model.add(answer);
        } else {
            auto record = made(ns, pcapng::Source::vsock);
            record.direction = i % 4 == 2 ? pcapng::Direction::outbound : pcapng::Direction::inbound;
            pcapng::VsockRecord packet;
            packet.srcPort = 5000 + quint32(i % 7);
            packet.operation = 5;
            record.content = packet;
            model.add(record);
        }
    }
    model.endBatch();
}

inline int first(const TimelineModel &model, TimelineEvent::Kind kind) {
    for (int i = 0; i < static_cast<int>(model.events().size()); ++i)
        if (model.event(i).kind == kind)
            return i;
    return -1;
}

} // namespace nitroscope::test
