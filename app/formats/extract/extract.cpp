// SPDX-License-Identifier: GPL-2.0-or-later
//
// See extract.hpp.

#include "app/formats/extract/extract.hpp"

#include "app/core/output/write_all.hpp"
#include "app/formats/extract/extract_folder.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/signature_check.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <QSet>
#include <unistd.h>

namespace nitroscope::formats {

namespace {

constexpr qsizetype maxSkipped = 1000;

class Extraction {
public:
    Extraction(const EifDocument &document, ExtractFolder &folder, const ExtractOptions &options)
        : m_document(document), m_folder(folder), m_options(options), m_piece(256 * 1024) {}

    app::Result<ExtractReport> run() {
        if (m_options.what != ExtractOptions::What::files && m_options.paths.isEmpty())
            if (auto done = writeSections(); !done)
                return tl::unexpected(done.error());
        if (m_options.what != ExtractOptions::What::sections) {
            int number = 0;
            for (const eif::Section &section : m_document.image().used())
                if (section.type == eif::SectionType::ramdisk)
                    if (auto done = writeFiles(
                            number++, {&m_document.source(), section.dataOffset, section.availableSize});
                        !done)
                        return tl::unexpected(done.error());
        }
        m_folder.finish();
        QStringList missing;
        for (qsizetype i = 0; i < m_options.paths.size(); ++i)
            if (!m_foundPaths.contains(i))
                missing << printableText(m_options.paths[i]);
        if (!missing.isEmpty() && m_report.files + m_report.folders + m_report.links == 0)
            return app::failure(u"not-found"_s,
                                u"No file of the ramdisks has the path %1; `eif ls` lists them."_s.arg(
                                    u'\'' + missing.join(u"' or '"_s) + u'\''));
        m_place = u"ramdisks"_s;
        for (const QString &path : std::as_const(missing))
            lose(path.toUtf8(), u"no file has this path"_s);
        return std::move(m_report);
    }

private:
    app::Result<void> writeSections() {
        int ramdisks = 0;
        for (const eif::Section &section : m_document.image().used()) {
            QByteArray name;
            switch (section.type) {
            case eif::SectionType::kernel:
                name = "kernel";
                break;
            case eif::SectionType::cmdline:
                name = "cmdline";
                break;
            case eif::SectionType::metadata:
                name = "metadata.json";
                break;
            case eif::SectionType::signature:
                name = "signature.cbor";
                break;
            case eif::SectionType::ramdisk:
                name = "ramdisk" + QByteArray::number(ramdisks++) + ".cpio" + suffixOf(section);
                break;
            case eif::SectionType::invalid:
                name = "section-type-" + QByteArray::number(section.rawType);
            }
            while (m_report.sections.contains(QString::fromLatin1(name)))
                name += "-again";
            if (auto done = writeSection(name, section); !done)
                return done;
        }
        if (const launch::SignatureCheck *signature = m_document.signature();
            signature && !signature->section.entries.empty()) {
            const auto &pem = signature->section.entries.front().certificate.bytes;
            auto file = m_folder.makeFile("certificate.pem", 0666);
            if (!file)
                return tl::unexpected(file.error());
            int problem = app::writeAll(*file, std::as_bytes(std::span(pem)));
            if (::close(*file) != 0 && problem == 0)
                problem = errno;
            if (problem != 0) {
                m_folder.removeFile("certificate.pem");
                return outputFailure(problem);
            }
            m_report.sections << u"certificate.pem"_s;
        }
        return {};
    }

    QByteArray suffixOf(const eif::Section &section) const {
        switch (detectCompression(toBytes(m_document.bytes(section.dataOffset, 8)))) {
        case Compression::gzip:
            return ".gz";
        case Compression::xz:
            return ".xz";
        case Compression::zstd:
            return ".zst";
        case Compression::lz4Legacy:
        case Compression::lz4Frame:
            return ".lz4";
        case Compression::bzip2:
            return ".bz2";
        case Compression::lzma:
            return ".lzma";
        case Compression::lzo:
            return ".lzo";
        case Compression::none:
            break;
        }
        return {};
    }

    app::Result<void> writeSection(const QByteArray &name, const eif::Section &section) {
        auto file = m_folder.makeFile(name, 0666);
        if (!file)
            return tl::unexpected(file.error());
        auto done = copySection(*file, section);
        if (::close(*file) != 0 && done)
            done = outputFailure(errno);
        if (!done)
            m_folder.removeFile(name);
        m_report.sections << QString::fromLatin1(name);
        return done;
    }

    app::Result<void> copySection(int file, const eif::Section &section) {
        for (quint64 at = 0; at < section.availableSize;) {
            if (m_options.limits.unpack.stop.stop_requested())
                return app::failure(u"cancelled"_s, u"Extracting was cancelled."_s);
            const auto piece = std::span(m_piece).first(
                static_cast<size_t>(std::min<quint64>(m_piece.size(), section.availableSize - at)));
            if (!m_document.source().read(section.dataOffset + at, piece))
                return app::failure(u"file-changed"_s,
                                    u"The file could not be read: it was changed or its disk failed."_s);
            if (const int problem = app::writeAll(file, piece))
                return outputFailure(problem);
            at += piece.size();
        }
        return {};
    }

    app::Result<void> writeFiles(int number, const ByteRegion &region) {
        m_place = u"ramdisk %1"_s.arg(number);
        m_prefix = "ramdisk" + QByteArray::number(number);
        m_links.clear();
        if (auto found = findAskedLinks(region); !found)
            return found;
        RamdiskReader reader(region, m_options.limits);
        while (true) {
            const auto more = reader.next();
            if (!more) {
                if (more.error().code == u"cancelled"_s || more.error().code == u"limit"_s)
                    return tl::unexpected(more.error());
                lose({}, more.error().text());
                return {};
            }
            if (!*more)
                return {};
            if (auto done = writeEntry(reader); !done)
                return done;
        }
    }

    // A name that is asked for may have its content with another one that is not: the first of the asked names of each
    // such file. What is wrong with the archive is told by the pass that writes.
    app::Result<void> findAskedLinks(const ByteRegion &region) {
        m_askedLinks.clear();
        if (m_options.paths.isEmpty())
            return {};
        RamdiskReader reader(region, m_options.limits);
        while (true) {
            const auto more = reader.next();
            if (!more && more.error().code == u"cancelled"_s)
                return tl::unexpected(more.error());
            if (!more || !*more)
                return {};
            const RamdiskEntry &entry = reader.entry();
            const QByteArray path = normalPath(entry.path);
            if (entry.isHardLinked() && isWanted(path) && !path.isEmpty() && !path.split('/').contains(".."))
                m_askedLinks.try_emplace(entry.linkKey(), m_prefix + '/' + path);
        }
    }

    bool isWanted(const QByteArray &path) {
        bool isOneOfThem = m_options.paths.isEmpty();
        for (qsizetype i = 0; i < m_options.paths.size(); ++i) {
            const QByteArray &wanted = m_options.paths[i];
            if (!wanted.isEmpty() && path != wanted && !path.startsWith(wanted + '/'))
                continue;
            m_foundPaths.insert(i);
            isOneOfThem = true;
        }
        return isOneOfThem;
    }

    app::Result<void> writeEntry(RamdiskReader &reader) {
        const RamdiskEntry &entry = reader.entry();
        const QByteArray path = normalPath(entry.path);
        if (!isWanted(path)) {
            const auto asked = entry.isHardLinked() && entry.size > 0 ? m_askedLinks.find(entry.linkKey())
                                                                      : m_askedLinks.end();
            return asked == m_askedLinks.end() ? app::Result<void>()
                                               : writeFile(reader, asked->second, Role::contentOnly);
        }
        if (path.split('/').contains("..")) {
            skip(entry.path, u"its path leaves the folder"_s);
            return {};
        }
        const QByteArray target = path.isEmpty() ? m_prefix : m_prefix + '/' + path;
        if (entry.isFolder()) {
            note(entry, m_folder.makeFolder(target, entry.mode), m_report.folders);
            return {};
        }
        if (path.isEmpty()) {
            skip(entry.path, u"it has no name"_s);
            return {};
        }
        if (entry.isLink())
            return writeLink(reader, target);
        if (entry.isRegular())
            return writeFile(reader, target, Role::file);
        skip(entry.path, u"a device, pipe or socket"_s);
        return {};
    }

    app::Result<void> writeLink(RamdiskReader &reader, const QByteArray &target) {
        constexpr quint32 longest = 4095;
        if (reader.entry().size == 0 || reader.entry().size > longest) {
            skip(reader.entry().path, u"its target is empty or too long"_s);
            return {};
        }
        QByteArray text(static_cast<qsizetype>(reader.entry().size), '\0');
        for (qsizetype done = 0; done < text.size();) {
            const auto count = reader.read(std::as_writable_bytes(
                std::span(text.data() + done, static_cast<size_t>(text.size() - done))));
            if (!count)
                return tl::unexpected(count.error());
            done += static_cast<qsizetype>(*count);
        }
        if (note(reader.entry(), m_folder.makeLink(target, text), m_report.links))
            m_folder.setTime(target, reader.entry().modified);
        return {};
    }

    // contentOnly: the entry itself is not asked for, only one of its other names, which is the target.
    enum class Role { file, contentOnly };

    app::Result<void> writeFile(RamdiskReader &reader, const QByteArray &target, Role role) {
        const RamdiskEntry entry = reader.entry();
        if (role == Role::file && entry.mode & (S_ISUID | S_ISGID))
            skip(entry.path, u"written without its set-user-id or set-group-id bit"_s);
        const auto known = entry.isHardLinked() ? m_links.find(entry.linkKey()) : m_links.end();
        bool isJoined = false;
        if (known != m_links.end()) {
            // As the kernel has it (init/initramfs.c, do_name()): a further name joins those before it, and content
            // that comes with it is written into the one file that all of them share.
            const int problem = target == known->second ? 0 : m_folder.makeHardLink(target, known->second);
            if (entry.size == 0) {
                note(entry, problem, m_report.files);
                return {};
            }
            isJoined = problem == 0; // else a file of its own, which later names join
        }
        auto file = isJoined ? m_folder.reopenFile(target) : m_folder.makeFile(target, entry.mode);
        if (!file) {
            lose(entry.path, file.error().message);
            return {};
        }
        auto done = copyFile(reader, *file);
        if (done && isJoined && ::ftruncate(*file, entry.size) != 0) // what was there before may be longer
            done = outputFailure(errno);
        if (::close(*file) != 0 && done)
            done = outputFailure(errno);
        if (!done) {
            m_folder.removeFile(target); // a part of it would look like the whole
            return done;
        }
        m_report.files += role == Role::file;
        m_folder.setTime(target, entry.modified);
        if (entry.isHardLinked())
            m_links[entry.linkKey()] = target;
        return done;
    }

    app::Result<void> copyFile(RamdiskReader &reader, int file) {
        while (true) {
            const auto count = reader.read(m_piece);
            if (!count)
                return tl::unexpected(count.error());
            if (*count == 0)
                return {};
            m_report.bytes += *count;
            if (m_report.bytes > m_options.maxBytes)
                return app::failure(
                    u"limit"_s, u"The files take more than %1; raise the limit if you trust the image."_s.arg(
                                    sizeText(m_options.maxBytes)));
            if (const int problem =
                    app::writeAll(file, QByteArrayView(m_piece.data(), static_cast<qsizetype>(*count))))
                return outputFailure(problem);
        }
    }

    tl::unexpected<app::Error> outputFailure(int problem) const {
        return app::failure(u"output"_s, u"Writing failed: %1."_s.arg(app::systemText(problem)));
    }

    bool note(const RamdiskEntry &entry, int problem, quint64 &counter) {
        if (problem != 0)
            lose(entry.path, app::systemText(problem));
        else
            ++counter;
        return problem == 0;
    }

    void lose(const QByteArray &path, const QString &why) {
        ++m_report.lostCount;
        skip(path, why);
    }

    void skip(const QByteArray &path, const QString &why) {
        ++m_report.skippedCount;
        if (m_report.skipped.size() < maxSkipped)
            m_report.skipped << (path.isEmpty() ? u"%1: %2"_s.arg(m_place, why)
                                                : u"%1: %2: %3"_s.arg(m_place, printableText(path), why));
    }

    const EifDocument &m_document;
    ExtractFolder &m_folder;
    const ExtractOptions &m_options;
    std::vector<std::byte> m_piece;
    ExtractReport m_report;
    QString m_place;
    QByteArray m_prefix;
    QSet<qsizetype> m_foundPaths; // Which of those that were asked for.
    // One of the names that share the content, of those written and of those asked for.
    std::map<RamdiskEntry::LinkKey, QByteArray> m_links, m_askedLinks;
};

} // namespace

app::Result<ExtractReport> extractEif(const EifDocument &document, const QString &folder,
                                      const ExtractOptions &options) {
    auto target = ExtractFolder::create(folder);
    if (!target)
        return tl::unexpected(target.error());
    auto report = Extraction(document, *target, options).run();
    if (!report)
        target->discard();
    return report;
}

} // namespace nitroscope::formats
