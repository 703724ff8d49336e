// SPDX-License-Identifier: GPL-2.0-or-later
//
// EifDocument: the tree covers the file and names what is in it, findings sit at their bytes, measurements
// and nitro-cli's JSON are right, and no file makes it fail.

#include "app/formats/eif/describe_json.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "tests/unit/formats/cpio_maker.hpp"
#include "tests/unit/formats/packers.hpp"
#include "tests/unit/launch/eif_maker.hpp"
#include "tests/unit/support/samples.hpp"

#include <QFile>
#include <QJsonDocument>
#include <QTest>
#include <thread>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qint64 usualNow = 1'800'000'000;

// "section 0: kernel/data/init_size" from the root on.
const Node *find(const Node &root, const QString &path) {
    const Node *node = &root;
    for (const QString &name : path.split(u'/'))
        if (node)
            node = node->child(name);
    return node;
}

// Children lie inside of their parents, and the order of the file is that of the tree.
void verifyRanges(const Node &node, quint64 fileSize) {
    QVERIFY(node.range.isEmpty() || node.range.end() <= fileSize);
    for (const Node &child : node.children) {
        if (!child.range.isEmpty() && !node.range.isEmpty()) {
            QVERIFY2(child.range.offset >= node.range.offset, qPrintable(child.name));
            QVERIFY2(child.range.end() <= node.range.end(), qPrintable(child.name));
        }
        verifyRanges(child, fileSize);
    }
}

} // namespace

class EifDocumentTest : public QObject {
    Q_OBJECT

private slots:
    void open_goodImage_treeShowsItsParts() {
        const auto document = openBytes(makeEif(usualSections()));
        const Node &root = document.root();
        verifyRanges(root, document.size());
        const auto value = [&](const char *path) {
            const Node *node = find(root, QString::fromLatin1(path));
            return node ? node->value : u"no such node"_s;
        };
        QCOMPARE(value("header/magic"), u".eif"_s);
        QCOMPARE(value("header/version"), u"4"_s);
        QCOMPARE(value("header/flags"), u"0x0000 (x86_64)"_s);
        QCOMPARE(value("header/num_sections"), u"5"_s);
        QCOMPARE(value("section 0: kernel/data"), u"bzImage, boot protocol 2.15"_s);
        QCOMPARE(value("section 0: kernel/data/kernel_version"), u"6.12.0-test (builder@host) #1"_s);
        QCOMPARE(value("section 0: kernel/data/pref_address"), u"0x1000000"_s);
        QCOMPARE(value("section 1: cmdline/data"), u"reboot=k panic=30 console=ttyS0"_s);
        QCOMPARE(value("section 1: cmdline/data/console"), u"ttyS0"_s);
        QCOMPARE(value("section 2: metadata/data/ImageName"), u"test"_s);
        QCOMPARE(value("section 3: ramdisk 0/data"), u"cpio archive (newc)"_s);
        QCOMPARE(value("section 4: ramdisk 1/section header/section_size"), u"3,006 bytes (2.94 KiB)"_s);
        QCOMPARE(document.severity(), Severity::none);
        QCOMPARE(document.commandLine(), u"reboot=k panic=30 console=ttyS0"_s);
        QCOMPARE(document.metadata().value(u"ImageVersion"_s).toString(), u"1.0"_s);
        QCOMPARE(document.memoryNeeded(), quint64{33} << 20);
        QVERIFY(!document.isSigned());
    }

    void open_values_areTiedToTheirBytes() {
        const QByteArray eif = makeEif(usualSections());
        const auto document = openBytes(eif);
        const Node *console = find(document.root(), u"section 1: cmdline/data/console"_s);
        QVERIFY(console);
        QCOMPARE(document.bytes(console->range.offset, console->range.length), QByteArray("console=ttyS0"));
        const Node *version = find(document.root(), u"section 2: metadata/data/ImageVersion"_s);
        QVERIFY(version);
        QCOMPARE(document.bytes(version->range.offset, version->range.length),
                 QByteArray("\"ImageVersion\":\"1.0\""));
        // Every byte of the file belongs to something below the root.
        for (quint64 offset = 0; offset < document.size(); offset += 7)
            QVERIFY(nodeAt(document.root(), offset) != &document.root());
        QCOMPARE(nodeAt(document.root(), 0x220)->name, u"eif_crc32"_s);
    }

    void open_signedImage_showsCertificateAndPayload() {
        TestSections sections = usualSections();
        const QByteArray pcr0 = expectedPcr(0, sections);
        const MadeSignature signature = makeSignature({.pcr0 = pcr0});
        sections.push_back({signatureKind, signature.section});
        const auto document = openBytes(makeEif(sections));
        verifyRanges(document.root(), document.size());
        const QString entry = u"section 5: signature/data/[0]/"_s;
        const auto value = [&](const QString &path) {
            const Node *node = find(document.root(), entry + path);
            return node ? node->value : u"no such node"_s;
        };
        QCOMPARE(value(u"signing_certificate"_s), u"C=XX, O=Nitroscope tests, CN=signer"_s);
        QCOMPARE(value(u"signing_certificate/public key"_s), u"EC P-384"_s);
        QCOMPARE(value(u"signature"_s), u"COSE_Sign1, ES384"_s);
        QCOMPARE(value(u"signature/payload"_s), u"PCR0"_s);
        QCOMPARE(value(u"signature/payload/register_value"_s), QString::fromLatin1(pcr0.toHex()));
        QCOMPARE(document.severity(), Severity::none);
        const auto measured = document.measurements();
        QVERIFY(measured.has_value());
        QCOMPARE(measured->isSignatureGood, std::optional(true));
        QCOMPARE(measured->pcr8, expectedPcr(certificateDer(signature.pem)));
        QVERIFY(measured->findings.empty());
    }

    void open_expiredCertificate_isAFindingAtTheCertificate() {
        TestSections sections = usualSections();
        sections.push_back(
            {signatureKind,
             makeSignature({.pcr0 = expectedPcr(0, sections), .notAfter = usualNow - 1}).section});
        const auto document = openBytes(makeEif(sections));
        const Node *certificate =
            find(document.root(), u"section 5: signature/data/[0]/signing_certificate"_s);
        QVERIFY(certificate);
        QCOMPARE(certificate->severity, Severity::error);
        QVERIFY2(certificate->note.contains(u"expired"_s), qPrintable(certificate->note));
        QCOMPARE(document.measurements()->isSignatureGood, std::optional(true)); // dates are another matter
    }

    void open_brokenImage_findingsSitAtTheirBytes_data() {
        QTest::addColumn<QByteArray>("eif");
        QTest::addColumn<QString>("node");
        const QByteArray good = makeEif(usualSections());
        QByteArray eif = good;
        eif[0] = 'x';
        QTest::newRow("magic") << eif << u"header/magic"_s;
        eif = good;
        eif[0x225] = 9;
        QTest::newRow("unknown type") << eif << u"section 0: type 9/section header/section_type"_s;
        QTest::newRow("cut") << good.chopped(5) << u"section 4: ramdisk 1/data"_s;
        TestSections sections = usualSections();
        sections.remove(2);
        QTest::newRow("no metadata") << makeEif(sections) << u"header/num_sections"_s;
        QTest::newRow("trailing bytes") << good + "abc" << u"bytes outside of all sections"_s;
        sections = usualSections();
        sections[2].data = R"({"ImageName":"test",})";
        QTest::newRow("bad metadata") << makeEif(sections) << u"section 2: metadata/data/unreadable"_s;
        sections = usualSections();
        sections[3].data = "PK\3\4";
        QTest::newRow("ramdisk of unknown kind") << makeEif(sections) << u"section 3: ramdisk 0/data"_s;
    }

    void open_brokenImage_findingsSitAtTheirBytes() {
        QFETCH(QByteArray, eif);
        QFETCH(QString, node);
        const auto document = openBytes(eif);
        verifyRanges(document.root(), document.size());
        const Node *found = find(document.root(), node);
        QVERIFY2(found, qPrintable(node));
        QVERIFY(found->severity != Severity::none);
        QVERIFY(!found->note.isEmpty());
    }

    void open_truncatedAtEveryByte_givesATree() {
        TestSections sections = usualSections();
        sections[0].data = makeBzImage({.bytes = 2048});
        sections.push_back({signatureKind, makeSignature({.pcr0 = expectedPcr(0, sections)}).section});
        const QByteArray whole = makeEif(sections);
        QFile file(m_folder.filePath(u"cut.eif"_s));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(whole);
        file.flush();
        for (qint64 size = whole.size() - 1; size > 0; --size) {
            QVERIFY(file.resize(size));
            const auto document = EifDocument::open(file.fileName(), usualNow);
            QVERIFY(document.has_value());
            QCOMPARE(document->severity(), Severity::error);
            verifyRanges(document->root(), quint64(size));
        }
    }

    void open_unreadable_isAnError_data() {
        QTest::addColumn<QString>("path");
        QTest::newRow("missing") << u"/nonexistent/x.eif"_s;
        QTest::newRow("directory") << m_folder.path();
        QTest::newRow("empty") << QFile::decodeName(writeFile(m_folder, "empty", {}));
    }

    void open_unreadable_isAnError() {
        QFETCH(QString, path);
        const auto document = EifDocument::open(path);
        QVERIFY(!document.has_value());
        QVERIFY(document.error().message.contains(path));
    }

    void ramdisks_areReadOnce_andKeepTheDocument() {
        TestSections sections = usualSections();
        sections[3].data = cpioArchive({{.path = "init", .content = "first"}});
        sections[4].data = cpioArchive({{.path = "init", .content = "second"}});
        RamdiskIndexPointer index;
        {
            const EifDocument document = openBytes(makeEif(sections)), copy = document;
            index = *document.ramdisks();
            QCOMPARE((*copy.ramdisks()).get(), index.get());
            // Another limit may give another answer.
            QVERIFY((*copy.ramdisks({.entries = 1})).get() != index.get());
            std::stop_source stop;
            stop.request_stop();
            QCOMPARE(copy.ramdisks({.unpack = {.stop = stop.get_token()}, .entries = 7}).error().code,
                     u"cancelled"_s);
        }
        QCOMPARE(index->ramdisks().size(), size_t{2});
        const auto init = index->files().find("init");
        QVERIFY(init);
        QCOMPARE(index->files().content(*init, 100), QByteArray("second"));
    }

    void openOrShare_sharesOnlyTheSameUnchangedFile() {
        const TestSections sections = usualSections();
        const QString path = QFile::decodeName(writeFile(m_folder, "shared.eif", makeEif(sections)));
        auto first = std::make_unique<EifDocument>(*EifDocument::open(path));
        const auto indexOf = [](const EifDocument &document) { return (*document.ramdisks()).get(); };
        const RamdiskIndex *index = indexOf(*first);
        QVERIFY(QFile::link(path, path + ".link"));
        QCOMPARE(indexOf(*EifDocument::openOrShare(path)), index);
        QCOMPARE(indexOf(*EifDocument::openOrShare(path + ".link")), index);
        QVERIFY(!EifDocument::openOrShare(path + ".none"));
        // A file of that name put in its place is another one, and so is one that was written to.
        QVERIFY(QFile::rename(path, path + ".old"));
        writeFile(m_folder, "shared.eif", makeEif(sections));
        QVERIFY(indexOf(*EifDocument::openOrShare(path)) != index);
        QCOMPARE(indexOf(*EifDocument::openOrShare(path + ".old")), index);
        QFile old(path + ".old");
        QVERIFY(old.open(QIODevice::Append));
        QVERIFY(old.write("x") == 1);
        old.close();
        const auto changed = EifDocument::openOrShare(path + ".old");
        QCOMPARE(changed->size(), first->size() + 1);
        first.reset();
        QVERIFY(EifDocument::openOrShare(path));
    }

    void ramdisks_askedForByMany_areReadOnce() {
        TestSections sections = usualSections();
        QList<CpioFile> files;
        for (int i = 0; i < 20'000; ++i)
            files << CpioFile{.path = QByteArray::number(i)};
        sections[3].data = gzipped(cpioArchive(files));
        const EifDocument document = openBytes(makeEif(sections));
        std::array<RamdiskIndexPointer, 4> found;
        {
            std::vector<std::jthread> threads;
            for (RamdiskIndexPointer &each : found)
                threads.emplace_back([&each, document] { each = document.ramdisks().value_or(nullptr); });
        }
        QVERIFY(found[0]);
        QCOMPARE(found[0]->ramdisks()[0].entries.size(), size_t{20'000});
        QVERIFY(std::ranges::all_of(found, [&](const auto &each) { return each.get() == found[0].get(); }));
    }

    void measurements_match_andCancel() {
        const TestSections sections = usualSections();
        const auto document = openBytes(makeEif(sections));
        const auto measured = document.measurements();
        QVERIFY(measured.has_value());
        QCOMPARE(measured->pcr0, expectedPcr(0, sections));
        QCOMPARE(measured->pcr1, expectedPcr(1, sections));
        QCOMPARE(measured->pcr2, expectedPcr(2, sections));
        QVERIFY(measured->pcr8.isEmpty());
        QVERIFY(measured->isCrcGood());
        QVERIFY(!measured->isSignatureGood);
        std::stop_source stop;
        stop.request_stop();
        const auto cancelled = document.measurements(stop.get_token());
        QVERIFY(!cancelled.has_value());
        QCOMPARE(cancelled.error().code, u"cancelled"_s);
    }

    void measurements_fileChanged_isAnError() {
        const QByteArray path = writeFile(m_folder, "changing.eif", makeEif(usualSections()));
        const auto document = EifDocument::open(QFile::decodeName(path), usualNow);
        QVERIFY(document.has_value());
        QFile file(QFile::decodeName(path));
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.resize(1000));
        const auto measured = document->measurements();
        QVERIFY(!measured.has_value());
        QCOMPARE(measured.error().code, u"file-changed"_s);
        QVERIFY(document->bytes(990, 100).size() <= 10);
    }

    void measurements_wrongCrc_isAFinding() {
        QByteArray eif = makeEif(usualSections());
        eif[0x223] = static_cast<char>(eif[0x223] ^ 1);
        const auto measured = openBytes(eif).measurements();
        QVERIFY(!measured->isCrcGood());
        QCOMPARE(measured->findings.size(), size_t{1});
        QCOMPARE(measured->findings.front().range, (ByteRange{0x220, 4}));
        QCOMPARE(worstSeverity(measurementTree(*measured)), Severity::error);
    }

    void describe_sample_matchesExpected() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFile file(samples->filePath(u"eif/EXPECTED.json"_s));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QJsonObject all = QJsonDocument::fromJson(file.readAll()).object();
        for (auto it = all.begin(); it != all.end(); ++it) {
            const auto document = EifDocument::open(samples->filePath(u"eif/%1.eif"_s.arg(it.key())));
            QVERIFY(document.has_value());
            const auto measured = document->measurements();
            QVERIFY(measured.has_value());
            const QByteArray text = describeEifJson(*document, *measured);
            const QJsonObject json = QJsonDocument::fromJson(text).object();
            const bool isCut = it.key() == u"v4-truncated"_s;
            const QJsonObject found = json.value(u"Measurements"_s).toObject();
            for (const QString &name : {u"PCR0"_s, u"PCR1"_s, u"PCR2"_s, u"PCR8"_s})
                QCOMPARE(found.value(name),
                         isCut ? QJsonValue(QJsonValue::Undefined) : it->toObject().value(name));
            QCOMPARE(json.value(u"CheckCRC"_s).toBool(), !isCut && it.key() != u"v4-badcrc"_s);
            if (document->isSigned())
                QCOMPARE(json.value(u"SignatureCheck"_s).toBool(), it.key() == u"v4-signed-es384"_s);
        }
    }

    void describe_text_isInNitroCliOrder() {
        TestSections sections = usualSections();
        sections.push_back({signatureKind, makeSignature({.pcr0 = expectedPcr(0, sections)}).section});
        const auto document = openBytes(makeEif(sections));
        const QByteArray text = describeEifJson(document, *document.measurements());
        QVERIFY(text.startsWith("{\n  \"EifVersion\": 4,\n  \"Measurements\": {\n    \"HashAlgorithm\": "
                                "\"Sha384 { ... }\",\n    \"PCR0\": \""));
        qsizetype last = -1;
        for (const char *name :
             {"EifVersion", "Measurements", "IsSigned", "SigningCertificate", "IssuerName", "commonName",
              "Algorithm", "NotBefore", "CheckCRC", "SignatureCheck", "ImageName", "Metadata"}) {
            const qsizetype at = text.indexOf('"' + QByteArray(name) + '"');
            QVERIFY2(at > last, name);
            last = at;
        }
        QVERIFY(text.contains("\"Algorithm\": \"ecdsa-with-SHA384\""));
    }

private:
    EifDocument openBytes(const QByteArray &eif) {
        const QByteArray path = writeFile(m_folder, "test.eif", eif);
        auto document = EifDocument::open(QFile::decodeName(path), usualNow);
        if (!document)
            qFatal("%s", qPrintable(document.error().message));
        return *document;
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(EifDocumentTest)
#include "tst_eif_document.moc"
