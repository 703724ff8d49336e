// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/launch/eif_architecture.hpp"

#include <array>
#include <QFile>
#include <QFileInfo>

namespace nitroscope::app {

formats::ImageArchitecture architectureOfEif(const QString &path) {
    constexpr auto usual = formats::ImageArchitecture::x86_64;
    std::array<char, eif::flagsOffset + sizeof(quint16)> head{};
    QFile file(path);
    // A pipe would keep us waiting.
    if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly) ||
        file.read(head.data(), head.size()) != qint64(head.size()))
        return usual;
    const auto bytes = std::as_bytes(std::span(head));
    return eif::loadBig32(bytes, eif::magicOffset) == eif::magicValue
               ? formats::architectureOf(eif::loadBig16(bytes, eif::flagsOffset))
               : usual;
}

QLatin1StringView emulatorOfEif(const QString &path) {
    return QLatin1StringView(formats::factsOf(architectureOfEif(path)).emulator);
}

} // namespace nitroscope::app
