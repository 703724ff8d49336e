// SPDX-License-Identifier: GPL-2.0-or-later
//
// The Debian package: made, unpacked into a folder of its own, run from there without a single variable that helps, and
// looked at by the judges that happen to be there.
#include "tests/boot/support/guest.hpp"

#include <QDir>
#include <QDirIterator>
#include <QProcess>
#include <QStandardPaths>
#include <QtEndian>
#include <QtTest>

using namespace nitroscope::test;
using namespace Qt::StringLiterals;

namespace {

constexpr int patienceMs = 300'000;

struct Outcome {
    int code = -1;
    QByteArray output;
};

Outcome run(const QString &program, const QStringList &arguments, const QProcessEnvironment &environment,
            const QByteArray &input = {}) {
    QProcess process;
    process.setProcessChannelMode(QProcess::MergedChannels);
    process.setProcessEnvironment(environment);
    process.start(program, arguments);
    process.write(input);
    process.closeWriteChannel();
    Outcome outcome;
    if (process.waitForFinished(patienceMs) && process.exitStatus() == QProcess::NormalExit)
        outcome.code = process.exitCode();
    outcome.output = process.readAll();
    return outcome;
}

} // namespace

class Package : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    QString m_package, m_root;

    QString installed(const QString &path) const { return m_root + u"/usr/"_s + path; }
    // As a user's who has just installed it.
    QProcessEnvironment fresh() const {
        QProcessEnvironment environment;
        environment.insert(u"PATH"_s, installed(u"bin"_s) + u":/usr/bin:/bin"_s);
        environment.insert(u"HOME"_s, m_folder.filePath(u"home"_s));
        environment.insert(u"XDG_RUNTIME_DIR"_s, m_folder.path());
        environment.insert(u"QT_QPA_PLATFORM"_s, u"offscreen"_s);
        environment.insert(u"LANG"_s, u"C.UTF-8"_s);
        return environment;
    }

private slots:
    void initTestCase() {
        NITROSCOPE_REQUIRE_GUEST();
        m_root = m_folder.filePath(u"root"_s);
        QVERIFY(QDir().mkpath(m_folder.filePath(u"home"_s)));
        // Compressed quickly: nobody keeps this one.
        const Outcome made =
            run(u"cpack"_s,
                {u"-G"_s, u"DEB"_s, u"--config"_s, QStringLiteral(NITROSCOPE_BINARY_DIR "/CPackConfig.cmake"),
                 u"-B"_s, m_folder.filePath(u"package"_s), u"-D"_s, u"CPACK_DEBIAN_COMPRESSION_TYPE=gzip"_s},
                QProcessEnvironment::systemEnvironment());
        QVERIFY2(made.code == 0, made.output);
        const QDir folder(m_folder.filePath(u"package"_s));
        const QStringList packages = folder.entryList({u"*.deb"_s});
        QCOMPARE(packages.size(), 1);
        m_package = folder.filePath(packages[0]);
        const Outcome unpacked =
            run(u"dpkg-deb"_s, {u"-x"_s, m_package, m_root}, QProcessEnvironment::systemEnvironment());
        QVERIFY2(unpacked.code == 0, unpacked.output);
    }

    void demo_runByTheInstalledCommandLine_isReady() {
        const Outcome booted =
            run(installed(u"bin/nitroscope-cli"_s),
                {u"run-enclave"_s, u"--eif-path"_s, installed(u"lib/nitroscope/demo/demo.eif"_s),
                 u"--attach-console"_s, u"--input-after"_s, u"nitroscope-demo: ready"_s, u"--capture"_s,
                 m_folder.filePath(u"run.pcapng"_s), u"--trace-system-calls"_s},
                fresh(), "reboot\n");
        QVERIFY2(booted.code == 0, booted.output.right(2000));
        QVERIFY2(booted.output.contains("nitroscope-demo: ready"), booted.output.right(2000));
    }

    void window_installed_showsTheDemo() {
        const QString picture = m_folder.filePath(u"shot.png"_s);
        const Outcome shown = run(installed(u"bin/nitroscope"_s),
                                  {u"--no-run"_s, u"--screenshot"_s, picture, u"--after"_s, u"1"_s,
                                   u"--quit"_s, installed(u"lib/nitroscope/demo/demo.eif"_s)},
                                  fresh());
        QVERIFY2(shown.code == 0, shown.output);
        QVERIFY(QFileInfo(picture).size() > 10'000);
    }

    void image_builtWithTheInstalledProgram_hasInitAndKernel() {
        const QString folder = m_folder.filePath(u"image"_s), eif = m_folder.filePath(u"image.eif"_s);
        QVERIFY(QDir().mkpath(folder + u"/bin"_s));
        QVERIFY(QFile::copy(u"/bin/true"_s, folder + u"/bin/true"_s));
        const Outcome built = run(
            installed(u"bin/nitroscope-cli"_s),
            {u"build-enclave"_s, u"--rootfs"_s, folder, u"--cmd"_s, u"/bin/true"_s, u"--output-file"_s, eif},
            fresh());
        QVERIFY2(built.code == 0, built.output);
        QVERIFY(QFileInfo::exists(eif));
    }

    void parentProgram_findsTheInstalledLibrary() {
        QVERIFY(QFileInfo(installed(u"lib/nitroscope/lib/libnitroscope-vsock.so"_s)).isReadable());
        const Outcome told = run(installed(u"bin/nitroscope-cli"_s), {u"parent"_s, u"true"_s}, fresh());
        QVERIFY2(told.output.contains("enclave"), told.output); // none runs; the library was found
        QVERIFY2(!told.output.contains("libnitroscope-vsock"), told.output);
    }

    void manualPages_areThereForProgramsAndCommands() {
        const QStringList pages = QDir(installed(u"share/man/man1"_s)).entryList({u"*.1.gz"_s});
        for (const QString &page :
             {u"nitroscope.1.gz"_s, u"nitroscope-cli.1.gz"_s, u"nitroscope-cli-eif-lint.1.gz"_s})
            QVERIFY2(pages.contains(page), qUtf8Printable(page));
    }

    void icons_areThereInAllSizes() {
        for (const int size : {16, 22, 24, 32, 48, 64, 128, 256, 512}) {
            QFile icon(installed(u"share/icons/hicolor/%1x%1/apps/nitroscope.png"_s.arg(size)));
            QVERIFY(icon.open(QIODevice::ReadOnly));
            // A PNG's first chunk has width and height behind its name.
            const QByteArray head = icon.read(24);
            QVERIFY(head.startsWith("\x89PNG"));
            QCOMPARE(qFromBigEndian<quint32>(head.constData() + 16), quint32(size));
            QCOMPARE(qFromBigEndian<quint32>(head.constData() + 20), quint32(size));
        }
    }

    void links_leadIntoTheTree() {
        QDirIterator files(m_root, QDir::Files | QDir::System | QDir::Hidden, QDirIterator::Subdirectories);
        while (files.hasNext()) {
            const QFileInfo info(files.next());
            if (info.isSymLink())
                QVERIFY2(info.canonicalFilePath().startsWith(QFileInfo(m_root).canonicalFilePath()),
                         qUtf8Printable(info.filePath()));
        }
    }

    void judges_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("desktop file")
            << u"desktop-file-validate"_s << QStringList{u"@share/applications/nitroscope.desktop"_s};
        QTest::newRow("metainfo") << u"appstreamcli"_s
                                  << QStringList{u"validate"_s, u"--no-net"_s,
                                                 u"@share/metainfo/org.nitroscope.Nitroscope.metainfo.xml"_s};
        QTest::newRow("package") << u"lintian"_s
                                 << QStringList{u"--fail-on"_s, u"error"_s, u"--allow-root"_s, u"PACKAGE"_s};
    }

    void judges() {
        QFETCH(const QString, program);
        QFETCH(QStringList, arguments);
        if (QStandardPaths::findExecutable(program).isEmpty())
            QSKIP("This judge is asked only where it happens to be");
        for (QString &argument : arguments) {
            if (argument.startsWith(u'@'))
                argument = installed(argument.mid(1));
            if (argument == u"PACKAGE"_s)
                argument = m_package;
        }
        const Outcome judged = run(program, arguments, QProcessEnvironment::systemEnvironment());
        QVERIFY2(judged.code == 0, judged.output);
    }

    void mimeType_ofAnEif_isRecognisedByItsMagic() {
        const QString update = QStandardPaths::findExecutable(u"update-mime-database"_s);
        if (update.isEmpty())
            QSKIP("The database of MIME types is made only where its program happens to be");
        QCOMPARE(run(update, {installed(u"share/mime"_s)}, QProcessEnvironment::systemEnvironment()).code, 0);
        QFile magic(installed(u"share/mime/magic"_s));
        QVERIFY(magic.open(QIODevice::ReadOnly));
        const QByteArray database = magic.readAll();
        QVERIFY(database.contains("application/x-aws-eif"));
        QVERIFY(database.contains("application/x-aws-attestation-document"));
    }
};

QTEST_GUILESS_MAIN(Package)
#include "tst_package.moc"
