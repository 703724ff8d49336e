// SPDX-License-Identifier: GPL-2.0-or-later
//
// Any bytes as a container image: as an archive (OCI image layout or docker save), and as the only layer of
// one.
#include "app/formats/container/container_image.hpp"

#include <cstdlib>
#include <QDir>
#include <QFile>

using namespace nitroscope;
using namespace nitroscope::formats;
using namespace Qt::Literals::StringLiterals;

namespace {

const QString &scratch() {
    static const QTemporaryDir folder;
    static const QString path = folder.path();
    return path;
}

void write(const QString &name, const QByteArray &bytes) {
    QFile file(scratch() + QLatin1Char('/') + name);
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size())
        abort();
}

void readImage(const QString &path) {
    constexpr quint64 maxBytes = 1024 * 1024, mostFiles = 500;
    const auto image = ContainerImage::open({path}, u"amd64"_s, scratch(),
                                            {.unpack = {.outputBytes = maxBytes}, .files = mostFiles});
    if (!image)
        return;
    (void)image->inspect();
    const auto tree = image->tree();
    if (!tree)
        return;
    for (const auto &[name, file] : tree->files())
        if (name.isEmpty() || name.startsWith('/') || name.split('/').contains(".."))
            abort();
    for (int layer = 0; layer < image->layerCount(); ++layer)
        (void)image->readContents(
            layer, [](quint64) { return true; },
            [](quint64, std::span<const char>) -> app::Result<void> { return {}; });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    write(u"archive"_s, bytes);
    readImage(scratch() + u"/archive"_s);
    QDir(scratch()).mkpath(u"save"_s);
    write(u"save/manifest.json"_s, R"([{"Config":"c","Layers":["l","l"]}])");
    write(u"save/c"_s, R"({"config":{"Cmd":["x"]}})");
    write(u"save/l"_s, bytes);
    readImage(scratch() + u"/save"_s);
    return 0;
}
