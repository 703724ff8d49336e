// SPDX-License-Identifier: GPL-2.0-or-later
//
// See eif_document.hpp.

#include "app/formats/eif/eif_document.hpp"

#include "app/formats/eif/eif_tree.hpp"
#include "app/formats/eif/metadata_check.hpp"
#include "app/formats/json/json_text.hpp"
#include "app/formats/tree/value_text.hpp"
#include "firmware/eif/parser.hpp"
#include "qemu-machine/launch/launch.h"
#include "qemu-machine/launch/measure.hpp"
#include "qemu-machine/launch/memory.hpp"

#include <algorithm>
#include <QDateTime>
#include <QFile>
#include <QJsonDocument>
#include <sys/stat.h>

namespace nitroscope::formats {

using namespace Qt::Literals::StringLiterals;

struct EifDocument::Data {
    explicit Data(launch::FileSource source) : file(std::move(source)) {}

    QString path;
    launch::FileSource file;
    eif::Image image;
    EifTree tree;
    mutable RamdiskIndexCache ramdisks;
};

namespace {

// All that somebody holds: the window's image and that of a run, which are the same as a rule.
class OpenDocuments {
public:
    static OpenDocuments &instance() {
        static OpenDocuments documents;
        return documents;
    }
    template <class Data>
    void add(const std::shared_ptr<Data> &data) {
        const std::lock_guard lock(m_mutex);
        std::erase_if(m_documents, [](const Entry &entry) { return entry.data.expired(); });
        m_documents.push_back({data, &data->file});
    }
    // What is still the file at this path, as it is now.
    std::shared_ptr<const void> find(const QString &path) const {
        struct stat wanted = {};
        if (::stat(QFile::encodeName(path).constData(), &wanted) != 0)
            return nullptr;
        const std::lock_guard lock(m_mutex);
        for (const Entry &entry : m_documents) {
            const auto data = entry.data.lock();
            struct stat status = {};
            if (data && ::fstat(entry.file->descriptor(), &status) == 0 && status.st_dev == wanted.st_dev &&
                status.st_ino == wanted.st_ino && entry.file->isUnchanged())
                return data;
        }
        return nullptr;
    }

private:
    struct Entry {
        std::weak_ptr<const void> data;
        const launch::FileSource *file; // In it.
    };
    mutable std::mutex m_mutex;
    std::vector<Entry> m_documents;
};

} // namespace

app::Result<EifDocument> EifDocument::openOrShare(const QString &path) {
    if (auto data = OpenDocuments::instance().find(path))
        return EifDocument(std::static_pointer_cast<const Data>(std::move(data)));
    return open(path);
}

app::Result<EifDocument> EifDocument::open(const QString &path, std::optional<qint64> now) {
    auto file = launch::FileSource::open(QFile::encodeName(path).constData(), "EIF");
    if (!file)
        return app::failure(u"E19"_s, QString::fromStdString(file.error()));
    auto data = std::make_shared<Data>(std::move(*file));
    data->path = path;
    launch::SourceView view(data->file);
    data->image = eif::parse(view, eif::Machine::any);
    data->tree = makeEifTree(data->file, data->image, now.value_or(QDateTime::currentSecsSinceEpoch()));
    OpenDocuments::instance().add(data);
    return EifDocument(std::move(data));
}

const QString &EifDocument::path() const {
    return m_data->path;
}
quint64 EifDocument::size() const {
    return m_data->file.size();
}
const eif::Image &EifDocument::image() const {
    return m_data->image;
}
const Node &EifDocument::root() const {
    return m_data->tree.root;
}
std::shared_ptr<const Node> EifDocument::sharedRoot() const {
    return {m_data, &m_data->tree.root};
}
std::optional<app::Error> EifDocument::damage() const {
    for (const eif::Diagnostic &diagnostic : image().diagnostics) {
        const bool isForeign = diagnostic.problem == eif::Problem::badMagic && image().sectionCount == 0;
        if (!isForeign && !eif::preventsLoading(diagnostic.problem))
            continue;
        const std::string_view text = eif::text(diagnostic.problem);
        return app::Error{u"E35"_s, QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size())),
                          diagnostic.offset, path()};
    }
    return std::nullopt;
}
Severity EifDocument::severity() const {
    return worstSeverity(m_data->tree.root);
}
QString EifDocument::commandLine() const {
    return QString::fromUtf8(m_data->tree.facts.commandLine);
}

QJsonObject EifDocument::metadata() const {
    return QJsonDocument::fromJson(m_data->tree.facts.metadataJson).object();
}

QByteArray EifDocument::metadataJson() const {
    const QByteArray json = compactJson(m_data->tree.facts.metadataJson);
    return json.startsWith('{') ? json : QByteArray("{}");
}

std::optional<app::Error> EifDocument::metadataProblem() const {
    const int index = image().find(eif::SectionType::metadata);
    if (index < 0)
        return std::nullopt;
    const eif::Section &section = image().sections[static_cast<size_t>(index)];
    auto problem = checkMetadata(bytes(section.dataOffset, section.availableSize));
    if (problem && problem->offset)
        *problem->offset += section.dataOffset;
    return problem;
}

bool EifDocument::isSigned() const {
    return m_data->image.find(eif::SectionType::signature) >= 0;
}

const launch::Certificate *EifDocument::certificate() const {
    const auto &signature = m_data->tree.facts.signature;
    return signature && signature->certificate ? &*signature->certificate : nullptr;
}

const launch::SignatureCheck *EifDocument::signature() const {
    const auto &signature = m_data->tree.facts.signature;
    return signature ? &*signature : nullptr;
}

const launch::ByteSource &EifDocument::source() const {
    return m_data->file;
}

quint64 EifDocument::memoryNeeded() const {
    const auto &facts = m_data->tree.facts;
    if (facts.armKernel)
        return launch::memoryToBoot(*facts.armKernel, m_data->image, 0, {}).bytes;
    return facts.kernel ? launch::memoryToBoot(*facts.kernel, m_data->image, 0, {}).bytes : 0;
}

app::Result<RamdiskIndexPointer> EifDocument::ramdisks(const RamdiskLimits &limits) const {
    auto index = m_data->ramdisks.get(m_data->file, m_data->image, limits);
    if (!index)
        return index;
    // Its entries point into the document's file.
    struct Kept {
        std::shared_ptr<const Data> data;
        RamdiskIndexPointer index;
    };
    const auto kept = std::make_shared<const Kept>(Kept{m_data, *index});
    return RamdiskIndexPointer(kept, kept->index.get());
}

quint64 EifDocument::read(quint64 offset, char *out, quint64 length) const {
    if (offset >= size())
        return 0;
    quint64 wanted = std::min(length, size() - offset);
    // The file may have shrunk: then halve until something can be read, which is rare and short.
    while (wanted > 0 &&
           !m_data->file.read(offset, std::as_writable_bytes(std::span(out, static_cast<size_t>(wanted)))))
        wanted /= 2;
    return wanted;
}

QByteArray EifDocument::bytes(quint64 offset, quint64 length) const {
    if (offset >= size())
        return {};
    QByteArray result(static_cast<qsizetype>(std::min(length, size() - offset)), '\0');
    result.truncate(static_cast<qsizetype>(read(offset, result.data(), static_cast<quint64>(result.size()))));
    return result;
}

namespace {

QByteArray toByteArray(const std::optional<launch::Digest> &digest) {
    return digest ? QByteArray(reinterpret_cast<const char *>(digest->data()),
                               static_cast<qsizetype>(digest->size()))
                  : QByteArray();
}

Node errorNode(const char *name, ByteRange range, const QString &note) {
    return {.name = QString::fromLatin1(name),
            .value = {},
            .range = range,
            .severity = Severity::error,
            .note = note};
}

void judgeSignature(const launch::SignatureCheck &check, const launch::Measurements &measured,
                    EifMeasurements &result) {
    result.pcr8 = toByteArray(check.pcr8);
    const bool hasOtherFaults =
        std::ranges::any_of(check.findings, [](const launch::SignatureFinding &finding) {
            return finding.reason != NITRO_LAUNCH_REASON_CERTIFICATE_DATES;
        });
    result.isSignatureGood = !hasOtherFaults && measured.pcr0.has_value();
    if (!measured.pcr0)
        return;
    if (const auto finding = launch::compareSignedRegister(check.section, *measured.pcr0)) {
        result.isSignatureGood = false;
        result.findings.push_back(errorNode("signature", {finding->range.offset, finding->range.length},
                                            QString::fromStdString(finding->sentence)));
    }
}

} // namespace

app::Result<EifMeasurements> EifDocument::measurements(std::stop_token stop, const Progress &progress) const {
    const launch::Measurements measured =
        launch::measure(m_data->file, m_data->image, {}, std::move(stop), progress);
    switch (measured.status) {
    case launch::MeasureStatus::done:
        break;
    case launch::MeasureStatus::cancelled:
        return app::failure(u"cancelled"_s, u"Measuring was cancelled."_s, path());
    case launch::MeasureStatus::readFailed:
        return tl::unexpected(
            app::Error{u"file-changed"_s,
                       u"The file was changed or could not be read while it was measured; open it again."_s,
                       measured.failedOffset, path()});
    case launch::MeasureStatus::cryptoFailed:
        return app::failure(u"crypto"_s, u"OpenSSL could not compute SHA-384."_s, path());
    }
    EifMeasurements result = {.pcr0 = toByteArray(measured.pcr0),
                              .pcr1 = toByteArray(measured.pcr1),
                              .pcr2 = toByteArray(measured.pcr2),
                              .pcr8 = {},
                              .storedCrc = m_data->image.header.crc32,
                              .computedCrc = measured.crc,
                              .isSignatureGood = {},
                              .findings = {}};
    if (const auto &signature = m_data->tree.facts.signature)
        judgeSignature(*signature, measured, result);
    if (measured.crc && !result.isCrcGood()) {
        const std::string_view text = eif::text(eif::Problem::crcMismatch);
        result.findings.push_back(
            errorNode("eif_crc32", {eif::crcOffset, eif::crcSize},
                      QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()))));
    }
    return result;
}

Node measurementTree(const EifMeasurements &measurements) {
    Node root = {.name = u"measurements"_s, .value = u"SHA-384"_s};
    const auto add = [&root](const char *name, const QByteArray &value, const char *absent) {
        root.add(
            {.name = QString::fromLatin1(name),
             .value = value.isEmpty() ? QString::fromLatin1(absent) : QString::fromLatin1(value.toHex())});
    };
    add("PCR0", measurements.pcr0, "cannot be measured");
    add("PCR1", measurements.pcr1, "cannot be measured");
    add("PCR2", measurements.pcr2, "cannot be measured");
    add("PCR8", measurements.pcr8, "not signed");
    root.add(
        {.name = u"CRC32"_s,
         .value = measurements.computedCrc ? hexText(*measurements.computedCrc, 8) : u"cannot be computed"_s,
         .range = {eif::crcOffset, eif::crcSize}});
    for (const Node &finding : measurements.findings)
        root.add(finding);
    return root;
}

} // namespace nitroscope::formats
