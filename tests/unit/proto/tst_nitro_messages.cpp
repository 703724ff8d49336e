// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine's own QMP messages: complete, with members missing, and with members of the wrong kind.
#include "app/proto/qmp/nitro_messages.hpp"

#include <QJsonDocument>
#include <QtTest>

using namespace nitroscope::qmp;

namespace {

QJsonObject json(const QByteArray &text) {
    return QJsonDocument::fromJson(text).object();
}

} // namespace

class TestNitroMessages : public QObject {
    Q_OBJECT
private slots:
    void readBootStage_members_areRead() {
        const auto full = readBootStage(json(
            R"({"stage": "ramdisk", "index": 1, "virtual-time-ns": 5000000000, "host-time-ns": 7, "text": "t"})"));
        QVERIFY(full);
        QCOMPARE(full->stage, QString("ramdisk"));
        QCOMPARE(full->index, 1);
        QCOMPARE(full->virtualNs, 5'000'000'000);
        QCOMPARE(full->hostNs, 7);
        QCOMPARE(full->text, QString("t"));
        QCOMPARE(readBootStage(json(R"({"stage": "reset"})"))->index, -1);
        QVERIFY(!readBootStage(json(R"({"index": 1})")));
    }

    void readBootProblem_members_areRead() {
        const auto full = readBootProblem(json(
            R"({"stage": "crc", "reason": 12, "section": 2, "offset": 548, "message": "bad", "e-code": "E35"})"));
        QVERIFY(full);
        QCOMPARE(full->reason, QString("12"));
        QCOMPARE(full->section, 2);
        QCOMPARE(full->offset, 548u);
        QCOMPARE(full->eCode, QString("E35"));
        const auto bare = readBootProblem(json(R"({"stage": "crc", "reason": "bad-crc", "message": "bad"})"));
        QVERIFY(bare);
        QCOMPARE(bare->reason, QString("bad-crc"));
        QVERIFY(!bare->offset && !bare->section && bare->eCode.isEmpty());
        QVERIFY(!readBootProblem(json(R"({"stage": "crc"})")));
    }
};

QTEST_GUILESS_MAIN(TestNitroMessages)
#include "tst_nitro_messages.moc"
