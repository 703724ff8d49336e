// SPDX-License-Identifier: GPL-2.0-or-later
//
// The NSM core's C ABI when memory runs out: each allocation fails in turn. No exception may come through, the
// request is answered with InternalError, and the next one is answered as ever.
#include "nsm-device/core/nsm.h"
#include "tests/unit/support/failing_memory.hpp"

#include <cstring>
#include <QtTest>

using nitroscope::test::allocationHasFailed;
using nitroscope::test::failAllocationAfter;

namespace {

int randomBytes(void *, uint8_t *out, size_t size) {
    std::memset(out, 7, size);
    return 0;
}

} // namespace

class NsmMemory : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QByteArray m_path = m_folder.path().toUtf8();
    NsmHost m_host{};
    NsmIdentity m_identity{};
    NsmOptions m_options{};

private slots:
    void initTestCase() {
        m_host.random = randomBytes;
        m_identity.pki_directory = m_path.constData();
        m_options.identity = &m_identity;
    }

    void create_withoutMemory_saysSo() {
        for (int n = 0;; ++n) {
            char error[64] = "";
            failAllocationAfter(n);
            Nsm *nsm = nsm_create(&m_host, &m_options, error, sizeof error);
            const bool failed = allocationHasFailed();
            failAllocationAfter(-1);
            QCOMPARE(nsm == nullptr, failed);
            QCOMPARE(QByteArray(error), QByteArray(failed ? "out of memory" : ""));
            nsm_destroy(nsm);
            if (!failed)
                break;
        }
    }

    void moduleId_withoutMemory_isEmpty() {
        char text[NSM_MODULE_ID_MAX] = "before";
        failAllocationAfter(0);
        const size_t length = nsm_make_module_id("i-0123456789abcdef0", 1, 2, text, sizeof text);
        failAllocationAfter(-1);
        QCOMPARE(length, size_t{0});
        QCOMPARE(QByteArray(text), QByteArray());
    }

    void document_withoutMemory_isAnInternalError() {
        const QByteArray request = QByteArray::fromHex("a16b") + "Attestation" + QByteArray::fromHex("a0");
        const auto ask = [&](Nsm *nsm) {
            uint8_t response[NSM_RESPONSE_MAX];
            return nsm_handle(nsm, reinterpret_cast<const uint8_t *>(request.constData()),
                              static_cast<size_t>(request.size()), response, sizeof response)
                .error;
        };
        for (int n = 0;; n += 1 + n / 20) {
            Nsm *nsm = nsm_create(&m_host, &m_options, nullptr, 0);
            QVERIFY(nsm);
            failAllocationAfter(n);
            const NsmError error = ask(nsm);
            const bool failed = allocationHasFailed();
            failAllocationAfter(-1);
            QVERIFY(error == NSM_SUCCESS || (failed && error == NSM_INTERNAL_ERROR));
            QCOMPARE(ask(nsm), NSM_SUCCESS);
            nsm_destroy(nsm);
            if (!failed)
                break;
        }
    }
};

QTEST_GUILESS_MAIN(NsmMemory)
#include "tst_nsm_memory.moc"
