// SPDX-License-Identifier: GPL-2.0-or-later
//
// The machine's own QMP messages: complete, with members missing, and with members of the wrong kind.
#include "app/proto/qmp/nitro_messages.hpp"

#include <QJsonArray>
#include <QJsonDocument>
#include <QtTest>

using namespace nitroscope::qmp;

namespace {

QJsonObject json(const QByteArray &text) {
    return QJsonDocument::fromJson(text).object();
}

QJsonObject pcr(int index, const QString &value) {
    return {{"index", index}, {"value", value}, {"locked", true}};
}

} // namespace

class TestNitroMessages : public QObject {
    Q_OBJECT
private slots:
    void readNsmPcrs_complete_givesThemAll() {
        QJsonArray list;
        for (int i = 0; i < 32; ++i)
            list.append(pcr(i, QString(96, 'a')));
        const auto pcrs = readNsmPcrs(QJsonObject{{"pcrs", list}});
        QVERIFY(pcrs);
        QCOMPARE(pcrs->size(), 32);
        QCOMPARE(pcrs->at(31).index, 31);
        QCOMPARE(pcrs->at(31).value, QByteArray(48, '\xaa'));
        QVERIFY(pcrs->at(31).locked);
    }

    void readNsmPcrs_wrong_isRefused_data() {
        QTest::addColumn<QJsonValue>("reply");
        const auto one = [](const QJsonObject &item) {
            return QJsonValue(QJsonObject{{"pcrs", QJsonArray{item}}});
        };
        QTest::newRow("no list") << QJsonValue(QJsonObject());
        QTest::newRow("not an object") << QJsonValue(5);
        QTest::newRow("index 32") << one(pcr(32, QString(96, '0')));
        QTest::newRow("index -1") << one(pcr(-1, QString(96, '0')));
        QTest::newRow("short value") << one(pcr(0, QString(94, '0')));
        QTest::newRow("long value") << one(pcr(0, QString(98, '0')));
        QTest::newRow("not hexadecimal") << one(pcr(0, QString(96, 'g')));
        QTest::newRow("blanks between") << one(pcr(0, QString(95, '0') + ' '));
        QJsonArray many;
        for (int i = 0; i < 33; ++i)
            many.append(pcr(0, QString(96, '0')));
        QTest::newRow("33 of them") << QJsonValue(QJsonObject{{"pcrs", many}});
    }

    void readNsmPcrs_wrong_isRefused() {
        QFETCH(QJsonValue, reply);
        const auto pcrs = readNsmPcrs(reply);
        QVERIFY(!pcrs);
        QCOMPARE(pcrs.error().code, QString("qmp-schema"));
    }

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

    void readPcrChange_members_areRead() {
        auto data = pcr(16, QString(96, '1'));
        data["cause"] = "extend";
        const auto change = readPcrChange(data);
        QVERIFY(change);
        QCOMPARE(change->pcr.index, 16);
        QCOMPARE(change->cause, QString("extend"));
        QVERIFY(!readPcrChange({}));
    }
};

QTEST_GUILESS_MAIN(TestNitroMessages)
#include "tst_nitro_messages.moc"
