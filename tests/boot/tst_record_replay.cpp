// SPDX-License-Identifier: GPL-2.0-or-later
//
// QEMU's record/replay with the machine and its devices: an enclave that uses the NSM, the heartbeat and its
// console is recorded once and replayed from the log alone. The guest must live the same life again, byte for
// byte, with attestation documents that no second signing could make.
#include "app/proto/pcapng/capture_reader.hpp"
#include "tests/boot/support/guest.hpp"

#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;
namespace pcapng = nitroscope::pcapng;

namespace {

constexpr int bootSeconds = 240;

struct NsmBytes {
    bool isResponse;
    quint64 transaction;
    QByteArray cbor;
    bool operator==(const NsmBytes &) const = default;
};

std::vector<NsmBytes> nsmOf(const QString &capture) {
    std::vector<NsmBytes> all;
    QFile file(capture);
    if (!file.open(QIODevice::ReadOnly))
        return all;
    pcapng::CaptureReader reader([&all](const pcapng::Record &record) {
        if (const auto *nsm = std::get_if<pcapng::NsmRecord>(&record.content))
            all.push_back({nsm->isResponse, nsm->transaction, nsm->cbor});
    });
    reader.feed(file.readAll());
    reader.finish();
    return all;
}

} // namespace

class RecordReplay : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QStringList arguments(const QString &mode) const {
        return {u"-M"_s,
                u"nitro-enclave,capture=cap"_s,
                u"-kernel"_s,
                Guest::demoEif(),
                u"-no-reboot"_s,
                u"-icount"_s,
                u"shift=auto,rr=%1,rrfile=%2"_s.arg(mode, m_folder.filePath(u"run.rr"_s)),
                u"-chardev"_s,
                u"file,id=cap,path="_s + m_folder.filePath(mode + u".pcapng"_s)};
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        qputenv("XDG_DATA_HOME", m_folder.path().toUtf8());
    }

    void recordedEnclave_replayed_livesTheSameLife() {
        Guest recorded;
        QVERIFY2(recorded.start(arguments(u"record"_s)), recorded.errorOutput());
        QVERIFY2(recorded.waitForConsole("nitroscope-demo: ready", bootSeconds),
                 recorded.console().right(1000));
        const std::pair<const char *, const char *> steps[] = {{"random 32", "nitroscope-demo: random "},
                                                               {"attest the-data", "document 84"},
                                                               {"extend 17 again", "extend 17 \"again\" "},
                                                               {"reboot", "rebooting"}};
        for (const auto &[typed, answered] : steps) {
            recorded.type(QByteArray(typed) + "\n");
            QVERIFY2(recorded.waitForConsole(answered, 60), recorded.console().right(1000));
        }
        QVERIFY(recorded.waitForExit(bootSeconds));
        QCOMPARE(recorded.exitCode(), 0);

        Guest replayed;
        QVERIFY2(replayed.start(arguments(u"replay"_s)), replayed.errorOutput());
        QVERIFY2(replayed.waitForExit(2 * bootSeconds), replayed.console().right(1000));
        QVERIFY2(replayed.exitCode() == 0, replayed.errorOutput());
        QCOMPARE(replayed.console(), recorded.console());

        const auto first = nsmOf(m_folder.filePath(u"record.pcapng"_s));
        const auto second = nsmOf(m_folder.filePath(u"replay.pcapng"_s));
        QVERIFY(first.size() > 20);
        QCOMPARE(second.size(), first.size());
        for (size_t i = 0; i < first.size(); ++i)
            QVERIFY2(first[i] == second[i], qPrintable(u"NSM record %1 differs"_s.arg(i)));
    }
};

QTEST_GUILESS_MAIN(RecordReplay)
#include "tst_record_replay.moc"
