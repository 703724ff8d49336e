// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/eif_architecture.hpp"
#include "tests/unit/launch/eif_maker.hpp"

#include <QTemporaryDir>
#include <QtTest>

using namespace nitroscope;
using namespace nitroscope::test;

class EifArchitectureTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString written(const char *name, const QByteArray &bytes) const {
        return QString::fromLocal8Bit(writeFile(m_folder, name, bytes));
    }

private slots:
    void emulator_ofAnImage_isThatOfItsFlags() {
        const auto emulator = [this](quint16 flags) {
            return QString(app::emulatorOfEif(written("image", makeEif(usualSections(), {.flags = flags}))));
        };
        QCOMPARE(emulator(0), QString("qemu-system-x86_64"));
        QCOMPARE(emulator(1), QString("qemu-system-aarch64"));
        QCOMPARE(emulator(0x8001), QString("qemu-system-aarch64"));
    }

    void emulator_ofWhatIsNoImage_isTheUsualOne() {
        const QByteArray eif = makeEif(usualSections(), {.flags = 1});
        for (qsizetype size = 0; size < 8; ++size)
            QCOMPARE(QString(app::emulatorOfEif(written("cut", eif.left(size)))),
                     QString("qemu-system-x86_64"));
        QCOMPARE(QString(app::emulatorOfEif(written("other", QByteArray(100, '\1')))),
                 QString("qemu-system-x86_64"));
        for (const QString &path :
             {QString(), QString("/no/such/file"), m_folder.path(), QString("/dev/zero")})
            QCOMPARE(QString(app::emulatorOfEif(path)), QString("qemu-system-x86_64"));
    }
};

QTEST_APPLESS_MAIN(EifArchitectureTest)
#include "tst_eif_architecture.moc"
