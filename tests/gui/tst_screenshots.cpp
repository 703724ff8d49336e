// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pictures of the window in its main situations, light and dark, into build/screenshots. They are for people
// to look at; what a program can check is checked: the fonts have glyphs, the picture is not empty, light is
// light and dark is dark.
#include "app/features/console/console_panel.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/features/log/log_panel.hpp"
#include "app/features/pcr/pcr_panel.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/ui/theme/theme.hpp"
#include "tests/gui/support/gui_fixture.hpp"

#include <QDialog>
#include <QRawFont>
#include <QSet>
#include <QTreeView>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray bootText() {
    return QByteArray("nitroscope firmware: 4 sections, kernel 6.2 MiB, 2 ramdisks\r\n"
                      "[    0.000000] Linux version 6.12.95 (nitroscope@demo) (gcc 12.2.0) #1 SMP\r\n"
                      "[    0.000000] Command line: reboot=k panic=30 pci=off nomodules console=ttyS0 "
                      "virtio_mmio.device=4K@0xd0000000:5\r\n"
                      "[    0.004213] kvm-clock: Using msrs 4b564d01 and 4b564d00\r\n"
                      "[    0.131101] virtio-mmio virtio-mmio.0: Failed to enable 64-bit or 32-bit DMA.\r\n"
                      "[    0.204310] nsm virtio1: NSM ready\r\n"
                      "[    0.311882] Run /init as init process\r\n"
                      "\x1b[1mdemo enclave\x1b[0m\r\n"
                      "  /dev/nsm   \x1b[32mopen\x1b[0m   module i-0123456789abcdef0-enc0123456789abcdef\r\n"
                      "  locked     PCR 0-15\r\n"
                      "  \x1b[33mwarning\x1b[0m    no parent-role given, PCR3 is zero\r\n"
                      "ready\r\n> ");
}

} // namespace

class TestScreenshots : public QObject {
    Q_OBJECT

    static QString folder() {
        const QString path = QStringLiteral(NITROSCOPE_BINARY_DIR "/screenshots");
        QDir().mkpath(path);
        return path;
    }
    static void save(MainWindow &window, const QString &name) { save(window.picture(), name); }
    static void save(const QPixmap &picture, const QString &name) {
        const QString scale = picture.devicePixelRatio() > 1.5 ? u"@2x"_s : QString();
        QVERIFY(picture.save(u"%1/%2%3.png"_s.arg(folder(), name, scale)));
        // An empty picture has few colours.
        const QImage image = picture.toImage();
        QSet<QRgb> colors;
        for (int y = 0; y < image.height(); y += 3)
            for (int x = 0; x < image.width(); x += 3)
                colors.insert(image.pixel(x, y));
        QVERIFY2(colors.size() > 30, qPrintable(u"%1 colours"_s.arg(colors.size())));
    }
    static void playBoot(WindowFixture &fixture, const nitroscope::formats::EifMeasurements &measured) {
        FakeSession &session = fixture.session;
        session.playState(EnclaveSession::State::running);
        const std::tuple<const char *, int, qint64, qint64> stages[] = {
            {"reset", -1, 0, 181'204'551},           {"header", -1, 412'803, 181'921'400},
            {"crc", -1, 9'881'290, 190'130'777},     {"kernel", -1, 12'310'006, 193'004'115},
            {"ramdisk", 0, 12'900'450, 193'911'020}, {"ramdisk", 1, 15'112'981, 196'508'443},
            {"handoff", -1, 15'420'117, 197'000'318}};
        const qint64 start = QDateTime::currentMSecsSinceEpoch() * 1'000'000;
        for (const auto &[name, index, guest, host] : stages)
            session.playStage({QLatin1String(name), index, guest, start + host, {}});
        session.playPcrs(pcrsOf(measured));
        session.playConsole(bootText());
        session.playLog(LogLevel::info, u"qemu-system-x86_64 -M nitro-enclave,eif=demo.eif -m 256"_s);
        session.playLog(LogLevel::warning, u"no parent-role given: PCR 3 stays zero"_s);
        QTRY_COMPARE(fixture.window->consolePanel().pendingBytes(), 0);
    }

private slots:
    void initTestCase() { QApplication::setApplicationVersion(u"test"_s); }

    void fonts_haveGlyphs() {
        for (const QFont &font : {QApplication::font(), theme::monospace()}) {
            const QRawFont raw = QRawFont::fromFont(font);
            for (const char32_t character : {U'A', U'0', U'x', U'…', U'–', U'·', U'›'})
                QVERIFY2(
                    raw.supportsCharacter(character),
                    qPrintable(u"%1 has no glyph for U+%2; install fonts-dejavu-core"_s.arg(font.family())
                                   .arg(static_cast<uint>(character), 4, 16)));
        }
    }

    void window_inEverySituation_data() {
        QTest::addColumn<int>("appearance");
        QTest::addColumn<QString>("name");
        QTest::newRow("light") << static_cast<int>(Appearance::light) << u"light"_s;
        QTest::newRow("dark") << static_cast<int>(Appearance::dark) << u"dark"_s;
    }
    void window_inEverySituation() {
        QFETCH(int, appearance);
        QFETCH(QString, name);
        theme::apply(*qApp, static_cast<Appearance>(appearance));
        QCOMPARE(theme::isDark(QApplication::palette()), name == u"dark"_s);
        WindowFixture fixture;
        fixture.window->resize(1400, 900);
        fixture.show();
        fixture.window->resetLayout();
        QCoreApplication::processEvents(); // deferred title bars
        save(*fixture.window, name + u"-empty"_s);

        const TestEif eif = makeEif(fixture.dir);
        fixture.open(eif.path);
        QTRY_VERIFY(!fixture.window->pcrPanel().model().expectedValue(0).isEmpty());
        fixture.action("enclave.run")->trigger();
        playBoot(fixture, eif.measurements);
        EifPanel &panel = fixture.window->eifPanel();
        panel.tree().setCurrentIndex(panel.nodes().indexOfByte(8));
        QCoreApplication::processEvents();
        save(*fixture.window, name + u"-running"_s);

        // Dialogs, and the log in front.
        for (const auto &[id, dialogName] :
             {std::pair("enclave.options", "-options"), std::pair("help.shortcuts", "-shortcuts"),
              std::pair("help.commands", "-commands")}) {
            fixture.action(id)->trigger();
            auto *dialog = fixture.window->findChild<QDialog *>();
            QVERIFY(dialog);
            save(dialog->grab(), name + QLatin1String(dialogName));
            delete dialog;
        }
        fixture.window->docks()[4]->raise();
        fixture.action("edit.find")->trigger();
        QCoreApplication::processEvents();
        fixture.window->logPanel().model().flush();
        save(*fixture.window, name + u"-log"_s);
        fixture.window->docks()[3]->raise();

        fixture.session.playPcrs({{16, pattern(48, 77), false}, {2, pattern(48, 78), true}});
        fixture.session.playEnd({EndKind::qemuKilled, u"QEMU was killed by signal 9 (SIGKILL)."_s,
                                 u"Everything shown so far is kept. If the system ran out of memory, give "
                                 "the enclave less and start it again."_s});
        QCoreApplication::processEvents();
        save(*fixture.window, name + u"-failed"_s);
    }
};

QTEST_MAIN(TestScreenshots)
#include "tst_screenshots.moc"
