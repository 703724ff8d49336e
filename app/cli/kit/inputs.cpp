// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/cli/kit/inputs.hpp"

#include "app/core/input/input_file.hpp"
#include "app/formats/eif/eif_document.hpp"

#include <CLI/Error.hpp>
#include <cstdio>
#include <QFile>

namespace nitroscope::cli {

using namespace Qt::Literals::StringLiterals;

namespace attestation = formats::attestation;

app::Result<QByteArray> readWhole(const QString &path, qsizetype maxBytes) {
    if (path != "-"_L1)
        return app::readInput(path, maxBytes);
    QFile file;
    if (!file.open(stdin, QIODevice::ReadOnly))
        return app::failure(u"input"_s, file.errorString(), path);
    return app::readInput(file, path, maxBytes);
}

app::Result<QByteArray> readWholeOf(const QString &path, qsizetype maxBytes) {
    auto content = readWhole(path, maxBytes);
    if (content && content->size() > maxBytes)
        return app::failure(u"too-large"_s, u"It is larger than %1 bytes."_s.arg(maxBytes), path);
    return content;
}

app::Result<attestation::Input> readDocument(const QString &path) {
    const auto content = readWhole(path, attestation::maxInputBytes);
    if (!content)
        return tl::unexpected(content.error());
    auto input = attestation::readInput(*content);
    if (!input)
        input.error().context = path;
    return input;
}

std::optional<QByteArray> bytesOf(const std::string &text) {
    QByteArray hex = QByteArray::fromStdString(text);
    if (hex.startsWith("0x") || hex.startsWith("0X"))
        hex.remove(0, 2);
    const QByteArray bytes = QByteArray::fromHex(hex);
    if (bytes.toHex() != hex.toLower())
        return std::nullopt;
    return bytes;
}

std::pair<quint64, QByteArray> pcrOf(const std::string &text) {
    constexpr auto usage = "takes N=HEX: an index from 0 to 31 and 48 bytes in hex";
    const size_t equals = text.find('=');
    bool isNumber = false;
    QByteArray name = QByteArray::fromStdString(text.substr(0, equals));
    if (name.startsWith("PCR") || name.startsWith("pcr"))
        name.remove(0, 3);
    const auto index = name.toUInt(&isNumber);
    const auto value = equals == std::string::npos ? std::nullopt : bytesOf(text.substr(equals + 1));
    if (!isNumber || index > 31 || !value || value->size() != 48)
        throw CLI::ValidationError("--pcr", usage);
    return {index, *value};
}

app::Result<attestation::PcrValues> pcrsOfEif(const QString &path) {
    const auto eif = formats::EifDocument::open(path);
    if (!eif)
        return tl::unexpected(eif.error());
    const auto measured = eif->measurements();
    if (!measured)
        return tl::unexpected(measured.error());
    attestation::PcrValues pcrs;
    const std::pair<quint64, const QByteArray &> values[] = {
        {0, measured->pcr0}, {1, measured->pcr1}, {2, measured->pcr2}, {8, measured->pcr8}};
    for (const auto &[index, value] : values)
        if (!value.isEmpty())
            pcrs.emplace(index, value);
    if (!pcrs.contains(0) || !pcrs.contains(1) || !pcrs.contains(2))
        return app::failure(u"bad-eif"_s, u"This is not an EIF, or it is damaged, so that it has no PCRs."_s,
                            path);
    return pcrs;
}

} // namespace nitroscope::cli
