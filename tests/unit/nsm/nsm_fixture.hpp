// SPDX-License-Identifier: GPL-2.0-or-later
//
// An NSM with a host of its own for tests: counted randomness, a clock that stands still, and a record of PCR
// changes.
#pragma once

#include "nsm-device/core/nsm.h"

#include <QByteArray>
#include <QVector>

namespace nitroscope::test {

struct PcrChange {
    unsigned index;
    QByteArray value;
    bool locked;
    NsmCause cause;
};

class NsmFixture {
public:
    // 2026-01-02 03:04:05.678 UTC, in milliseconds.
    static constexpr qint64 startMs = 1767323045678;
    static constexpr const char *moduleIdText = "i-09eb1f8c065b7f2e8-enc017d91012b842240";

    explicit NsmFixture(NsmOptions options = {}, qint64 time = startMs) : nowMs(time) {
        NsmHost host{};
        host.opaque = this;
        host.random = [](void *opaque, uint8_t *out, size_t size) {
            auto *self = static_cast<NsmFixture *>(opaque);
            for (size_t i = 0; i < size; ++i)
                out[i] = self->nextRandom++;
            return self->randomFails ? -1 : 0;
        };
        host.now_ms = [](void *opaque) -> int64_t { return static_cast<NsmFixture *>(opaque)->nowMs; };
        host.pcr_changed = [](void *opaque, unsigned index, const uint8_t *value, int locked,
                              NsmCause cause) {
            static_cast<NsmFixture *>(opaque)->changes.append(
                {index, QByteArray(reinterpret_cast<const char *>(value), NSM_PCR_SIZE), locked != 0, cause});
        };
        host.transaction = [](void *opaque, const NsmTransaction *transaction) {
            auto *self = static_cast<NsmFixture *>(opaque);
            self->transactions.append(*transaction);
            self->lastRequest = {reinterpret_cast<const char *>(transaction->request),
                                 qsizetype(transaction->request_size)};
            self->lastResponse = {reinterpret_cast<const char *>(transaction->response),
                                  qsizetype(transaction->response_size)};
        };
        host.log = [](void *opaque, const char *message) {
            static_cast<NsmFixture *>(opaque)->messages.append(message);
        };
        if (options.module_id == nullptr)
            options.module_id = moduleIdText;
        char message[512] = {};
        nsm = nsm_create(&host, &options, message, sizeof message);
        error = message;
    }
    ~NsmFixture() { nsm_destroy(nsm); }
    NsmFixture(const NsmFixture &) = delete;
    NsmFixture &operator=(const NsmFixture &) = delete;

    // Sends a request and returns the response; `last` keeps the rest of the answer.
    QByteArray send(const QByteArray &request, qsizetype capacity = NSM_RESPONSE_MAX) {
        QByteArray response(capacity, '\xee');
        last = nsm_handle(nsm, reinterpret_cast<const uint8_t *>(request.constData()), size_t(request.size()),
                          reinterpret_cast<uint8_t *>(response.data()), size_t(capacity));
        response.truncate(qsizetype(last.size));
        return response;
    }
    QByteArray sendHex(const char *request) { return send(QByteArray::fromHex(request)); }

    QByteArray pcr(unsigned index) const {
        QByteArray value(NSM_PCR_SIZE, Qt::Uninitialized);
        nsm_get_pcr(nsm, index, reinterpret_cast<uint8_t *>(value.data()), nullptr);
        return value;
    }
    bool isLocked(unsigned index) const {
        uint8_t value[NSM_PCR_SIZE];
        int locked = -1;
        nsm_get_pcr(nsm, index, value, &locked);
        return locked != 0;
    }
    void seed(unsigned index, char fill) {
        const QByteArray value(NSM_PCR_SIZE, fill);
        nsm_seed_pcr(nsm, index, reinterpret_cast<const uint8_t *>(value.constData()));
    }

    Nsm *nsm = nullptr;
    QByteArray error; // of the creation
    NsmAnswer last{};
    uint8_t nextRandom = 0;
    bool randomFails = false;
    qint64 nowMs;
    QVector<PcrChange> changes;
    QVector<NsmTransaction> transactions; // their pointers are stale
    QByteArray lastRequest, lastResponse; // as the observer saw them
    QList<QByteArray> messages;
};

inline QByteArray errorResponse(NsmError error) {
    const QByteArray name = nsm_error_name(error);
    return QByteArray::fromHex("a1654572726f72") + char(0x60 + name.size()) + name;
}

} // namespace nitroscope::test
