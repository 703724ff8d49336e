// SPDX-License-Identifier: GPL-2.0-or-later
//
// Makes container images for tests: OCI layouts by the specification, tar archives byte by byte. Nothing of the code under
// test.

#pragma once

#include "tests/unit/formats/packers.hpp"

#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::test {

using namespace Qt::Literals::StringLiterals;

inline QByteArray jsonOf(const QJsonObject &object) {
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

inline QString digestOf(const QByteArray &bytes) {
    return u"sha256:"_s +
           QString::fromLatin1(QCryptographicHash::hash(bytes, QCryptographicHash::Sha256).toHex());
}

struct TarFile {
    QByteArray name;
    QByteArray content = {};
    char kind = '0'; // '1' hard link, '2' symbolic link, '5' folder
    QByteArray target = {};
};

// ustar (POSIX.1-1988).
inline QByteArray tarOf(const QList<TarFile> &files) {
    QByteArray archive;
    for (const TarFile &file : files) {
        QByteArray header(512, '\0');
        const auto put = [&](qsizetype at, const QByteArray &text) { header.replace(at, text.size(), text); };
        put(0, file.name);
        put(100, file.kind == '5' ? "0000755" : "0000644");
        put(108, "0000000");
        put(116, "0000000");
        put(124, QByteArray::number(file.content.size(), 8).rightJustified(11, '0'));
        put(136, "00000000000");
        put(148, "        ");
        header[156] = file.kind;
        put(157, file.target);
        put(257, QByteArray("ustar\0"
                            "00",
                            8));
        unsigned sum = 0;
        for (const char c : std::as_const(header))
            sum += static_cast<quint8>(c);
        put(148, QByteArray::number(sum, 8).rightJustified(6, '0') + '\0' + ' ');
        archive += header + file.content;
        archive += QByteArray((512 - archive.size() % 512) % 512, '\0');
    }
    return archive + QByteArray(1024, '\0');
}

// An OCI image layout that is being put together.
class Layout {
public:
    explicit Layout(const QString &folder) : m_folder(folder) { QDir(folder).mkpath("blobs/sha256"); }

    QJsonObject blob(const QByteArray &bytes, const QString &kind = {}) const {
        const QString digest = digestOf(bytes);
        write(u"blobs/sha256/"_s + digest.section(u':', 1), bytes);
        QJsonObject descriptor{{"digest", digest}, {"size", bytes.size()}};
        if (!kind.isEmpty())
            descriptor["mediaType"] = kind;
        return descriptor;
    }
    struct Image {
        QString os = u"linux"_s, architecture = u"amd64"_s, variant = {};
        QByteArray content = "program";
        QJsonObject config = {{"Cmd", QJsonArray{"/bin/app"}}};
        QString configKind = u"application/vnd.oci.image.config.v1+json"_s;
        QString layerKind = u"application/vnd.oci.image.layer.v1.tar+gzip"_s;
        QString diffId = {};
    };
    QJsonObject image(const Image &what) const {
        const QByteArray layer = tarOf({{.name = "bin/app", .content = what.content}});
        QJsonObject config{
            {"os", what.os},
            {"architecture", what.architecture},
            {"config", what.config},
            {"rootfs",
             QJsonObject{{"type", "layers"},
                         {"diff_ids", QJsonArray{what.diffId.isEmpty() ? digestOf(layer) : what.diffId}}}}};
        if (!what.variant.isEmpty())
            config["variant"] = what.variant;
        return blob(jsonOf({{"schemaVersion", 2},
                            {"config", blob(jsonOf(config), what.configKind)},
                            {"layers", QJsonArray{blob(gzipped(layer), what.layerKind)}}}),
                    u"application/vnd.oci.image.manifest.v1+json"_s);
    }
    static QJsonObject named(QJsonObject descriptor, const QString &name) {
        descriptor["annotations"] = QJsonObject{{"org.opencontainers.image.ref.name", name}};
        return descriptor;
    }
    QJsonObject index(const QJsonArray &manifests) const {
        return blob(jsonOf({{"schemaVersion", 2}, {"manifests", manifests}}),
                    u"application/vnd.oci.image.index.v1+json"_s);
    }
    void finish(const QJsonArray &manifests) const {
        write(u"index.json"_s, jsonOf({{"schemaVersion", 2}, {"manifests", manifests}}));
        write(u"oci-layout"_s, R"({"imageLayoutVersion":"1.0.0"})");
    }
    void write(const QString &name, const QByteArray &bytes) const {
        QFile file(m_folder + u'/' + name);
        if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
            qFatal("cannot write %s", qPrintable(file.fileName()));
    }
    const QString &folder() const { return m_folder; }

private:
    QString m_folder;
};

} // namespace nitroscope::test
