// SPDX-License-Identifier: GPL-2.0-or-later
//
// An EIF on disk, decoded for reading: a tree of everything in it, each value tied to its bytes and carrying
// what is wrong with it, and the measurements a real enclave would have. Foreign bytes: open() fails only
// when the file itself cannot be read; anything else that is wrong becomes a finding in the tree.
//
// Immutable once opened and cheap to copy, so that a worker thread measures while the window shows the tree.
// The file is read piece by piece, never through a mapping: one that shrinks gives short reads instead of
// ending the program.

#pragma once

#include "app/core/result.hpp"
#include "app/formats/ramdisk/ramdisk_index.hpp"
#include "app/formats/tree/node.hpp"
#include "firmware/eif/image.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <QByteArray>
#include <QJsonObject>
#include <QString>
#include <stop_token>
#include <vector>

namespace nitroscope::launch {
class ByteSource;
class Certificate;
struct SignatureCheck;
} // namespace nitroscope::launch

namespace nitroscope::formats {

// What the platform would put into the PCRs, and what only reading the whole file shows.
struct EifMeasurements {
    // 48 bytes each; empty where the sections they cover are not whole. pcr8 is empty for an unsigned image.
    QByteArray pcr0, pcr1, pcr2, pcr8;
    quint32 storedCrc = 0;
    std::optional<quint32> computedCrc; // Absent when the section table is broken.
    // Signature, certificate dates apart, and signed PCR0 are right; absent for an unsigned image.
    std::optional<bool> isSignatureGood;
    // Findings that the tree could not have: wrong CRC, signature over another PCR0.
    std::vector<Node> findings;

    bool isCrcGood() const { return computedCrc == storedCrc; }
};

class EifDocument {
public:
    using Progress = std::function<void(quint64 doneBytes, quint64 totalBytes)>;

    // `now` is Unix seconds for the certificate's dates; by default the computer's clock.
    static app::Result<EifDocument> open(const QString &path, std::optional<qint64> now = std::nullopt);

    // The same file, unchanged, when it is open somewhere in this program, with all that is known of it already;
    // else open().
    static app::Result<EifDocument> openOrShare(const QString &path);

    const QString &path() const;
    quint64 size() const;
    const eif::Image &image() const;

    // Children: "header", one per section ("section 0: kernel" ...), and one per stretch of bytes outside of
    // them.
    const Node &root() const;
    // The same, keeping the document alive as long as somebody holds it.
    std::shared_ptr<const Node> sharedRoot() const;
    // Why this is no EIF, or not a whole one: the first place where its sections end or cannot be found. Nothing for a
    // file whose sections are all there, however they are refused elsewhere.
    std::optional<app::Error> damage() const;
    // Worst finding of the tree.
    Severity severity() const;

    // As in the file, without what -append would add; empty when there is none.
    QString commandLine() const;
    // The metadata section; empty when missing or not a JSON object.
    QJsonObject metadata() const;
    // The same as compactJson() has it, with numbers as they stand there; then "{}".
    QByteArray metadataJson() const;
    // Why nitro-cli does not read it, with its code: "E35" when parsing, "E17" when printing. Nothing when it does, or
    // when there is no metadata section.
    std::optional<app::Error> metadataProblem() const;
    bool isSigned() const;
    // Of the signature; nullptr when unsigned or unreadable. Lives as long as the document.
    const launch::Certificate *certificate() const;
    // What the platform would say of the signature before measuring; nullptr when unsigned.
    const launch::SignatureCheck *signature() const;
    // The file's bytes, for decoders of what is inside of the sections. Lives as long as the document.
    const launch::ByteSource &source() const;
    // Guest memory in bytes below which the image cannot be loaded; 0 when the kernel's header does not
    // tell.
    quint64 memoryNeeded() const;

    // Up to `length` bytes from `offset`; shorter at the file's end or when the file has shrunk.
    // Thread-safe.
    QByteArray bytes(quint64 offset, quint64 length) const;
    // The same into a buffer; returns how many bytes are there.
    quint64 read(quint64 offset, char *out, quint64 length) const;

    // What is in the ramdisks; read by the first who asks, then shared. Blocks: run it in a worker. Keeps the
    // document alive. Thread-safe. Errors: "cancelled"; every other one is in the ramdisk it is about.
    app::Result<RamdiskIndexPointer> ramdisks(const RamdiskLimits &limits = {}) const;

    // Reads the whole file once per PCR, in parallel. Blocks: run it in a worker. Thread-safe. Errors:
    // "cancelled", "file-changed", "crypto".
    app::Result<EifMeasurements> measurements(std::stop_token stop = {}, const Progress &progress = {}) const;

private:
    struct Data;
    explicit EifDocument(std::shared_ptr<const Data> data) : m_data(std::move(data)) {}

    std::shared_ptr<const Data> m_data;
};

// "PCR0" ... and CRC as nodes, for a tree view or a text listing; findings are children.
Node measurementTree(const EifMeasurements &measurements);

} // namespace nitroscope::formats
