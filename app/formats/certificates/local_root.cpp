// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/certificates/local_root.hpp"

#include "nsm-device/pki/authority.hpp"

#include <memory>
#include <openssl/bn.h>
#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

namespace {

nsm::RootStore storeIn(const QString &folder) {
    return nsm::RootStore(QFile::encodeName(folder.isEmpty() ? defaultRootFolder() : folder).toStdString());
}

QString textOf(const std::string &bytes) {
    return QFile::decodeName(bytes.c_str());
}

QString subjectOf(const X509 *certificate) {
    const nsm::BioPtr out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                                   XN_FLAG_SEP_CPLUS_SPC & ~XN_FLAG_SPC_EQ) < 0)
        return {};
    char *data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return QString::fromUtf8(data, static_cast<qsizetype>(size));
}

QString serialOf(const X509 *certificate) {
    const std::unique_ptr<BIGNUM, nsm::Release<BN_free>> number(
        ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr));
    if (!number)
        return {};
    QByteArray bytes(BN_num_bytes(number.get()), '\0');
    BN_bn2bin(number.get(), reinterpret_cast<unsigned char *>(bytes.data()));
    return QString::fromLatin1(bytes.toHex());
}

LocalRoot describe(const nsm::RootStore &store, const nsm::Authority &authority) {
    const X509 *certificate = authority.ca.certificate.get();
    const nsm::ByteVector der = nsm::toDer(certificate);
    LocalRoot root;
    root.file = textOf(store.file());
    root.subject = subjectOf(certificate);
    root.serial = serialOf(certificate);
    root.notBefore = QDateTime::fromSecsSinceEpoch(nsm::notBefore(certificate), Qt::UTC);
    root.notAfter = QDateTime::fromSecsSinceEpoch(nsm::notAfter(certificate), Qt::UTC);
    const QByteArrayView bytes(reinterpret_cast<const char *>(der.data()),
                               static_cast<qsizetype>(der.size()));
    root.fingerprint = QString::fromLatin1(
        QCryptographicHash::hash(bytes.toByteArray(), QCryptographicHash::Sha256).toHex());
    root.pem = QByteArray::fromStdString(nsm::toPem(certificate));
    return root;
}

} // namespace

QString defaultRootFolder() {
    return textOf(nsm::RootStore::defaultDirectory());
}

app::Result<LocalRoot> readLocalRoot(const QString &folder, MissingRoot missing) {
    const nsm::RootStore store = storeIn(folder);
    if (missing == MissingRoot::isAnError && !QFileInfo::exists(textOf(store.file())))
        return app::failure(u"root-missing"_s,
                            u"there is no root yet; it is made with the first attestation "
                            "document, or by pki export"_s,
                            textOf(store.file()));
    nsm::Authority authority;
    std::string error;
    const bool good = missing == MissingRoot::isAnError
                          ? store.load(authority, error)
                          : store.loadOrCreate(QDateTime::currentSecsSinceEpoch(), authority, error);
    if (!good)
        return app::failure(u"root-unusable"_s, textOf(error));
    return describe(store, authority);
}

app::Result<LocalRoot> renewLocalRoot(const QString &folder) {
    const nsm::RootStore store = storeIn(folder);
    nsm::Authority authority;
    std::string error;
    if (!store.renew(QDateTime::currentSecsSinceEpoch(), authority, error))
        return app::failure(u"root-unusable"_s, textOf(error));
    return describe(store, authority);
}

} // namespace nitroscope::formats
