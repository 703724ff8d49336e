// SPDX-License-Identifier: GPL-2.0-or-later
//
// A recording's folder: made before a run, found and judged before a replay. The programs that record are small files here:
// only their bytes count.
#include "app/session/launch/launch_arguments.hpp"
#include "app/session/launch/recordable.hpp"
#include "app/session/record/recording.hpp"

#include <QtTest>
#include <sys/stat.h>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

Q_DECLARE_METATYPE(std::function<void(nitroscope::app::LaunchSpec &)>)

class TestRecording : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString path(const QString &name) const { return m_folder.filePath(name); }
    QString write(const QString &name, const QByteArray &bytes) const {
        QFile file(path(name));
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            return {};
        return file.fileName();
    }
    static QByteArray contentOf(const QString &path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    LaunchSpec spec(const QString &name) const {
        LaunchSpec spec;
        spec.eifPath = path(u"demo.eif"_s);
        spec.recordingPath = path(name);
        return spec;
    }
    QString qemu() const { return path(u"qemu"_s); }

private slots:
    void initTestCase() {
        QVERIFY(m_folder.isValid());
        QVERIFY(!write(u"demo.eif"_s, QByteArray(100'000, 'e')).isEmpty());
        QVERIFY(!write(u"qemu"_s, "the program").isEmpty());
        QVERIFY(!write(u"ramdisk"_s, "070701").isEmpty());
    }

    void recording_made_hasEverythingOfItsOwn() {
        LaunchSpec wanted = spec(u"made"_s);
        wanted.initrdPath = path(u"ramdisk"_s);
        wanted.vsock.cid = 20;
        auto made = makeRecording(wanted, qemu());
        QVERIFY2(made, made ? "" : qPrintable(made.error().text()));
        made->facts.options = recordedOptions(wanted);
        QVERIFY(made->save());
        struct stat status {};
        QCOMPARE(stat(path(u"made"_s).toLocal8Bit().constData(), &status), 0);
        QCOMPARE(status.st_mode & 0777, 0700U);
        QCOMPARE(stat(made->files.image().toLocal8Bit().constData(), &status), 0);
        QCOMPARE(status.st_mode & 0777, 0600U);
        QCOMPARE(contentOf(made->files.image()), contentOf(wanted.eifPath));
        QCOMPARE(contentOf(made->files.ramdisk()), contentOf(wanted.initrdPath));
        QVERIFY(made->files.bytes() >= 100'000);

        const auto opened = openRecording(path(u"made"_s));
        QVERIFY2(opened, opened ? "" : qPrintable(opened.error().text()));
        QVERIFY(opened->facts == made->facts);
        QCOMPARE(opened->facts.eifName, u"demo.eif"_s);
        const LaunchSpec replay = replaySpec(*opened);
        QVERIFY(replay.replays);
        QCOMPARE(replay.eifPath, made->files.image());
        QCOMPARE(replay.initrdPath, made->files.ramdisk());
        QCOMPARE(replay.vsock.cid, 20U);
        QVERIFY(checkBuild(*opened, qemu()));
        QVERIFY(checkImage(*opened));
    }

    void folder_thatIsThere_isLeftAlone() {
        QVERIFY(QDir(m_folder.path()).mkdir(u"taken"_s));
        QVERIFY(!write(u"taken/mine"_s, "precious").isEmpty());
        const auto made = makeRecording(spec(u"taken"_s), qemu());
        QVERIFY(!made);
        QCOMPARE(made.error().code, u"recording-exists"_s);
        QCOMPARE(contentOf(path(u"taken/mine"_s)), "precious");
    }

    void recording_thatCannotBeMade_leavesNothing() {
        LaunchSpec wanted = spec(u"without"_s);
        wanted.eifPath = path(u"absent.eif"_s);
        const auto made = makeRecording(wanted, qemu());
        QVERIFY(!made);
        QCOMPARE(made.error().code, u"input"_s);
        QVERIFY(!QFileInfo::exists(path(u"without"_s)));
        QVERIFY(!makeRecording(spec(u"no/such/folder"_s), qemu()));
        std::stop_source stop;
        stop.request_stop();
        const auto cancelled = makeRecording(spec(u"cancelled"_s), qemu(), stop.get_token());
        QVERIFY(!cancelled);
        QCOMPARE(cancelled.error().code, u"cancelled"_s);
        QVERIFY(!QFileInfo::exists(path(u"cancelled"_s)));
    }

    void recording_ofAnotherBuild_isRefusedInWords() {
        auto made = makeRecording(spec(u"build"_s), qemu());
        QVERIFY(made);
        const auto other = checkBuild(*made, write(u"other-qemu"_s, "another program"));
        QVERIFY(!other);
        QCOMPARE(other.error().code, u"recording-other-build"_s);
        QVERIFY2(other.error().message.contains(u"--qemu"_s), qPrintable(other.error().message));
        made->facts.build.firmware = QByteArray(32, 'x');
        QVERIFY(!checkBuild(*made, qemu()));
    }

    void image_thatWasChanged_isRefused() {
        const auto made = makeRecording(spec(u"image"_s), qemu());
        QVERIFY(made);
        QVERIFY(checkImage(*made));
        QFile image(made->files.image());
        QVERIFY(image.open(QIODevice::ReadWrite));
        image.write("E");
        image.close();
        const auto checked = checkImage(*made);
        QVERIFY(!checked);
        QCOMPARE(checked.error().code, u"recording-changed"_s);
    }

    void folder_thatIsNoRecording_isRefused() {
        QCOMPARE(openRecording(path(u"absent"_s)).error().code, u"no-recording"_s);
        QCOMPARE(openRecording(path(u"demo.eif"_s)).error().code, u"no-recording"_s);
        QVERIFY(QDir(m_folder.path()).mkdir(u"plain"_s));
        QCOMPARE(openRecording(path(u"plain"_s)).error().code, u"no-recording"_s);
        QVERIFY(!write(u"plain/recording.json"_s, "{}").isEmpty());
        QCOMPARE(openRecording(path(u"plain"_s)).error().code, u"recording-invalid"_s);
        QCOMPARE(chmod(path(u"plain"_s).toLocal8Bit().constData(), 0777), 0);
        QCOMPARE(openRecording(path(u"plain"_s)).error().code, u"recording-foreign"_s);
    }

    void arguments_ofARecording_andOfItsReplay() {
        LaunchSpec wanted = spec(u"run"_s);
        const LaunchChannels channels{u"/q"_s, u"/c"_s, {}};
        const QString record = launchArguments(wanted, 1, channels).join(u' ');
        QVERIFY2(
            record.contains(u"-icount shift=auto,rr=record,rrfile=%1/events.log"_s.arg(wanted.recordingPath)),
            qPrintable(record));
        QVERIFY(record.contains(u"recording=%1"_s.arg(wanted.recordingPath)));
        QVERIFY(record.contains(u"path=%1/capture.pcapng"_s.arg(wanted.recordingPath)));
        wanted.replays = true;
        const QString replay = launchArguments(wanted, 1, channels).join(u' ');
        QVERIFY(replay.contains(u"rr=replay"_s));
        QVERIFY(!replay.contains(u"capture"_s));
        wanted.capturePath = u"/again.pcapng"_s;
        QVERIFY(launchArguments(wanted, 1, channels).join(u' ').contains(u"path=/again.pcapng"_s));
    }

    void spec_thatCannotBeRecorded_isRefusedBeforeTheStart_data() {
        using Change = std::function<void(LaunchSpec &)>;
        QTest::addColumn<Change>("change");
        QTest::addColumn<QString>("word");
        const auto row = [](const char *name, const char *word, const Change &change) {
            QTest::newRow(name) << change << QString::fromUtf8(word);
        };
        row("two vCPUs", "--cpu-count", [](LaunchSpec &s) { s.cpuCount = 2; });
        row("KVM", "--accel", [](LaunchSpec &s) { s.accelerator = Accelerator::kvm; });
        row("debugger", "debugger", [](LaunchSpec &s) { s.debugger = true; });
        row("capture", "capture.pcapng", [](LaunchSpec &s) { s.capturePath = u"/c"_s; });
        row("system calls", "replay", [](LaunchSpec &s) { s.traceSystemCalls = true; });
        row("first calls", "replay", [](LaunchSpec &s) { s.firstCallsPath = u"/m"_s; });
    }
    void spec_thatCannotBeRecorded_isRefusedBeforeTheStart() {
        QFETCH(std::function<void(LaunchSpec &)>, change);
        QFETCH(QString, word);
        LaunchSpec wanted = spec(u"refused"_s);
        QVERIFY(checkRecordable(wanted));
        change(wanted);
        const auto checked = checkRecordable(wanted);
        QVERIFY(!checked);
        QCOMPARE(checked.error().code, u"not-recordable"_s);
        QVERIFY2(checked.error().message.contains(word), qPrintable(checked.error().message));
        wanted.recordingPath.clear();
        QVERIFY(checkRecordable(wanted));
    }
};

QTEST_GUILESS_MAIN(TestRecording)
#include "tst_recording.moc"
