// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/recording.hpp"

#include "app/core/output/file_copy.hpp"
#include "app/core/output/file_writer.hpp"
#include "app/core/program_locations.hpp"
#include "app/formats/eif/describe_json.hpp"
#include "app/session/launch/launch_arguments.hpp"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>

namespace nitroscope::app {
namespace {

// Empty when the file cannot be read.
QByteArray digestOf(const QString &path, QCryptographicHash::Algorithm algorithm) {
    QFile file(path);
    QCryptographicHash hash(algorithm);
    if (!file.open(QIODevice::ReadOnly) || !hash.addData(&file))
        return {};
    return hash.result();
}

BuildIdentity identityOf(const QString &qemu) {
    return {digestOf(qemu, QCryptographicHash::Sha256),
            digestOf(shareFolder() + u"/nitroscope-boot.rom"_s, QCryptographicHash::Sha256)};
}

// Of an image that the platform refuses there is nothing to measure; that it is refused, the machine says.
QJsonObject measurementsOf(const QString &image, const std::stop_token &stop) {
    const auto document = formats::EifDocument::open(image);
    if (!document || !document->image().bootable())
        return {};
    const auto measured = document->measurements(stop);
    return measured ? formats::measurementsOf(*measured) : QJsonObject();
}

Result<RecordingFacts> fill(const RecordingFiles &files, const LaunchSpec &spec, const QString &qemu,
                            const std::stop_token &stop) {
    RecordingFacts facts;
    if (auto copied = copyFile(spec.eifPath, files.image(), stop); !copied)
        return tl::unexpected(copied.error());
    facts.hasRamdisk = !spec.initrdPath.isEmpty();
    if (facts.hasRamdisk)
        if (auto copied = copyFile(spec.initrdPath, files.ramdisk(), stop); !copied)
            return tl::unexpected(copied.error());
    facts.eifName = QFileInfo(spec.eifPath).fileName().left(RecordingFacts::maxTextLength);
    facts.eifBytes = static_cast<quint64>(QFileInfo(files.image()).size());
    facts.eifSha384 = digestOf(files.image(), QCryptographicHash::Sha384);
    facts.measurements = measurementsOf(files.image(), stop);
    facts.build = identityOf(qemu);
    // Without them nobody could tell later which machine replays it.
    if (facts.build.qemu.isEmpty() || facts.build.firmware.isEmpty())
        return failure(
            u"no-recording"_s,
            u"The machine's program or its firmware cannot be read; ./workbench build makes them."_s,
            facts.build.qemu.isEmpty() ? qemu : shareFolder());
    facts.program = QStringLiteral(NITROSCOPE_VERSION);
    facts.created = QDateTime::fromSecsSinceEpoch(QDateTime::currentSecsSinceEpoch(), Qt::UTC);
    if (stop.stop_requested())
        return failure(u"cancelled"_s, u"The start was cancelled."_s);
    return facts;
}

QString shortDigest(const QByteArray &digest) {
    return QString::fromLatin1(digest.toHex().left(12));
}

} // namespace

Result<void> Recording::save() const {
    return writeFile(files.facts(), writeFacts(facts), FileRole::secret);
}

Result<Recording> makeRecording(const LaunchSpec &spec, const QString &qemu, const std::stop_token &stop) {
    const auto files = makeRecordingFolder(spec.recordingPath);
    if (!files)
        return tl::unexpected(files.error());
    auto facts = fill(*files, spec, qemu, stop);
    if (!facts) {
        files->remove();
        return tl::unexpected(facts.error());
    }
    return Recording{*files, *std::move(facts)};
}

Result<Recording> openRecording(const QString &path) {
    const auto files = findRecording(path);
    if (!files)
        return tl::unexpected(files.error());
    QFile file(files->facts());
    if (!file.open(QIODevice::ReadOnly))
        return failure(u"no-recording"_s, file.errorString(), files->facts());
    auto facts = readFacts(file.read(RecordingFacts::maxBytes + 1));
    if (!facts) {
        facts.error().context = files->folder;
        return tl::unexpected(facts.error());
    }
    return Recording{*files, *std::move(facts)};
}

LaunchSpec replaySpec(const Recording &recording) {
    // Judged when recording.json was read.
    LaunchSpec spec = replayOptions(recording.facts.options).value_or(LaunchSpec());
    spec.eifPath = recording.files.image();
    if (recording.facts.hasRamdisk)
        spec.initrdPath = recording.files.ramdisk();
    spec.recordingPath = recording.files.folder;
    spec.replays = true;
    return spec;
}

Result<void> checkBuild(const Recording &recording, const QString &qemu) {
    const BuildIdentity &recorded = recording.facts.build;
    const BuildIdentity here = identityOf(qemu);
    if (here == recorded)
        return {};
    const bool isOtherQemu = here.qemu != recorded.qemu;
    return failure(
        u"recording-other-build"_s,
        u"The recording was made by another build: its %1 has the SHA-256 %2…, the one here %3…. A replay needs the very "
        "same program. %4 What the recording's capture tells can be looked at with any build: "
        "nitroscope-cli capture show %5"_s.arg(
            isOtherQemu ? u"QEMU"_s : u"firmware"_s,
            shortDigest(isOtherQemu ? recorded.qemu : recorded.firmware),
            shortDigest(isOtherQemu ? here.qemu : here.firmware),
            isOtherQemu ? u"Name the QEMU that recorded it with --qemu."_s
                        : u"Use the Nitroscope that recorded it (%1)."_s.arg(recording.facts.program),
            recording.files.capture()),
        recording.files.folder);
}

Result<void> checkImage(const Recording &recording) {
    if (digestOf(recording.files.image(), QCryptographicHash::Sha384) == recording.facts.eifSha384)
        return {};
    return failure(
        u"recording-changed"_s,
        u"enclave.eif is not the file that was recorded: its SHA-384 is another one. Take the recording from "
        "where it was whole."_s,
        recording.files.folder);
}

} // namespace nitroscope::app
