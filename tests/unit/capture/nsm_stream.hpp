// SPDX-License-Identifier: GPL-2.0-or-later
//
// The stream of a short enclave life: boot, measurements, console, and NSM requests of every kind with good
// and bad ends. For tests of everything that shows NSM transactions, and for pictures.
#pragma once

#include "tests/unit/capture/sample_stream.hpp"

namespace nitroscope::test {

// Just enough CBOR to write requests down.
namespace make {
inline QByteArray head(int major, quint64 value) {
    const auto first = static_cast<char>(major << 5);
    if (value < 24)
        return QByteArray(1, static_cast<char>(first | static_cast<char>(value)));
    if (value < 256)
        return QByteArray(1, static_cast<char>(first | 24)) + static_cast<char>(value);
    return QByteArray(1, static_cast<char>(first | 25)) + static_cast<char>(value >> 8) +
           static_cast<char>(value);
}
inline QByteArray number(quint64 value) {
    return head(0, value);
}
inline QByteArray bytes(const QByteArray &value) {
    return head(2, static_cast<quint64>(value.size())) + value;
}
inline QByteArray text(const QByteArray &value) {
    return head(3, static_cast<quint64>(value.size())) + value;
}
inline QByteArray array(const QByteArrayList &items) {
    return head(4, static_cast<quint64>(items.size())) + items.join();
}
inline QByteArray map(const QList<std::pair<QByteArray, QByteArray>> &entries) {
    QByteArray out = head(5, static_cast<quint64>(entries.size()));
    for (const auto &[key, value] : entries)
        out += text(key) + value;
    return out;
}
inline const QByteArray null("\xf6", 1), yes("\xf5", 1), no("\xf4", 1);
} // namespace make

// A request with what the device understands of it.
struct AskedNsm {
    AskedNsm(QByteArray bytes, const NitroCaptureNsmRequest &meant = {-1, -1, -1, -1})
        : cbor(std::move(bytes)), about(meant) {}
    QByteArray cbor;
    NitroCaptureNsmRequest about;
};

struct NsmStep {
    NsmStep(unsigned requestKind, const AskedNsm &asked, QByteArray answer, unsigned resultNumber = 0,
            uint64_t duration = 80'000, int verdictNumber = 0, uint32_t ruleId = 0,
            const char *noted = nullptr)
        : kind(requestKind), request(asked.cbor), response(std::move(answer)), about(asked.about),
          result(resultNumber), durationNs(duration), verdict(verdictNumber), rule(ruleId), note(noted) {}

    unsigned kind;
    QByteArray request, response;
    NitroCaptureNsmRequest about;
    unsigned result;
    uint64_t durationNs;
    int verdict;
    uint32_t rule;
    const char *note;
};

inline void addStep(NitroCapture *capture, FakeClock &clock, uint64_t id, const NsmStep &step) {
    NitroCaptureNsm record{};
    record.kind = step.kind;
    record.transaction = id;
    record.request = &step.about;
    record.data = reinterpret_cast<const uint8_t *>(step.request.constData());
    record.size = static_cast<size_t>(step.request.size());
    nitro_capture_nsm(capture, &record);
    if (step.kind == 1 && step.result == 0 && step.verdict == 0) {
        uint8_t value[48];
        for (size_t i = 0; i < sizeof value; ++i)
            value[i] = static_cast<uint8_t>(id * 37 + i * 11);
        nitro_capture_pcr(capture, 16, value, 0, "extend", id);
    }
    clock.advance(static_cast<int64_t>(step.durationNs));
    record.response = true;
    record.result = step.result;
    record.duration_ns = step.durationNs;
    record.verdict = step.verdict;
    record.rule = step.rule;
    record.note = step.note;
    record.data = reinterpret_cast<const uint8_t *>(step.response.constData());
    record.size = static_cast<size_t>(step.response.size());
    nitro_capture_nsm(capture, &record);
    clock.advance(3'000'000);
}

// The steps; number n has transaction n + 1. `document` is what the attestation request is answered with.
inline QList<NsmStep> nsmSteps(const QByteArray &document) {
    using namespace make;
    const auto error = [](const char *name) { return map({{"Error", text(name)}}); };
    const QByteArray digest(48, '\x5a');
    const auto extend = [](int index, const QByteArray &data) {
        return AskedNsm(map({{"ExtendPCR",
                              map({{"index", number(static_cast<quint64>(index))}, {"data", bytes(data)}})}}),
                        {index, static_cast<int32_t>(data.size()), -1, -1});
    };
    const auto describe = [](int index) {
        return AskedNsm(map({{"DescribePCR", map({{"index", number(static_cast<quint64>(index))}})}}),
                        {index, -1, -1, -1});
    };
    const auto attest = [](const QByteArray &nonce) {
        return AskedNsm(map({{"Attestation", map({{"user_data", bytes("session key 7")},
                                                  {"nonce", bytes(nonce)},
                                                  {"public_key", null}})}}),
                        {-1, 13, static_cast<int32_t>(nonce.size()), -1});
    };
    return {
        {4, text("DescribeNSM"),
         map({{"DescribeNSM", map({{"version_major", number(1)},
                                   {"version_minor", number(0)},
                                   {"version_patch", number(0)},
                                   {"module_id", text("i-0123456789abcdef0-enc0123456789abcdef")},
                                   {"max_pcrs", number(32)},
                                   {"locked_pcrs", array({number(0), number(1), number(2)})},
                                   {"digest", text("SHA384")}})}}),
         0, 41'000},
        {0, describe(0), map({{"DescribePCR", map({{"lock", yes}, {"data", bytes(digest)}})}}), 0, 12'800},
        {1, extend(16, QByteArray(32, '\x07')), map({{"ExtendPCR", map({{"data", bytes(digest)}})}}), 0,
         23'500},
        {1, extend(16, "second measurement"), map({{"ExtendPCR", map({{"data", bytes(digest)}})}}), 0,
         21'100},
        {1, extend(4, "parent"), error("ReadOnlyIndex"), 4, 9'400},
        {6, text("GetRandom"), map({{"GetRandom", map({{"random", bytes(QByteArray(256, '\x3c'))}})}}), 0,
         18'000},
        {5, attest(QByteArray(32, '\x11')), map({{"Attestation", map({{"document", bytes(document)}})}}), 0,
         4'310'000},
        {0, describe(40), error("InvalidIndex"), 2, 8'000},
        {5, attest("again"), error("InternalError"), 8, 15'000, NITRO_CAPTURE_REFUSED, 3,
         "fault 3: answered with InternalError"},
        {3, AskedNsm(map({{"LockPCRs", map({{"range", number(17)}})}}), {17, -1, -1, -1}), text("LockPCRs"),
         0, 11'000},
        {1, extend(16, "too late"), error("ReadOnlyIndex"), 4, 9'900},
        {6, text("GetRandom"), {}, 0, 5'000, NITRO_CAPTURE_DROPPED, 4, "fault 4: never answered"},
        {7, QByteArray::fromHex("a1674578706c6f6465f6"), error("InvalidOperation"), 5, 4'000},
    };
}

inline void addBoot(NitroCapture *capture, FakeClock &clock) {
    for (const char *stage : {"reset", "header", "crc", "kernel"}) {
        nitro_capture_boot_stage(capture, stage, -1, "");
        clock.advance(2'400'000);
    }
    nitro_capture_boot_stage(capture, "handoff", -1, "");
    for (int index = 0; index < 5; ++index) {
        const uint8_t value[48] = {static_cast<uint8_t>(index + 1), 0x33, 0x71};
        nitro_capture_pcr(capture, static_cast<unsigned>(index), value, 1, "seed", 0);
    }
    clock.advance(80'000'000);
    addConsole(capture, "[    0.000000] Linux version 6.12.95 (nitroscope@demo)\r\n");
    clock.advance(120'000'000);
    addConsole(capture, "[    0.204310] nsm virtio1: NSM ready\r\n");
}

inline QByteArray nsmStream(const QByteArray &document = QByteArray("\x84\x40\xa0\x40\x40", 5),
                            int repeat = 1) {
    FakeClock clock;
    clock.virtualClock = 0;
    NitroCaptureOptions options{};
    options.application = "nitroscope test";
    const CapturePointer capture = makeCapture(clock, options);
    addBoot(capture.get(), clock);
    QByteArray stream = pullAll(capture.get());
    uint64_t id = 0;
    for (int round = 0; round < repeat; ++round) {
        for (const NsmStep &step : nsmSteps(document))
            addStep(capture.get(), clock, ++id, step);
        stream += pullAll(capture.get());
    }
    addConsole(capture.get(), "ready\r\n> ");
    nitro_capture_finish(capture.get());
    return stream + pullAll(capture.get());
}

} // namespace nitroscope::test
