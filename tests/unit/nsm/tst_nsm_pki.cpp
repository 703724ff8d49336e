// SPDX-License-Identifier: GPL-2.0-or-later
//
// The local PKI: shape of each certificate as openssl reads it, the user's root on disk, and CAs that a user
// brings.
#include "document_parts.hpp"
#include "nsm-device/pki/authority.hpp"
#include "nsm-device/pki/pki.hpp"
#include "nsm_fixture.hpp"
#include "openssl_cli.hpp"

#include <QDir>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace nitroscope;
using namespace nitroscope::test;

namespace {

constexpr qint64 now = NsmFixture::startMs / 1000;

QByteArray fromDer(const nsm::ByteVector &der) {
    return {reinterpret_cast<const char *>(der.data()), qsizetype(der.size())};
}

// What openssl prints of a certificate, without the values of key and signature.
QByteArray describe(const QByteArray &der) {
    return openssl({"x509", "-inform", "der", "-noout", "-text", "-nameopt",
                    "RFC2253,show_type,-dn_rev,sep_comma_plus"},
                   der)
        .output;
}

mode_t modeOf(const QString &path) {
    struct stat info {};
    return stat(path.toLocal8Bit().constData(), &info) == 0 ? info.st_mode & 0777 : 0;
}

// Makes keys and certificates with the openssl command, as a user would.
struct UsersCa {
    QTemporaryDir folder;
    QString path(const QString &name) const { return folder.filePath(name); }

    bool makeRoot(const QString &name, const QString &constraints, const QStringList &more = {}) {
        return openssl(QStringList{"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384",
                                   "-nodes", "-sha384", "-subj", "/CN=" + name, "-keyout",
                                   path(name + ".key"), "-out", path(name + ".pem"), "-addext",
                                   "basicConstraints=critical," + constraints, "-days", "3650"} +
                       more)
            .good;
    }
    bool makeIssued(const QString &name, const QString &issuer, const QString &constraints) {
        const QString extensions =
            writeFile(path("extensions"), "basicConstraints=critical," + constraints.toUtf8() +
                                              "\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash\n");
        return openssl({"req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes",
                        "-subj", "/CN=" + name, "-keyout", path(name + ".key"), "-out", path(name + ".csr")})
                   .good &&
               openssl({"x509", "-req", "-in", path(name + ".csr"), "-CA", path(issuer + ".pem"), "-CAkey",
                        path(issuer + ".key"), "-CAcreateserial", "-days", "3000", "-sha384", "-extfile",
                        extensions, "-out", path(name + ".pem")})
                   .good;
    }
    QByteArray read(const QString &name) const {
        QFile file(path(name));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    // Tries to load; the error, empty when it worked.
    QString load(const QString &key, const QString &chain, nsm::Authority *out = nullptr,
                 qint64 at = QDateTime::currentSecsSinceEpoch()) const {
        nsm::Authority authority;
        std::string error;
        const bool good =
            nsm::loadAuthority(path(key).toStdString(), path(chain).toStdString(), at, authority, error);
        if (good && out != nullptr)
            *out = std::move(authority);
        return good ? QString() : QString::fromStdString(error);
    }
};

} // namespace

class TestNsmPki : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    nsm::Chain m_chain; // of one module, DER only

    std::string storePath(const char *name) const { return m_folder.filePath(name).toStdString(); }

private slots:
    void initTestCase() {
        nsm::Pki pki({NsmFixture::moduleIdText, "eu-central-1"},
                     nsm::Pki::Source{storePath("shape"), {}, {}});
        std::string error;
        const nsm::Chain *chain = pki.chainAt(now, error);
        QVERIFY2(chain != nullptr, error.c_str());
        m_chain = {chain->cabundle, chain->certificate, nullptr};
        QCOMPARE(m_chain.cabundle.size(), size_t(4));
    }

    void certificate_shape_isTheHardwares_data() {
        QTest::addColumn<int>("level");
        QTest::addColumn<QString>("subject"); // regular expression
        QTest::addColumn<QString>("extensions");
        QTest::addColumn<int>("shortest"); // lifetime in seconds
        QTest::addColumn<int>("longest");
        QTest::addColumn<int>("serialBytes");
        const int hour = 3600, day = 24 * hour;
        const QString caUsage = "KeyUsage: critical; Digital Signature, Certificate Sign, CRL Sign";
        QTest::newRow("root")
            << 0
            << "C=PRINTABLESTRING:US,O=UTF8STRING:Amazon,OU=UTF8STRING:AWS,CN=UTF8STRING:aws\\.nitro-enclaves"
            << "BasicConstraints: critical; CA:TRUE|SubjectKeyIdentifier|" + caUsage << 10957 * day
            << 10959 * day << 16;
        QTest::newRow("regional")
            << 1
            << "C=PRINTABLESTRING:US,O=UTF8STRING:Amazon,OU=UTF8STRING:AWS,CN=UTF8STRING:[0-9a-f]{16}\\.eu-"
               "central-1\\.aws\\.nitro-enclaves"
            << "BasicConstraints: critical; CA:TRUE, pathlen:2|AuthorityKeyIdentifier|SubjectKeyIdentifier|" +
                   caUsage + "|CRLDistributionPoints"
            << 20 * day + hour << 20 * day + hour << 16;
        QTest::newRow("zonal")
            << 2
            << "CN=UTF8STRING:[0-9a-f]{1,16}\\.zonal\\.eu-central-1\\.aws\\.nitro-enclaves,OU=UTF8STRING:AWS,"
               "O=UTF8STRING:Amazon,C=PRINTABLESTRING:US,ST=UTF8STRING:WA,L=UTF8STRING:Seattle"
            << "BasicConstraints: critical; CA:TRUE, pathlen:1|AuthorityKeyIdentifier|SubjectKeyIdentifier|" +
                   caUsage + "|CRLDistributionPoints"
            << 5 * day + 13 * hour << 6 * day + hour << 16;
        QTest::newRow("instance") << 3
                                  << "C=PRINTABLESTRING:US,ST=UTF8STRING:Washington,L=UTF8STRING:Seattle,O="
                                     "UTF8STRING:Amazon,OU=UTF8STRING:AWS,"
                                     "CN=UTF8STRING:i-09eb1f8c065b7f2e8\\.eu-central-1\\.aws\\.nitro-enclaves"
                                  << "BasicConstraints: critical; CA:TRUE, pathlen:0|KeyUsage: critical; "
                                     "Certificate Sign|SubjectKeyIdentifier|AuthorityKeyIdentifier"
                                  << day << day << 20;
        QTest::newRow("leaf")
            << 4
            << "C=PRINTABLESTRING:US,ST=UTF8STRING:Washington,L=UTF8STRING:Seattle,O=UTF8STRING:Amazon,OU="
               "UTF8STRING:AWS,CN=UTF8STRING:i-09eb1f8c065b7f2e8-enc017d91012b842240\\.eu-central-1\\.aws"
            << "BasicConstraints: critical; CA:FALSE|KeyUsage: ; Digital Signature, Non Repudiation"
            << 3 * hour + 3 << 3 * hour + 3 << 16;
    }
    void certificate_shape_isTheHardwares() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        QFETCH(int, level);
        QFETCH(QString, subject);
        QFETCH(QString, extensions);
        QFETCH(int, shortest);
        QFETCH(int, longest);
        QFETCH(int, serialBytes);
        const nsm::ByteVector &der = level == 4 ? m_chain.certificate : m_chain.cabundle[size_t(level)];
        const QString text = describe(fromDer(der));
        QVERIFY2(QRegularExpression("Subject: " + subject + "\n").match(text).hasMatch(), qPrintable(text));
        QVERIFY(text.contains("Version: 3 (0x2)"));
        QCOMPARE(text.count("ecdsa-with-SHA384"), 2);
        QVERIFY(text.contains("NIST CURVE: P-384"));

        QStringList found;
        QRegularExpressionMatchIterator names =
            QRegularExpression("X509v3 ([A-Z][A-Za-z ]+): ?(critical)? *\n +([^\n]+)").globalMatch(text);
        while (names.hasNext()) {
            const QRegularExpressionMatch match = names.next();
            const QString name = match.captured(1).remove(' ');
            const bool hasValue = name == "BasicConstraints" || name == "KeyUsage";
            found << (hasValue ? name + ": " + match.captured(2) + "; " + match.captured(3).trimmed() : name);
        }
        QCOMPARE(found.join('|'), extensions);

        const nsm::CertPtr certificate = nsm::certificateFromDer(der);
        const qint64 life = nsm::notAfter(certificate.get()) - nsm::notBefore(certificate.get());
        QVERIFY2(life >= shortest && life <= longest, QByteArray::number(life));
        QVERIFY(nsm::notBefore(certificate.get()) <= now);
        QCOMPARE(X509_get0_serialNumber(certificate.get())->length, serialBytes);
    }
    void leafSerial_isEnclaveNumberZeroAndTime() {
        // The number begins with 01, so DER keeps all sixteen bytes.
        const nsm::CertPtr leaf = nsm::certificateFromDer(m_chain.certificate);
        const ASN1_INTEGER *serial = X509_get0_serialNumber(leaf.get());
        const QByteArray bytes(reinterpret_cast<const char *>(serial->data), serial->length);
        const QByteArray time = QByteArray::number(nsm::notBefore(leaf.get()) + 3, 16).rightJustified(8, '0');
        QCOMPARE(bytes.toHex(), "017d91012b842240" + QByteArray("00000000") + time);
    }
    void chain_eachInsideItsIssuer() {
        nsm::CertPtr issuer = nsm::certificateFromDer(m_chain.cabundle[0]);
        for (size_t level = 1; level <= 4; ++level) {
            nsm::CertPtr next =
                nsm::certificateFromDer(level == 4 ? m_chain.certificate : m_chain.cabundle[level]);
            QVERIFY(nsm::notBefore(issuer.get()) <= nsm::notBefore(next.get()));
            QVERIFY(nsm::notAfter(issuer.get()) >= nsm::notAfter(next.get()));
            issuer = std::move(next);
        }
    }
    void moduleId_ofAnotherShape_stillSigns() {
        for (const char *id :
             {"test", "-enc", "i-1-encxyz",
              "a-module-id-that-is-much-longer-than-the-sixty-four-characters-a-common-name-may-have"}) {
            nsm::Pki pki({id, "us-east-1"}, nsm::Pki::Source{storePath("shape"), {}, {}});
            std::string error;
            QVERIFY2(pki.chainAt(now, error) != nullptr, error.c_str());
        }
    }

    void rootStore_firstUse_createsPrivateFiles() {
        const QString folder = m_folder.filePath("first/nitroscope/pki");
        const nsm::RootStore store(folder.toStdString());
        nsm::Authority authority;
        std::string error;
        QVERIFY(!store.load(authority, error));
        QVERIFY2(store.loadOrCreate(now, authority, error), error.c_str());
        QCOMPARE(modeOf(folder), mode_t(0700));
        QCOMPARE(modeOf(m_folder.filePath("first")), mode_t(0700));
        QCOMPARE(modeOf(QString::fromStdString(store.file())), mode_t(0600));
        QCOMPARE(QDir(folder).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
                 QStringList{"root.pem"});
    }
    void rootStore_secondUse_findsTheSameRoot() {
        const nsm::RootStore store(storePath("second"));
        nsm::Authority first, second;
        std::string error;
        QVERIFY(store.loadOrCreate(now, first, error));
        QVERIFY(store.loadOrCreate(now + 1000, second, error));
        QCOMPARE(nsm::toDer(first.ca.certificate.get()), nsm::toDer(second.ca.certificate.get()));
        QVERIFY(nsm::toPem(first.ca.certificate.get()).starts_with("-----BEGIN CERTIFICATE-----\n"));
    }
    void rootStore_manyProcessesAtOnce_agreeOnOneRoot() {
        const nsm::RootStore store(storePath("race"));
        constexpr int count = 12;
        std::array<int, 2> results{};
        QCOMPARE(pipe(results.data()), 0);
        std::vector<pid_t> children;
        for (int i = 0; i < count; ++i) {
            const pid_t child = fork();
            if (child == 0) {
                nsm::Authority authority;
                std::string error;
                char fingerprint[20] = {};
                if (store.loadOrCreate(now, authority, error)) {
                    const nsm::ByteVector der = nsm::toDer(authority.ca.certificate.get());
                    memcpy(fingerprint, der.data() + der.size() - sizeof fingerprint,
                           sizeof fingerprint); // end of the signature
                }
                _exit(write(results[1], fingerprint, sizeof fingerprint) == ssize_t(sizeof fingerprint) ? 0
                                                                                                        : 1);
            }
            children.push_back(child);
        }
        QSet<QByteArray> roots;
        for (int i = 0; i < count; ++i) {
            QByteArray fingerprint(20, '\0');
            QCOMPARE(read(results[0], fingerprint.data(), 20), ssize_t(20));
            roots << fingerprint;
        }
        for (const pid_t child : children) {
            int status = -1;
            waitpid(child, &status, 0);
            QCOMPARE(status, 0);
        }
        close(results[0]);
        close(results[1]);
        QCOMPARE(roots.size(), 1);
        QVERIFY(!roots.contains(QByteArray(20, '\0')));
        QCOMPARE(
            QDir(m_folder.filePath("race")).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
            QStringList{"root.pem"});
    }
    void rootStore_renew_replacesTheRoot() {
        const nsm::RootStore store(storePath("renew"));
        nsm::Authority old, fresh, again;
        std::string error;
        QVERIFY(store.loadOrCreate(now, old, error));
        QVERIFY2(store.renew(now, fresh, error), error.c_str());
        QVERIFY(nsm::toDer(old.ca.certificate.get()) != nsm::toDer(fresh.ca.certificate.get()));
        QVERIFY(store.load(again, error));
        QCOMPARE(nsm::toDer(again.ca.certificate.get()), nsm::toDer(fresh.ca.certificate.get()));
        QCOMPARE(modeOf(QString::fromStdString(store.file())), mode_t(0600));
    }
    void rootStore_unusableFile_isRefusedAndLeftAlone_data() {
        QTest::addColumn<QByteArray>("content");
        QTest::addColumn<int>("mode");
        QTest::addColumn<QString>("complaint");
        const nsm::RootStore store(storePath("model"));
        nsm::Authority authority;
        std::string error;
        store.loadOrCreate(now, authority, error);
        QFile file(QString::fromStdString(store.file()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray good = file.readAll();
        QTest::newRow("readable by others") << good << 0644 << "others may access it";
        QTest::newRow("empty") << QByteArray() << 0600 << "not a key with its certificate";
        QTest::newRow("garbage") << QByteArray("hello") << 0600 << "not a key with its certificate";
        QTest::newRow("key only") << good.left(good.indexOf("-----BEGIN CERT")) << 0600
                                  << "not a key with its certificate";
        QTest::newRow("truncated") << good.chopped(100) << 0600 << "not a key with its certificate";
        const nsm::RootStore other(storePath("model2"));
        other.loadOrCreate(now, authority, error);
        QTest::newRow("another's certificate")
            << good.left(good.indexOf("-----BEGIN CERT")) +
                   QByteArray::fromStdString(nsm::toPem(authority.ca.certificate.get()))
            << 0600 << "not a key with its certificate";
    }
    void rootStore_unusableFile_isRefusedAndLeftAlone() {
        QFETCH(QByteArray, content);
        QFETCH(int, mode);
        QFETCH(QString, complaint);
        QTemporaryDir folder;
        const QString path = writeFile(folder.filePath("root.pem"), content);
        chmod(path.toLocal8Bit().constData(), mode_t(mode));
        nsm::Authority authority;
        std::string error;
        QVERIFY(!nsm::RootStore(folder.path().toStdString()).loadOrCreate(now, authority, error));
        QVERIFY2(QString::fromStdString(error).contains(complaint) &&
                     QString::fromStdString(error).contains(path),
                 error.c_str());
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), content);
    }
    void rootStore_pipe_isRefusedAtOnce() {
        QTemporaryDir folder;
        QCOMPARE(mkfifo(folder.filePath("root.pem").toLocal8Bit().constData(), 0600), 0);
        nsm::Authority authority;
        std::string error;
        QVERIFY(!nsm::RootStore(folder.path().toStdString()).loadOrCreate(now, authority, error));
        QVERIFY2(error.find("is not a regular file") != std::string::npos, error.c_str());
        const std::string pipe = folder.filePath("root.pem").toStdString();
        QVERIFY(!nsm::loadAuthority(pipe, pipe, now, authority, error));
        QVERIFY2(error.find("is not a regular file") != std::string::npos, error.c_str());
    }
    void rootStore_ofAnotherUser_isRefused() {
        if (geteuid() != 0)
            QSKIP("only root can give a file to another user");
        QTemporaryDir folder;
        nsm::Authority authority;
        std::string error;
        const nsm::RootStore store(folder.path().toStdString());
        QVERIFY2(store.loadOrCreate(now, authority, error), error.c_str());
        QCOMPARE(chown(store.file().c_str(), 65534, 65534), 0);
        QVERIFY(!store.load(authority, error));
        QVERIFY2(error.find("belongs to another user") != std::string::npos, error.c_str());
    }
    void rootStore_impossibleFolder_saysSo() {
        const QString file = writeFile(m_folder.filePath("a-file"), "x");
        nsm::Authority authority;
        std::string error;
        QVERIFY(!nsm::RootStore(file.toStdString() + "/pki").loadOrCreate(now, authority, error));
        QVERIFY2(error.find("Not a directory") != std::string::npos, error.c_str());
        QVERIFY(!nsm::RootStore(file.toStdString()).loadOrCreate(now, authority, error));
        QVERIFY(!error.empty());
    }
    void defaultDirectory_followsXdg() {
        const QByteArray before = qgetenv("XDG_DATA_HOME");
        qputenv("XDG_DATA_HOME", "/somewhere/data");
        QCOMPARE(nsm::RootStore::defaultDirectory(), std::string("/somewhere/data/nitroscope/pki"));
        qputenv("XDG_DATA_HOME", "relative");
        QCOMPARE(nsm::RootStore::defaultDirectory(),
                 QDir::homePath().toStdString() + "/.local/share/nitroscope/pki");
        if (before.isNull())
            qunsetenv("XDG_DATA_HOME");
        else
            qputenv("XDG_DATA_HOME", before);
    }

    void usersCa_ofAnyPathLength_signsDocuments_data() {
        QTest::addColumn<QString>("constraints");
        QTest::addColumn<int>("bundle"); // certificates above the leaf
        QTest::newRow("unlimited") << "CA:TRUE" << 4;
        QTest::newRow("3") << "CA:TRUE,pathlen:3" << 4;
        QTest::newRow("2") << "CA:TRUE,pathlen:2" << 3;
        QTest::newRow("1") << "CA:TRUE,pathlen:1" << 2;
        QTest::newRow("0") << "CA:TRUE,pathlen:0" << 1;
    }
    void usersCa_ofAnyPathLength_signsDocuments() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        QFETCH(QString, constraints);
        QFETCH(int, bundle);
        UsersCa ca;
        QVERIFY(ca.makeRoot("top", constraints));
        const QByteArray key = ca.path("top.key").toLocal8Bit(), chain = ca.path("top.pem").toLocal8Bit();
        NsmIdentity identity{};
        identity.ca_key_file = key.constData();
        identity.ca_chain_file = chain.constData();
        NsmOptions options{};
        options.identity = &identity;
        NsmFixture device(options);
        QVERIFY2(device.nsm == nullptr, "the CA made now is not valid yet at the fixture's time");
        QVERIFY2(device.error.contains("not valid yet"), device.error);
        NsmFixture later(options, QDateTime::currentMSecsSinceEpoch() + 1000);
        QVERIFY2(later.nsm != nullptr, later.error);
        const QByteArray document =
            documentOf(later.sendHex("a16b4174746573746174696f6ea0")).value_or(QByteArray());
        const auto parts = takeApart(document);
        QVERIFY(parts.has_value());
        QCOMPARE(parts->cabundle.size(), bundle);
        QVERIFY(verifies(document, parts->cabundle.first()));
        QCOMPARE(toPem(parts->cabundle.first()), ca.read("top.pem"));
    }
    void usersCa_belowARoot_bringsItsChain() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        UsersCa ca;
        QVERIFY(ca.makeRoot("top", "CA:TRUE"));
        QVERIFY(ca.makeIssued("middle", "top", "CA:TRUE"));
        QVERIFY(ca.makeIssued("low", "middle", "CA:TRUE"));
        writeFile(ca.path("chain.pem"),
                  ca.read("middle.pem") + ca.read("top.pem") + ca.read("low.pem")); // any order
        nsm::Authority authority;
        QCOMPARE(ca.load("low.key", "chain.pem", &authority), QString());
        QCOMPARE(authority.above.size(), size_t(2));
        QCOMPARE(QByteArray::fromStdString(nsm::toPem(authority.above[0].get())), ca.read("top.pem"));
        QCOMPARE(QByteArray::fromStdString(nsm::toPem(authority.above[1].get())), ca.read("middle.pem"));
        nsm::Pki pki({NsmFixture::moduleIdText, "us-east-1"}, std::move(authority));
        std::string error;
        const nsm::Chain *chain = pki.chainAt(QDateTime::currentSecsSinceEpoch(), error);
        QVERIFY2(chain != nullptr, error.c_str());
        QCOMPARE(chain->cabundle.size(), size_t(6));
    }
    void usersCa_rsa_signsToo() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        UsersCa ca;
        QVERIFY(openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=rsa", "-keyout",
                         ca.path("k"), "-out", ca.path("c")})
                    .good);
        nsm::Authority authority;
        QCOMPARE(ca.load("k", "c", &authority), QString());
        nsm::Pki pki({NsmFixture::moduleIdText, "us-east-1"}, std::move(authority));
        std::string error;
        QVERIFY2(pki.chainAt(QDateTime::currentSecsSinceEpoch(), error) != nullptr, error.c_str());
    }
    void usersCa_unusable_isRefusedWithTheReason() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        UsersCa ca;
        QVERIFY(ca.makeRoot("top", "CA:TRUE"));
        QVERIFY(ca.makeRoot("other", "CA:TRUE"));
        QVERIFY(ca.makeRoot("plain", "CA:FALSE"));
        QVERIFY(ca.makeRoot("nosign", "CA:TRUE", {"-addext", "keyUsage=digitalSignature"}));
        QVERIFY(ca.load("missing", "top.pem").contains("No such file"));
        QVERIFY(ca.load("top.key", "missing").contains("No such file"));
        QVERIFY(ca.load("top.pem", "top.pem").contains("no unencrypted PEM private key"));
        QVERIFY(ca.load("top.key", "top.key").contains("holds no PEM certificate"));
        QVERIFY(ca.load("top.key", "other.pem").contains("belongs to the key"));
        QVERIFY(ca.load("plain.key", "plain.pem").contains("not one of a CA"));
        QVERIFY(ca.load("nosign.key", "nosign.pem").contains("not one of a CA"));
        QVERIFY(ca.load("top.key", "top.pem", nullptr, now - 86400 * 365).contains("not valid yet"));
        QVERIFY(ca.load("top.key", "top.pem", nullptr, now + 86400LL * 365 * 12).contains("has expired"));
        writeFile(ca.path("mixed.pem"), ca.read("top.pem") + ca.read("other.pem"));
        QVERIFY(ca.load("top.key", "mixed.pem").contains("broken or mixed up"));
        QVERIFY(openssl({"ec", "-aes128", "-passout", "pass:secret", "-in", ca.path("top.key"), "-out",
                         ca.path("locked.key")})
                    .good);
        QVERIFY(ca.load("locked.key", "top.pem").contains("no unencrypted PEM private key"));
    }
    void usersCa_halfGiven_isRefused() {
        NsmIdentity identity{};
        identity.ca_key_file = "/nowhere";
        NsmOptions options{};
        options.identity = &identity;
        NsmFixture device(options);
        QVERIFY(device.nsm == nullptr);
        QVERIFY2(device.error.contains("both"), device.error);
    }
    void usersCa_endingSoon_isUsedToItsEnd() {
        NITROSCOPE_REQUIRE_OPENSSL_CLI();
        UsersCa ca;
        QVERIFY(ca.makeRoot("short", "CA:TRUE", {"-days", "1"}));
        nsm::Authority authority;
        QCOMPARE(ca.load("short.key", "short.pem", &authority), QString());
        const qint64 end = nsm::notAfter(authority.ca.certificate.get());
        nsm::Pki pki({NsmFixture::moduleIdText, "us-east-1"}, std::move(authority));
        std::string error;
        const nsm::Chain *chain = pki.chainAt(end - 600, error);
        QVERIFY2(chain != nullptr, error.c_str());
        QCOMPARE(nsm::notAfter(nsm::certificateFromDer(chain->certificate).get()), end);
        const nsm::ByteVector leaf = chain->certificate;
        QCOMPARE(pki.chainAt(end - 300, error)->certificate, leaf); // a new one would be no better
        QVERIFY(pki.chainAt(end, error) == nullptr);
        QCOMPARE(QString::fromStdString(error), QString("the CA certificate has expired"));
    }
};

QTEST_GUILESS_MAIN(TestNsmPki)
#include "tst_nsm_pki.moc"
