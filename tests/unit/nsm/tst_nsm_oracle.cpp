// SPDX-License-Identifier: GPL-2.0-or-later
//
// libcbor as an independent decoder of everything the module says.
#include "nsm_fixture.hpp"

#include <cbor.h>
#include <memory>
#include <QtTest>

using namespace nitroscope::test;

namespace {

struct Release {
    void operator()(cbor_item_t *item) const { cbor_decref(&item); }
};
using Item = std::unique_ptr<cbor_item_t, Release>;

// The whole of `data` as one item, or nothing.
Item load(const QByteArray &data) {
    cbor_load_result result{};
    Item item(cbor_load(reinterpret_cast<cbor_data>(data.constData()), size_t(data.size()), &result));
    return result.error.code == CBOR_ERR_NONE && result.read == size_t(data.size()) ? std::move(item)
                                                                                    : Item();
}

QByteArray text(cbor_item_t *item) {
    return {reinterpret_cast<char *>(cbor_string_handle(item)), qsizetype(cbor_string_length(item))};
}

// Value under `key` in a map, borrowed; null when it is missing or this is no map.
cbor_item_t *find(cbor_item_t *map, const char *key) {
    if (map == nullptr || !cbor_isa_map(map))
        return nullptr;
    for (size_t i = 0; i < cbor_map_size(map); ++i)
        if (text(cbor_map_handle(map)[i].key) == key)
            return cbor_map_handle(map)[i].value;
    return nullptr;
}

} // namespace

class TestNsmOracle : public QObject {
    Q_OBJECT

private slots:
    void describeNsm_isReadByLibcbor() {
        NsmFixture device;
        nsm_lock_range(device.nsm, 30);
        const Item root = load(device.send("\x6b"
                                           "DescribeNSM"));
        cbor_item_t *body = find(root.get(), "DescribeNSM");
        QVERIFY(body != nullptr);
        QCOMPARE(cbor_map_size(body), size_t(7));
        QCOMPARE(cbor_get_int(find(body, "version_major")), uint64_t(1));
        QCOMPARE(cbor_get_int(find(body, "version_minor")), uint64_t(0));
        QCOMPARE(cbor_get_int(find(body, "version_patch")), uint64_t(0));
        QCOMPARE(cbor_get_int(find(body, "max_pcrs")), uint64_t(32));
        QCOMPARE(text(find(body, "module_id")), QByteArray(NsmFixture::moduleIdText));
        QCOMPARE(text(find(body, "digest")), QByteArray("SHA384"));
        cbor_item_t *locked = find(body, "locked_pcrs");
        QCOMPARE(cbor_array_size(locked), size_t(30));
        for (size_t i = 0; i < 30; ++i)
            QCOMPARE(cbor_get_int(cbor_array_handle(locked)[i]), uint64_t(i));
    }
    void describePcr_isReadByLibcbor() {
        NsmFixture device;
        device.seed(5, 'q');
        nsm_lock_range(device.nsm, 6);
        const Item root = load(device.sendHex("a16b4465736372696265504352a165696e64657805"));
        cbor_item_t *body = find(root.get(), "DescribePCR");
        QVERIFY(body != nullptr);
        QVERIFY(cbor_is_bool(find(body, "lock")));
        QVERIFY(cbor_get_bool(find(body, "lock")));
        cbor_item_t *data = find(body, "data");
        QCOMPARE(QByteArray(reinterpret_cast<char *>(cbor_bytestring_handle(data)),
                            qsizetype(cbor_bytestring_length(data))),
                 QByteArray(48, 'q'));
    }
    void getRandom_isReadByLibcbor() {
        NsmFixture device;
        const Item root = load(device.send("\x69GetRandom"));
        QCOMPARE(cbor_bytestring_length(find(find(root.get(), "GetRandom"), "random")), size_t(256));
    }
    void everyAnswer_isOneItem_data() {
        QTest::addColumn<QByteArray>("request");
        for (const char *hex :
             {"a169457874656e64504352a265696e64657810646461746143010203",
              "a1674c6f636b504352a165696e64657810", "a1684c6f636b50435273a16572616e67651820",
              "a16b4174746573746174696f6ea0", "00", "ff", "", "a1674c6f636b504352a165696e6465781903e8"})
            QTest::newRow(hex) << QByteArray::fromHex(hex);
    }
    void everyAnswer_isOneItem() {
        QFETCH(QByteArray, request);
        NsmFixture device;
        const Item root = load(device.send(request));
        QVERIFY(root != nullptr);
        if (device.last.error != NSM_SUCCESS)
            QCOMPARE(text(find(root.get(), "Error")), QByteArray(nsm_error_name(device.last.error)));
    }
};

QTEST_APPLESS_MAIN(TestNsmOracle)
#include "tst_nsm_oracle.moc"
