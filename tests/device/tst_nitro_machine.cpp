// SPDX-License-Identifier: GPL-2.0-or-later
//
// Smoke test of -M nitro-enclave: it starts with and without an EIF, its properties can be set and read back,
// bad values are refused in plain words, and the devices are where a real enclave has them.
#include "tests/device/support/qtest_machine.hpp"
#include "tests/device/support/small_eif.hpp"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QRegularExpression>
#include <QTest>

using nitroscope::test::QtestMachine;
using nitroscope::test::SmallEif;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr quint64 vsockTransport = 0xd0000000;
constexpr quint64 nsmTransport = 0xd0001000;
// Registers of virtio-mmio: VirtIO 1.2, 4.2.2.
constexpr quint64 magicValue = 0x00, version = 0x04, deviceId = 0x08;

const QString role = u"arn:aws:iam::123456789012:role/path/enclave-parent"_s;
const QString moduleId = u"i-00112233445566778-enc0193a4b5c6d7e8f9"_s;

} // namespace

class NitroMachine : public QObject {
    Q_OBJECT

private:
    QTemporaryDir m_folder;
    SmallEif m_eif;
    QString m_path;

    struct Property {
        QString name, text;
        QJsonValue value; // what qom-get answers
    };
    QList<Property> properties() const {
        QList<Property> rows;
        const auto add = [&rows](const char *name, const QStringList &texts) {
            for (const QString &text : texts)
                rows.append({QLatin1String(name), text, text});
        };
        add("eif", {m_path});
        add("module-id", {moduleId});
        add("id", {moduleId});
        add("parent-role", {role, u"arn:aws-cn:iam::123456789012:role/a"_s});
        add("parent-id", {u"i-00112233445566778"_s, u"i-0badcafe"_s});
        add("reboot", {u"reset"_s, u"terminate"_s});
        add("capture", {u"recorder"_s});
        add("pki-directory", {m_folder.filePath(u"pki"_s)});
        add("region", {u"eu-west-9"_s});
        add("nsm-version", {u"1.2.3"_s});
        add("vsock-path", {m_folder.filePath(u"v"_s)});
        add("vsock-routes", {u"5000=refuse;9000=echo"_s});
        add("heartbeat", {u"on"_s, u"off"_s, u"delay"_s, u"wrong"_s});
        for (const char *name :
             {"debug-mode", "strict", "preflight", "checksum-port", "extra-transport", "definite-payload"}) {
            rows.append({QLatin1String(name), u"on"_s, true});
            rows.append({QLatin1String(name), u"off"_s, false});
        }
        for (const qint64 limit : {qint64{1}, qint64{1 << 20}})
            rows.append({u"capture-limit"_s, QString::number(limit), limit});
        rows.append({u"recording-limit"_s, u"2048"_s, 2048});
        for (const qint64 cid : {qint64{4}, qint64{0xfffffffe}})
            rows.append({u"enclave-cid"_s, QString::number(cid), cid});
        return rows;
    }

    static QSet<QString> propertiesOf(QtestMachine &machine, const QString &type) {
        QSet<QString> names;
        const QJsonArray found = machine.command(u"qom-list-properties"_s, {{u"typename"_s, type}}).toArray();
        for (const QJsonValue item : found)
            names += item.toObject()[u"name"_s].toString();
        return names;
    }

    static QJsonValue property(QtestMachine &machine, const QString &name) {
        return machine.command(u"qom-get"_s, {{u"path"_s, u"/machine"_s}, {u"property"_s, name}});
    }
    static QString pcr(QtestMachine &machine, int index) {
        const QJsonArray pcrs = machine.command(u"query-nsm"_s).toObject()[u"pcrs"_s].toArray();
        return pcrs[index].toObject()[u"value"_s].toString();
    }

private slots:
    void initTestCase() {
        if (QtestMachine::qemu().isEmpty())
            QSKIP("build/bin/qemu-system-x86_64 has not been built (./workbench build)");
        m_path = m_folder.filePath(u"small.eif"_s);
        QFile file(m_path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(m_eif.bytes());
    }

    void start_withoutAnyOption_hasNoEif() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        const QJsonObject enclave = machine.command(u"query-enclave"_s).toObject();
        QCOMPARE(enclave[u"measurement"_s].toString(), u"none"_s);
        QVERIFY(!enclave.contains(u"eif"_s));
        QCOMPARE(enclave[u"stages"_s].toArray().size(), 0);
        const QString id = enclave[u"module-id"_s].toString();
        QVERIFY2(QRegularExpression(u"^i-[0-9a-f]{17}-enc[0-9a-f]{16}$"_s).match(id).hasMatch(),
                 qPrintable(id));
    }

    void start_withEif_describesIt_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("-kernel") << QStringList{u"-kernel"_s, u"%1"_s};
        QTest::newRow("eif=") << QStringList{u"-M"_s, u"nitro-enclave,eif=%1"_s};
    }
    void start_withEif_describesIt() {
        QFETCH(QStringList, arguments);
        arguments.last() = arguments.last().arg(m_path);
        QtestMachine machine;
        QVERIFY2(machine.start(arguments), machine.errorOutput());
        QCOMPARE(machine.errorOutput(), QByteArray());
        const QJsonObject enclave = machine.command(u"query-enclave"_s).toObject();
        QCOMPARE(enclave[u"eif"_s].toString(), m_path);
        QCOMPARE(enclave[u"eif-size"_s].toInteger(), m_eif.bytes().size());
        QCOMPARE(enclave[u"version"_s].toInt(), 4);
        const QJsonArray sections = enclave[u"sections"_s].toArray();
        QCOMPARE(sections.size(), 5);
        QCOMPARE(sections[0].toObject()[u"header-offset"_s].toInt(), 548);
        QCOMPARE(sections[0].toObject()[u"size"_s].toInteger(), m_eif.kernel.size());
    }

    void properties_areSettableAndReadable_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QJsonValue>("value");
        for (const Property &row : properties())
            QTest::addRow("%s=%s", qPrintable(row.name), qPrintable(row.text))
                << row.name << row.text << row.value;
    }
    void properties_areSettableAndReadable() {
        QFETCH(QString, name);
        QFETCH(QString, text);
        QFETCH(QJsonValue, value);
        QtestMachine machine;
        QVERIFY2(machine.start({u"-chardev"_s, u"null,id=recorder"_s, u"-M"_s,
                                u"nitro-enclave,%1=%2"_s.arg(name, text)}),
                 machine.errorOutput());
        QCOMPARE(property(machine, name), value);
        const QJsonObject enclave = machine.command(u"query-enclave"_s).toObject();
        if (enclave.contains(name))
            QCOMPARE(enclave[name], value);
    }

    // Nobody adds a property without a row above. What every x86 machine has is QEMU's, not ours.
    void properties_withoutATest_areNone() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        QSet<QString> own = propertiesOf(machine, u"nitro-enclave-machine"_s);
        own.subtract(propertiesOf(machine, u"x86-machine"_s));
        QVERIFY(own.contains(u"module-id"_s));
        // QEMU adds this one to every machine with NUMA nodes.
        own.remove(u"hmat"_s);
        // These two make sense together only and need files: tst_nsm_control sets and breaks them.
        own.subtract({u"ca-key"_s, u"ca-chain"_s});
        own.remove(u"recording"_s); // needs -icount and a folder: tst_recorded_life
        own.remove(u"vsock"_s);     // takes no value: see the refusals
        for (const Property &row : properties())
            own.remove(row.name);
        QVERIFY2(own.isEmpty(), qPrintable(QStringList(own.values()).join(QLatin1Char(' '))));
    }

    void badValues_areRefusedInPlainWords_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("words");
        const auto option = [](const char *text) {
            return QStringList{u"-M"_s, u"nitro-enclave,%1"_s.arg(QLatin1String(text))};
        };
        QTest::newRow("module-id without enc")
            << option("module-id=i-00112233445566778") << QByteArray("module-id");
        QTest::newRow("module-id in capitals")
            << option("module-id=i-00112233445566778-enc0193A4B5C6D7E8F9") << QByteArray("module-id");
        QTest::newRow("module-id one digit more")
            << option("module-id=i-00112233445566778-enc0193a4b5c6d7e8f90") << QByteArray("module-id");
        QTest::newRow("QEMU's vsock=") << option("vsock=c") << QByteArray("leave out vsock=");
        QTest::newRow("QEMU's default id")
            << option("id=i-234-enc5678") << QByteArray("the same as module-id");
        QTest::newRow("empty module-id") << option("module-id=") << QByteArray("module-id");
        QTest::newRow("parent-role that is no ARN") << option("parent-role=admin") << QByteArray("arn:aws");
        QTest::newRow("parent-role of a user")
            << option("parent-role=arn:aws:iam::123456789012:user/a") << QByteArray("role/");
        QTest::newRow("parent-role without a name")
            << option("parent-role=arn:aws:iam::123456789012:role/") << QByteArray("role/");
        QTest::newRow("parent-role with a short account")
            << option("parent-role=arn:aws:iam::1234:role/a") << QByteArray("12 digits");
        QTest::newRow("parent-id without digits") << option("parent-id=i-") << QByteArray("parent-id");
        QTest::newRow("parent-id too long")
            << option("parent-id=i-001122334455667788") << QByteArray("parent-id");
        QTest::newRow("reboot=maybe") << option("reboot=maybe") << QByteArray("reboot");
        QTest::newRow("strict=maybe") << option("strict=maybe") << QByteArray("strict");
        for (const char *name : {"debug-mode", "preflight", "definite-payload"})
            QTest::addRow("%s=maybe", name)
                << option(qPrintable(u"%1=maybe"_s.arg(QLatin1String(name)))) << QByteArray(name);
        QTest::newRow("CID of the parent") << option("enclave-cid=3") << QByteArray("between 4 and");
        QTest::newRow("CID of everybody") << option("enclave-cid=4294967295") << QByteArray("between 4 and");
        QTest::newRow("CID that is no number") << option("enclave-cid=ten") << QByteArray("enclave-cid");
        QTest::newRow("capture without a chardev") << option("capture=none") << QByteArray("'none'");
        QTest::newRow("region with a dot") << option("region=eu.west") << QByteArray("region");
        QTest::newRow("empty region") << option("region=") << QByteArray("region");
        QTest::newRow("region too long")
            << option("region=a-region-of-25-characters") << QByteArray("region");
        QTest::newRow("nsm-version of two parts") << option("nsm-version=1.2") << QByteArray("1.2");
        QTest::newRow("heartbeat=maybe") << option("heartbeat=maybe") << QByteArray("heartbeat");
        QTest::newRow("route without a port") << option("vsock-routes=echo") << QByteArray("PORT=ROUTE");
        QTest::newRow("two routes of a port")
            << option("vsock-routes=5000=echo;5000=refuse") << QByteArray("two routes");
        QTest::newRow("vsock-path in no folder")
            << option("vsock-path=/no/such/folder/v") << QByteArray("/no/such/folder");
        QTest::newRow("empty eif") << option("eif=") << QByteArray("eif");
        QTest::newRow("acpi=on") << option("acpi=on") << QByteArray("ACPI");
        QTest::newRow("unknown property") << option("vsock=c") << QByteArray("vsock");
        QTest::newRow("two EIFs") << option("eif=/a") + QStringList{u"-kernel"_s, u"/b"_s}
                                  << QByteArray("two EIFs");
        QTest::newRow("missing firmware")
            << QStringList{u"-bios"_s, u"/no/such.rom"_s} << QByteArray("/no/such.rom");
        QTest::newRow("129 CPUs") << QStringList{u"-smp"_s, u"129"_s} << QByteArray("128");
        QTest::newRow("APIC ids beyond one byte")
            << QStringList{u"-smp"_s, u"125,sockets=5,dies=5,cores=5,threads=1"_s}
            << QByteArray("APIC ids up to 292");
        QTest::newRow("missing EIF") << QStringList{u"-kernel"_s, u"/no/such.eif"_s}
                                     << QByteArray("/no/such.eif");
    }
    void badValues_areRefusedInPlainWords() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, words);
        QtestMachine machine;
        QVERIFY2(!machine.start(arguments), "it started");
        QCOMPARE(machine.exitCode(), 1);
        // One sentence for people, and of what we refuse one line for programs (docs/launch-options.md).
        QByteArrayList sentences = machine.errorOutput().trimmed().split('\n');
        const qsizetype lines = sentences.removeIf([&](const QByteArray &line) {
            const QJsonObject refusal =
                QJsonDocument::fromJson(line).object().value(u"nitro-refusal"_s).toObject();
            return refusal.value(u"stage"_s) == u"launch"_s &&
                   refusal.value(u"message"_s).toString().toUtf8().contains(words);
        });
        QCOMPARE(sentences.size(), 1);
        QVERIFY2(sentences.first().contains(words), sentences.first());
        // Words that are none of an on-off property, no number, too many CPUs: QEMU's own parser.
        const bool isQemus = QByteArray(QTest::currentDataTag()).endsWith("=maybe") ||
                             QByteArray(QTest::currentDataTag()) == "CID that is no number" ||
                             QByteArray(QTest::currentDataTag()) == "129 CPUs";
        const bool isOurs = !isQemus || words == "heartbeat";
        QCOMPARE(lines, isOurs ? 1 : 0);
    }

    void refusedOption_namesItselfForPrograms_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("option");
        const auto machine = [](const char *text) {
            return QStringList{u"-M"_s, u"nitro-enclave,%1"_s.arg(QLatin1String(text))};
        };
        QTest::newRow("shape") << machine("parent-id=\xc3\xa4\"\\") << u"parent-id"_s;
        QTest::newRow("range") << machine("capture-limit=0") << u"capture-limit"_s;
        QTest::newRow("chardev") << machine("capture=none") << u"capture"_s;
        QTest::newRow("topology") << QStringList{u"-smp"_s, u"125,sockets=5,dies=5,cores=5,threads=1"_s}
                                  << u"smp"_s;
        QTest::newRow("firmware") << QStringList{u"-bios"_s, u"/no/such.rom"_s} << u"bios"_s;
        QTest::newRow("device") << machine("heartbeat=maybe") << QString();
    }
    void refusedOption_namesItselfForPrograms() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, option);
        QtestMachine machine;
        QVERIFY2(!machine.start(arguments), "it started");
        QList<QJsonObject> refusals;
        for (const QByteArray &line : machine.errorOutput().split('\n'))
            if (const QJsonObject json = QJsonDocument::fromJson(line).object(); !json.isEmpty())
                refusals << json.value(u"nitro-refusal"_s).toObject();
        QCOMPARE(refusals.size(), 1);
        QCOMPARE(refusals.first().value(u"option"_s).toString(), option);
        QCOMPARE(refusals.first().value(u"code"_s), QJsonValue(QString()));
    }

    void properties_cannotChangeOnceTheMachineExists() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        const QJsonObject reply =
            machine
                .command(u"qom-set"_s,
                         {{u"path"_s, u"/machine"_s}, {u"property"_s, u"parent-role"_s}, {u"value"_s, role}})
                .toObject();
        QVERIFY(reply.contains(u"error"_s));
        QVERIFY(!machine.command(u"query-enclave"_s).toObject().contains(u"parent-role"_s));
    }

    void transports_areWhereARealEnclaveHasThem() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        for (quint64 base : {vsockTransport, nsmTransport}) {
            QCOMPARE(machine.read32(base + magicValue), 0x74726976u); // "virt"
            QCOMPARE(machine.read32(base + version), 2u);
        }
        QCOMPARE(machine.read32(nsmTransport + deviceId), 33u);
        QCOMPARE(machine.read32(vsockTransport + deviceId), 19u);
    }

    void machine_hasNeitherPciNorUnknownMachines() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        QCOMPARE(machine.command(u"query-pci"_s).toArray().size(), 0);
        int enclaves = 0;
        for (const QJsonValue item : machine.command(u"query-machines"_s).toArray())
            enclaves += item.toObject()[u"name"_s].toString() == u"nitro-enclave"_s;
        QCOMPARE(enclaves, 1);
    }

    void roleAndInstance_areMeasuredIntoPcr3And4() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-M"_s, u"nitro-enclave,parent-role=%1,module-id=%2"_s.arg(role, moduleId)}),
                 machine.errorOutput());
        QCOMPARE(pcr(machine, 3), QString::fromLatin1(SmallEif::textPcr(role.toLatin1()).toHex()));
        QCOMPARE(pcr(machine, 4), QString::fromLatin1(SmallEif::textPcr("i-00112233445566778").toHex()));
    }

    void manyCpus_areAccepted_data() {
        QTest::addColumn<QString>("smp");
        QTest::newRow("128") << "128";
        QTest::newRow("APIC ids with gaps") << "126,sockets=42,cores=3,threads=1";
        QTest::newRow("room for more") << "2,maxcpus=64";
    }
    void manyCpus_areAccepted() {
        QFETCH(QString, smp);
        QtestMachine machine;
        QVERIFY2(machine.start({u"-smp"_s, smp}), machine.errorOutput());
        QCOMPARE(machine.command(u"query-cpus-fast"_s).toArray().size(),
                 smp.section(QLatin1Char(','), 0, 0).toInt());
    }

    void bigMemory_liesBelow3GiBAndAbove4GiB() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-m"_s, u"4G"_s}), machine.errorOutput());
        machine.write32(0xbffffffc, 0x12345678);
        machine.write32(0x13ffffffc, 0x87654321);
        QCOMPARE(machine.read32(0xbffffffc), 0x12345678u);
        QCOMPARE(machine.read32(0x13ffffffc), 0x87654321u);
        QCOMPARE(machine.read32(0xc0000000), 0u); // nobody there: not RAM
    }

    void keyboardControllerReset_endsTheEnclave() {
        QtestMachine machine;
        QVERIFY2(machine.start(), machine.errorOutput());
        machine.out8(0x64, 0xfe); // pulse the CPU's reset line, as `reboot=k` does
        const QJsonObject event = machine.takeEvent(u"SHUTDOWN"_s);
        QCOMPARE(event[u"reason"_s].toString(), u"guest-reset"_s);
        QVERIFY(machine.waitForExit());
        QCOMPARE(machine.exitCode(), 0);
    }

    void keyboardControllerReset_restartsWhenToldSo() {
        QtestMachine machine;
        QVERIFY2(machine.start({u"-M"_s, u"nitro-enclave,reboot=reset"_s}), machine.errorOutput());
        machine.out8(0x64, 0xfe);
        QVERIFY(machine.takeEvent(u"RESET"_s)[u"guest"_s].toBool());
    }

    // As on EC2 no boot finds what an earlier one has left, and nobody who looks from outside does.
    void reset_forgetsMemory_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("memory of its own") << QStringList();
        QTest::newRow("in a file") << QStringList{
            u"-m"_s, u"64M"_s, u"-object"_s, u"memory-backend-file,id=ram,share=on,size=64M,mem-path="_s};
        QTest::newRow("in shared memory") << QStringList{u"-m"_s, u"64M"_s, u"-object"_s,
                                                         u"memory-backend-memfd,id=ram,share=on,size=64M"_s};
    }

    void reset_forgetsMemory() {
        QFETCH(QStringList, arguments);
        QTemporaryDir folder;
        QString options = u"nitro-enclave,reboot=reset"_s;
        const QString ram = folder.filePath(u"ram"_s);
        const bool isFile = !arguments.isEmpty() && arguments.last().endsWith(u"mem-path="_s);
        if (isFile)
            arguments.last() += ram;
        if (!arguments.isEmpty())
            options += u",memory-backend=ram"_s;
        QtestMachine machine;
        QVERIFY2(machine.start(arguments + QStringList{u"-M"_s, options}), machine.errorOutput());
        machine.command(u"cont"_s);
        machine.write32(0x1000, 0x12345678);
        machine.write32(0x2abcde0, 0x87654321);
        QCOMPARE(machine.read32(0x2abcde0), 0x87654321u);
        machine.out8(0x64, 0xfe);
        QVERIFY(machine.takeEvent(u"RESET"_s)[u"guest"_s].toBool());
        QCOMPARE(machine.read32(0x1000), 0u);
        QCOMPARE(machine.read32(0x2abcde0), 0u);
        if (!isFile)
            return;
        QFile file(ram);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.size(), 64 << 20);
        QVERIFY(file.seek(0x2abcde0));
        QCOMPARE(file.read(4), QByteArray(4, '\0'));
    }
};

QTEST_GUILESS_MAIN(NitroMachine)
#include "tst_nitro_machine.moc"
