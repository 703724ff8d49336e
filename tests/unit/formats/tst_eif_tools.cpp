// SPDX-License-Identifier: GPL-2.0-or-later
//
// Sign, compare, lint: signatures are verified by the platform's own check and openssl made the keys; every
// kind of change is told with its PCRs; every rule fires on an image made for it and none on a good one.

#include "app/formats/compare/eif_diff.hpp"
#include "app/formats/eif/eif_signer.hpp"
#include "app/formats/extract/extract.hpp"
#include "app/formats/lint/lint.hpp"
#include "tests/unit/formats/good_image.hpp"
#include "tests/unit/support/samples.hpp"

#include <algorithm>
#include <openssl/pem.h>
#include <QCryptographicHash>
#include <QDateTime>
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>
#include <sys/stat.h>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;

namespace {

QByteArray keyPem(EVP_PKEY *key) {
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
    char *text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    const QByteArray pem(text, size);
    BIO_free(bio);
    return pem;
}

} // namespace

class EifToolsTest : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void sign_anyCurve_platformAccepts_data() {
        QTest::addColumn<int>("kind");
        QTest::newRow("P-256") << int(KeyKind::p256);
        QTest::newRow("P-384") << int(KeyKind::p384);
        QTest::newRow("P-521") << int(KeyKind::p521);
    }

    void sign_anyCurve_platformAccepts() {
        QFETCH(int, kind);
        const Key key = makeKey(static_cast<KeyKind>(kind));
        const qint64 now = QDateTime::currentSecsSinceEpoch();
        const QByteArray pem = makeCertificatePem(key.get(), now - 1000, now + 100'000'000);
        const auto signer = EifSigner::fromPem(pem, keyPem(key.get()));
        QVERIFY2(signer.has_value(), signer ? "" : qPrintable(signer.error().text()));
        const TestSections sections = goodSections();
        const QString path = write("in.eif", makeEif(sections));
        const auto before = EifDocument::open(path);
        const auto measured = signEif(*before, *signer, path); // in place
        QVERIFY2(measured.has_value(), measured ? "" : qPrintable(measured.error().text()));
        const QByteArray pcr8 = expectedPcr(certificateDer(pem));
        QCOMPARE(measured->pcr8, pcr8);
        const auto after = EifDocument::open(path);
        QVERIFY(after.has_value());
        QVERIFY(after->isSigned());
        QVERIFY(after->severity() < Severity::error);
        const auto again = after->measurements();
        QCOMPARE(again->isSignatureGood, std::optional(true));
        QVERIFY(again->isCrcGood());
        QCOMPARE(again->pcr0, expectedPcr(0, sections));
        QCOMPARE(again->pcr8, pcr8);

        // Signing again replaces the signature, also by one of another size.
        const Key other = makeKey(KeyKind::p256);
        const auto second = EifSigner::fromPem(makeCertificatePem(other.get(), now - 1000, now + 100'000'000),
                                               keyPem(other.get()));
        const QString resigned = m_folder->filePath("resigned.eif");
        QVERIFY(signEif(*after, *second, resigned).has_value());
        const auto replaced = EifDocument::open(resigned);
        QCOMPARE(replaced->image().sectionCount, uint8_t{6});
        QVERIFY(replaced->severity() < Severity::error);
        QCOMPARE(replaced->measurements()->isSignatureGood, std::optional(true));
    }

    void sign_vector_isByteForByteAws() {
        // AWS's unit test of the payload: register_index 0, register_value 00..2f.
        const Key key = makeKey(KeyKind::p384);
        const auto signer =
            EifSigner::fromPem(makeCertificatePem(key.get(), 0, 4'000'000'000), keyPem(key.get()));
        QByteArray pcr0;
        for (char i = 0; i < 48; ++i)
            pcr0 += i;
        const QByteArray section = *signer->section(pcr0);
        const QByteArray head = QByteArray::fromHex("81a2737369676e696e675f6365727469666963617465");
        QVERIFY(section.startsWith(head));
        const QByteArray payload =
            QByteArray::fromHex("a26e72656769737465725f696e646578006e72656769737465725f76616c7565983000010203"
                                "0405060708090a0b0c0d0e0f10111213"
                                "1415161718181819181a181b181c181d181e181f182018211822182318241825182618271828"
                                "1829182a182b182c182d182e182f");
        // The COSE bytes stand there as an array of integers, each written as 0..23 or 18 xx.
        QByteArray asIntegers;
        for (const char byte : payload)
            asIntegers += static_cast<quint8>(byte) < 24 ? QByteArray(1, byte) : QByteArray("\x18") + byte;
        QVERIFY(section.contains(asIntegers));
    }

    void sign_badKeys_areRefused() {
        const Key key = makeKey(KeyKind::p384), other = makeKey(KeyKind::p384), rsa = makeKey(KeyKind::rsa);
        const QByteArray pem = makeCertificatePem(key.get(), 0, 4'000'000'000);
        QCOMPARE(EifSigner::fromPem(pem, keyPem(other.get())).error().code, u"key-mismatch"_s);
        QCOMPARE(EifSigner::fromPem(pem, keyPem(rsa.get())).error().code, u"key"_s);
        QCOMPARE(EifSigner::fromPem(pem, "nonsense").error().code, u"key"_s);
        QCOMPARE(EifSigner::fromPem("nonsense", keyPem(key.get())).error().code, u"certificate"_s);
        // One file for both would put the key into the EIF.
        const auto both = EifSigner::fromPem(pem + keyPem(key.get()), pem + keyPem(key.get()));
        QVERIFY(!both.has_value());
        QCOMPARE(both.error().code, u"certificate"_s);
        QVERIFY2(both.error().message.contains(u"private key"_s), qPrintable(both.error().message));
        const auto signer = EifSigner::fromPem(pem, keyPem(key.get()));
        QByteArray damaged = makeEif(goodSections());
        damaged[damaged.size() - 1] = '!';
        const auto document = EifDocument::open(write("damaged.eif", damaged));
        QCOMPARE(signEif(*document, *signer, m_folder->filePath("x.eif")).error().code, u"refused"_s);
    }

    // Each name comes with content, so each is written; that this takes the square of their number is what the
    // test's time limit is for.
    void extract_manyHardLinks_takesNoLongerPerLink() {
        constexpr int count = 30'000;
        QByteArray archive;
        for (int i = 0; i < count; ++i)
            archive += cpioEntry({.path = "f/" + QByteArray::number(i),
                                  .content = QByteArray::number(count - i),
                                  .inode = 7,
                                  .links = count});
        TestSections sections = goodSections();
        sections[4].data = archive + cpioTrailer();
        const auto document = EifDocument::open(write("links.eif", makeEif(sections)));
        const QString folder = m_folder->filePath(u"links"_s);
        const auto report = extractEif(*document, folder);
        QVERIFY2(report.has_value(), report ? "" : qPrintable(report.error().text()));
        QCOMPARE(report->skippedCount, quint64{0});
        const auto inodeOf = [&](int number) {
            struct stat status = {};
            ::stat(qPrintable(folder + u"/ramdisk1/f/%1"_s.arg(number)), &status);
            return std::pair(status.st_ino, status.st_nlink);
        };
        QCOMPARE(inodeOf(0), inodeOf(count - 1));
        QCOMPARE(inodeOf(0).second, nlink_t{count});
        // The last content counts, as in the kernel; it is shorter than those before it.
        QFile first(folder + u"/ramdisk1/f/0"_s);
        QVERIFY(first.open(QIODevice::ReadOnly));
        QCOMPARE(first.readAll(), QByteArray("1"));
    }

    void diff_sameImages_differInNothing() {
        const auto result = compare(goodSections(), goodSections());
        QVERIFY(result.differences.empty());
        QVERIFY(std::ranges::all_of(result.pcrs, &EifComparison::Pcr::isEqual));
    }

    void diff_eachChange_isNamedWithItsPcrs_data() {
        QTest::addColumn<TestSections>("after");
        QTest::addColumn<QString>("where");
        QTest::addColumn<QString>("what");
        QTest::addColumn<QList<int>>("pcrs");
        const auto row = [](const char *name, auto change, const char *where, const char *what,
                            QList<int> pcrs) {
            TestSections sections = goodSections();
            change(sections);
            QTest::newRow(name) << sections << QString::fromUtf8(where) << QString::fromUtf8(what) << pcrs;
        };
        row("word", [](TestSections &s) { s[1].data.replace("panic=30", "panic=1"); }, "cmdline",
            "word 'panic'", {0, 1});
        row("word added", [](TestSections &s) { s[1].data += " quiet"; }, "cmdline", "word 'quiet'", {0, 1});
        row("order", [](TestSections &s) { s[1].data = "panic=30 reboot=k console=ttyS0"; }, "cmdline",
            "order of the words", {0, 1});
        row("kernel", [](TestSections &s) { s[0].data.replace("6.12.0-test", "6.12.1-test"); }, "kernel",
            "version", {0, 1});
        row("kernel bytes", [](TestSections &s) { s[0].data[15'000] = 'z'; }, "kernel", "content", {0, 1});
        row("metadata", [](TestSections &s) { s[2].data.replace("1.0", "1.1"); }, "metadata", "ImageVersion",
            {});
        const auto initImage = [](CpioFile file) {
            return cpioArchive(
                {{.path = "dev", .mode = 040755}, file, {.path = "nsm.ko", .content = "module"}});
        };
        const CpioFile program = {.path = "init", .content = elf(), .mode = 0100755};
        CpioFile file = program;
        file.mode = 0100700;
        row("mode", [&](TestSections &s) { s[3].data = initImage(file); }, "ramdisk 0: init", "mode", {0, 1});
        file = program;
        file.owner = 1000;
        row("owner", [&](TestSections &s) { s[3].data = initImage(file); }, "ramdisk 0: init", "owner",
            {0, 1});
        file = program;
        file.modified = 5;
        row("time", [&](TestSections &s) { s[3].data = initImage(file); }, "ramdisk 0: init", "modified",
            {0, 1});
        file = program;
        file.content[40] = 'x';
        row("bytes", [&](TestSections &s) { s[3].data = initImage(file); }, "ramdisk 0: init", "content",
            {0, 1});
        file = program;
        file.content += "more";
        row("size", [&](TestSections &s) { s[3].data = initImage(file); }, "ramdisk 0: init", "size", {0, 1});
        file = program;
        file.inode = 99;
        row("inode", [&](TestSections &s) { s[3].data = initImage(file); }, "ramdisk 0",
            "inode, device or link numbers", {0, 1});
        row("padding", [&](TestSections &s) { s[3].data += QByteArray(512, '\0'); }, "ramdisk 0",
            "encoding of the archive", {0, 1});
        row("file added", [](TestSections &s) { s[4].data = cpioArchive({{.path = "new"}}) + s[4].data; },
            "ramdisk 1: new", "file", {0, 2});
        row("ramdisk added",
            [](TestSections &s) {
                s.append({ramdiskKind, cpioArchive({{.path = "third"}})});
            },
            "ramdisk 2", "section", {0, 2});
    }

    void diff_eachChange_isNamedWithItsPcrs() {
        QFETCH(TestSections, after);
        QFETCH(QString, where);
        QFETCH(QString, what);
        QFETCH(QList<int>, pcrs);
        const auto result = compare(goodSections(), after);
        const auto found = std::ranges::find_if(result.differences, [&](const EifDifference &difference) {
            return difference.where == where && difference.what == what;
        });
        QVERIFY2(found != result.differences.end(),
                 result.differences.empty()
                     ? "no difference"
                     : qPrintable(result.differences[0].where + ": " + result.differences[0].what));
        QCOMPARE(QList<int>(found->pcrs.begin(), found->pcrs.end()), pcrs);
        // A PCR differs exactly when a difference names it.
        for (const EifComparison::Pcr &pcr : result.pcrs)
            QCOMPARE(pcr.isEqual(),
                     std::ranges::none_of(result.differences, [&](const EifDifference &difference) {
                         return std::ranges::count(difference.pcrs, pcr.number) > 0;
                     }));
    }

    void lint_goodImage_hasNoErrors() {
        const auto findings = lint(makeEif(goodSections()));
        for (const LintFinding &finding : findings)
            QVERIFY2(finding.severity < Severity::error, qPrintable(finding.rule + ": " + finding.why));
    }

    void lint_eachRule_firesOnItsImage_data() {
        QTest::addColumn<QByteArray>("eif");
        QTest::addColumn<QString>("rule");
        QTest::addColumn<int>("severity");
        const auto row = [](const char *rule, Severity severity, auto change, const char *name = nullptr) {
            TestSections sections = goodSections();
            change(sections);
            QTest::newRow(name ? name : rule)
                << makeEif(sections) << QString::fromUtf8(rule) << int(severity);
        };
        const auto setInit = [](TestSections &s, const CpioFile &init) { s[3].data = cpioArchive({init}); };
        row("init-missing", Severity::error,
            [](TestSections &s) { s[3].data = cpioArchive({{.path = "x"}}); });
        row("init-not-executable", Severity::error,
            [&](TestSections &s) { setInit(s, {.path = "init", .content = elf()}); });
        row("init-dynamic", Severity::error, [&](TestSections &s) {
            setInit(s, {.path = "init", .content = elf("/lib64/ld.so"), .mode = 0100755});
        });
        row(
            "init-dynamic", Severity::warning,
            [](TestSections &s) {
                s[3].data = cpioArchive({{.path = "lib64", .mode = 040755},
                                         {.path = "init", .content = elf("/lib64/ld.so"), .mode = 0100755},
                                         {.path = "lib64/ld.so", .content = elf(), .mode = 0100755}});
            },
            "init-dynamic with its loader");
        row("init-architecture", Severity::error,
            [&](TestSections &s) { setInit(s, {.path = "init", .content = elf({}, 183), .mode = 0100755}); });
        row("init-interpreter-missing", Severity::error, [&](TestSections &s) {
            setInit(s, {.path = "init", .content = "#!/bin/sh -e\nexec x\n", .mode = 0100755});
        });
        row("init-not-a-program", Severity::error,
            [&](TestSections &s) { setInit(s, {.path = "init", .content = "text", .mode = 0100755}); });
        const auto setApplication = [](TestSections &s, const QByteArray &command, bool hasEnv = true) {
            QList<CpioFile> files = {{.path = "rootfs", .mode = 040755},
                                     {.path = "rootfs/bin", .mode = 040755},
                                     {.path = "rootfs/bin/app", .content = elf(), .mode = 0100755},
                                     {.path = "cmd", .content = command}};
            if (hasEnv)
                files.append({.path = "env"});
            s[4].data = cpioArchive(files);
        };
        row("program-missing", Severity::error, [&](TestSections &s) { setApplication(s, "/bin/other\n"); });
        row(
            "program-missing", Severity::error, [&](TestSections &s) { setApplication(s, "other\n"); },
            "not in PATH");
        row("env-missing", Severity::error, [&](TestSections &s) { setApplication(s, "app\n", false); });
        row("cmd-empty", Severity::warning, [&](TestSections &s) { setApplication(s, ""); });
        row("ramdisk-damaged", Severity::error, [](TestSections &s) { s[4].data = s[4].data.left(300); });
        row("ramdisk-path", Severity::warning,
            [](TestSections &s) { s[4].data = cpioArchive({{.path = "/etc/x"}}) + s[4].data; });
        row("cmdline-no-console", Severity::warning,
            [](TestSections &s) { s[1].data = "reboot=k panic=30"; });
        row("cmdline-has-newline", Severity::warning, [](TestSections &s) { s[1].data += '\n'; });
        row("metadata-unreadable", Severity::warning, [](TestSections &s) { s[2].data = "{"; });
        row("kernel-architecture", Severity::error,
            [](TestSections &s) { s[0].data = elf() + QByteArray(5000, 'x'); });
        row("duplicate-kernel", Severity::error, [](TestSections &s) { s.append(s[0]); });
        row("docker-entrypoint-ignored", Severity::warning, [](TestSections &s) {
            s[2].data =
                R"({"ImageName":"a","DockerInfo":{"Config":{"Cmd":["/a"],"Entrypoint":["/b"],"User":"app"}}})";
        });
        row("docker-user-ignored", Severity::warning, [](TestSections &s) {
            s[2].data = R"({"ImageName":"a","DockerInfo":{"Config":{"Cmd":["/a"],"User":"1000"}}})";
        });
        row("memory-to-unpack", Severity::note, [](TestSections &) {});
        const MadeSignature expired =
            makeSignature({.pcr0 = expectedPcr(0, goodSections()), .notBefore = 1, .notAfter = 2});
        row("certificate-expired", Severity::error, [&](TestSections &s) {
            s.append({signatureKind, expired.section});
        });
        const MadeSignature wrong = makeSignature({.pcr0 = QByteArray(48, 'x'), .notAfter = 4'000'000'000});
        row("signature-other-image", Severity::error, [&](TestSections &s) {
            s.append({signatureKind, wrong.section});
        });

        const QByteArray good = makeEif(goodSections());
        const auto bytes = [](const char *rule, Severity severity, const QByteArray &eif) {
            QTest::newRow(rule) << eif << QString::fromUtf8(rule) << int(severity);
        };
        QByteArray bad = good;
        bad[good.size() - 2] = static_cast<char>(bad[good.size() - 2] ^ 1);
        bytes("crc-mismatch", Severity::error, bad);
        bytes("trailing-bytes", Severity::note, good + "tail");
        bad = good;
        bad[0] = 'x';
        bytes("bad-magic", Severity::error, bad);
        TestSections sections = goodSections();
        sections.append({signatureKind, wrong.section});
        bad = makeEif(sections);
        constexpr qsizetype sizeOfSixth = 0x11c + 5 * 8;
        bad[sizeOfSixth + 7] = static_cast<char>(bad[sizeOfSixth + 7] ^ 4);
        bytes("stale-signature-size", Severity::error, bad);
    }

    void lint_eachRule_firesOnItsImage() {
        QFETCH(QByteArray, eif);
        QFETCH(QString, rule);
        QFETCH(int, severity);
        const auto findings = lint(eif);
        QStringList rules;
        for (const LintFinding &finding : findings) {
            rules << finding.rule;
            QVERIFY(!finding.where.isEmpty() && !finding.why.isEmpty() && !finding.advice.isEmpty());
        }
        QVERIFY2(std::ranges::any_of(findings,
                                     [&](const LintFinding &finding) {
                                         return finding.rule == rule && int(finding.severity) == severity;
                                     }),
                 qPrintable(rules.join(u' ')));
    }

    void lint_samples_haveTheFindingsTheyWereMadeFor_data() {
        QTest::addColumn<QString>("rule");
        QTest::newRow("v4-gap.eif") << "section-gap";
        QTest::newRow("v4-badcrc.eif") << "crc-mismatch";
        QTest::newRow("v4-badmagic.eif") << "bad-magic";
        QTest::newRow("v4-nometa.eif") << "metadata-missing";
        QTest::newRow("v4-aarch64.eif") << "qemu-refuses";
        QTest::newRow("v3-nometa.eif") << "qemu-refuses";
    }

    void lint_samples_haveTheFindingsTheyWereMadeFor() {
        NITROSCOPE_REQUIRE_SAMPLES(samples);
        QFETCH(QString, rule);
        const auto document = EifDocument::open(samples->filePath(u"eif/"_s + QTest::currentDataTag()));
        QVERIFY(document.has_value());
        const auto findings = lintEif(*document);
        QVERIFY(findings.has_value());
        QStringList rules;
        for (const LintFinding &finding : findings->listed)
            rules << finding.rule;
        QVERIFY2(rules.contains(rule), qPrintable(rules.join(u' ')));
    }

    void lint_truncatedAnywhere_neverCrashes() {
        const QByteArray eif = makeEif(goodSections());
        for (qsizetype keep = 1; keep < eif.size(); keep += keep < 600 ? 7 : 211) {
            const auto document = EifDocument::open(write("cut.eif", eif.left(keep)));
            QVERIFY(document.has_value());
            QVERIFY(lintEif(*document, {.measures = false}).has_value());
        }
    }

private:
    QString write(const char *name, const QByteArray &bytes) const {
        return QFile::decodeName(writeFile(*m_folder, name, bytes));
    }
    EifComparison compare(const TestSections &before, const TestSections &after) const {
        const auto a = EifDocument::open(write("a.eif", makeEif(before))),
                   b = EifDocument::open(write("b.eif", makeEif(after)));
        return compareEifs(*a, *b).value();
    }
    std::vector<LintFinding> lint(const QByteArray &eif) const {
        return lintEif(*EifDocument::open(write("lint.eif", eif))).value().listed;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(EifToolsTest)
#include "tst_eif_tools.moc"
