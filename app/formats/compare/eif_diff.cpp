// SPDX-License-Identifier: GPL-2.0-or-later
//
// See eif_diff.hpp: sections, command line, kernel, what is not measured. Ramdisks are in ramdisk_diff.cpp.

#include "app/formats/compare/eif_diff.hpp"

#include "app/formats/json/json_text.hpp"
#include "app/formats/kernel/bzimage.hpp"
#include "app/formats/kernel/command_line.hpp"
#include "app/formats/tree/value_text.hpp"
#include "qemu-machine/launch/certificate.hpp"

#include <algorithm>
#include <QMap>
#include <set>

namespace nitroscope::formats {

namespace {

using Kind = EifDifference::Kind;

// Equal bytes, without holding them.
app::Result<bool> hasSameBytes(const ByteRegion &a, const ByteRegion &b, const std::stop_token &stop) {
    if (a.size != b.size)
        return false;
    constexpr size_t pieceBytes = 256 * 1024;
    std::vector<std::byte> left(pieceBytes), right(pieceBytes);
    for (quint64 done = 0; done < a.size; done += pieceBytes) {
        if (stop.stop_requested())
            return app::failure(u"cancelled"_s, u"Comparing was cancelled."_s);
        const auto count = static_cast<size_t>(std::min<quint64>(pieceBytes, a.size - done));
        const auto l = std::span(left).first(count), r = std::span(right).first(count);
        if (!a.source->read(a.offset + done, l) || !b.source->read(b.offset + done, r))
            return app::failure(u"file-changed"_s,
                                u"A file could not be read: it was changed or its disk failed."_s);
        if (!std::ranges::equal(l, r))
            return false;
    }
    return true;
}

std::vector<ByteRegion> regionsOf(const EifDocument &document, eif::SectionType type) {
    std::vector<ByteRegion> regions;
    for (const eif::Section &section : document.image().used())
        if (section.type == type)
            regions.push_back({&document.source(), section.dataOffset, section.availableSize});
    return regions;
}

void add(EifComparison &result, QString where, QString what, QString before, QString after,
         std::vector<int> pcrs) {
    result.differences.push_back({.kind = Kind::changed,
                                  .where = std::move(where),
                                  .what = std::move(what),
                                  .before = std::move(before),
                                  .after = std::move(after),
                                  .pcrs = std::move(pcrs)});
}

// As they stand there, quotes included.
QStringList wordsOf(const QString &commandLine) {
    const QByteArray line = commandLine.toUtf8();
    QStringList words;
    for (const CommandLineWord &word : commandLineWords(line))
        words << QString::fromUtf8(line.mid(word.offset, word.length));
    return words;
}

void compareCommandLines(EifComparison &result, const QString &before, const QString &after) {
    if (before == after)
        return;
    const std::vector<int> pcrs = {0, 1};
    const QStringList a = wordsOf(before), b = wordsOf(after);
    QStringList removed = a, added = b;
    for (const QString &word : b)
        removed.removeOne(word);
    for (const QString &word : a)
        added.removeOne(word);
    // A word of the same name on both sides is one change.
    for (const QString &word : std::as_const(removed)) {
        const QString name = word.section(u'=', 0, 0);
        const auto same = std::ranges::find_if(
            added, [&](const QString &w) { return w.section(u'=', 0, 0) == name && !name.isEmpty(); });
        EifDifference difference{Kind::removed, u"cmdline"_s, u"word '%1'"_s.arg(name), word, {}, pcrs};
        if (same != added.end()) {
            difference.kind = Kind::changed;
            difference.after = *same;
            added.erase(same);
        }
        result.differences.push_back(std::move(difference));
    }
    for (const QString &word : std::as_const(added))
        result.differences.push_back(
            {Kind::added, u"cmdline"_s, u"word '%1'"_s.arg(word.section(u'=', 0, 0)), {}, word, pcrs});
    if (QStringList x = a, y = b; (x.sort(), x) == (y.sort(), y))
        add(result, u"cmdline"_s, a == b ? u"blanks between the words"_s : u"order of the words"_s, before,
            after, pcrs);
}

// Options of a .config as a map; "is not set" counts as absent.
QMap<QByteArray, QByteArray> optionsOf(const QByteArray &config) {
    QMap<QByteArray, QByteArray> options;
    for (const QByteArray &line : config.split('\n'))
        if (const qsizetype equals = line.indexOf('='); equals > 0 && line.startsWith("CONFIG_"))
            options.insert(line.left(equals), line.mid(equals + 1));
    return options;
}

// Each as compactJson() has it; empty when it is not there.
void compareMetadata(EifComparison &result, const QString &path, const QByteArray &before,
                     const QByteArray &after) {
    if (before == after)
        return;
    if (before.startsWith('{') && after.startsWith('{')) {
        JsonMembers a = jsonMembers(before), b = jsonMembers(after);
        std::set<QByteArray> names;
        for (const JsonMembers &members : {a, b})
            for (const auto &[name, value] : members)
                names.insert(name);
        for (const QByteArray &name : names) {
            const QString key = QString::fromUtf8(name);
            compareMetadata(result, path.isEmpty() ? key : path + u'.' + key, a[name], b[name]);
        }
        return;
    }
    const auto text = [](const QByteArray &json) {
        return json.startsWith('"') ? textOfJsonString(json) : QString::fromUtf8(json);
    };
    add(result, u"metadata"_s, path, text(before), text(after), {});
}

void compareCertificates(EifComparison &result, const EifDocument &before, const EifDocument &after,
                         const EifComparison::Pcr &pcr8) {
    if (pcr8.isEqual())
        return;
    const launch::Certificate *a = before.certificate(), *b = after.certificate();
    if (!a || !b) {
        result.differences.push_back({b   ? Kind::added
                                      : a ? Kind::removed
                                          : Kind::changed,
                                      u"certificate"_s,
                                      u"signature"_s,
                                      a ? QString::fromStdString(a->subject()) : u"not signed"_s,
                                      b ? QString::fromStdString(b->subject()) : u"not signed"_s,
                                      {8}});
        return;
    }
    const auto field = [&](const char *name, const std::string &x, const std::string &y) {
        if (x != y)
            add(result, u"certificate"_s, QString::fromLatin1(name), QString::fromStdString(x),
                QString::fromStdString(y), {8});
    };
    const size_t count = result.differences.size();
    field("subject", a->subject(), b->subject());
    field("issuer", a->issuer(), b->issuer());
    field("serial number", a->serialHex(), b->serialHex());
    field("not before", a->notBeforeText(), b->notBeforeText());
    field("not after", a->notAfterText(), b->notAfterText());
    field("public key", a->keyText(), b->keyText());
    if (result.differences.size() == count)
        add(result, u"certificate"_s, u"content"_s, u"the same names and dates, other key or signature"_s, {},
            {8});
}

// Bytes that belong to no section: neither measured nor covered by the CRC.
std::vector<ByteRegion> looseBytes(const EifDocument &document) {
    std::vector<ByteRegion> regions;
    for (const eif::Diagnostic &diagnostic : document.image().diagnostics)
        if (diagnostic.problem == eif::Problem::trailingBytes ||
            diagnostic.problem == eif::Problem::sectionGap)
            regions.push_back({&document.source(), diagnostic.offset, diagnostic.length});
    return regions;
}

app::Result<void> compareLooseBytes(EifComparison &result, const EifDocument &before,
                                    const EifDocument &after, const std::stop_token &stop) {
    const auto a = looseBytes(before), b = looseBytes(after);
    const auto text = [](const std::vector<ByteRegion> &regions) {
        QStringList places;
        for (const ByteRegion &region : regions)
            places << u"%1 at byte %2"_s.arg(sizeText(region.size)).arg(region.offset);
        return places.isEmpty() ? u"none"_s : places.join(u", "_s);
    };
    bool isEqual = a.size() == b.size();
    for (size_t i = 0; isEqual && i < a.size(); ++i) {
        const auto same = hasSameBytes(a[i], b[i], stop);
        if (!same)
            return tl::unexpected(same.error());
        isEqual = *same;
    }
    if (!isEqual)
        add(result, u"file"_s, u"bytes outside of the sections"_s, text(a),
            text(a) == text(b) ? u"other bytes"_s : text(b), {});
    return {};
}

// The CRC follows from the rest; what counts is whether it is right.
void compareChecksums(EifComparison &result, const EifMeasurements &before, const EifMeasurements &after) {
    const auto text = [](const EifMeasurements &measured) {
        return measured.isCrcGood()   ? u"right"_s
               : measured.computedCrc ? u"%1, should be %2"_s.arg(hexText(measured.storedCrc, 8),
                                                                  hexText(*measured.computedCrc, 8))
                                      : u"cannot be computed"_s;
    };
    if (text(before) != text(after))
        add(result, u"header"_s, u"CRC32"_s, text(before), text(after), {});
    else if (!before.isCrcGood())
        result.problems << u"The CRC32 of both files is wrong (%1): they were damaged or changed."_s.arg(
            text(before));
}

void compareHeaders(EifComparison &result, const EifDocument &before, const EifDocument &after) {
    const eif::Header &a = before.image().header, &b = after.image().header;
    const auto field = [&](const char *name, quint64 x, quint64 y) {
        if (x != y)
            add(result, u"header"_s, QString::fromLatin1(name), QString::number(x), QString::number(y), {});
    };
    field("version", a.version, b.version);
    field("flags", a.flags, b.flags);
    field("default_mem", a.defaultMemory, b.defaultMemory);
    field("default_cpus", a.defaultCpus, b.defaultCpus);
    field("reserved", a.reserved, b.reserved);
    field("unused", a.unused, b.unused);
    field("num_sections", a.sectionCount, b.sectionCount);
    // What the table has behind the last section; the entries of sections follow from these.
    for (size_t i = std::max(before.image().sectionCount, after.image().sectionCount); i < a.offsets.size();
         ++i) {
        field(qPrintable(u"unused table entry %1, offset"_s.arg(i)), a.offsets[i], b.offsets[i]);
        field(qPrintable(u"unused table entry %1, size"_s.arg(i)), a.sizes[i], b.sizes[i]);
    }
}

} // namespace

QString kindText(EifDifference::Kind kind) {
    return kind == Kind::added ? u"added"_s : kind == Kind::removed ? u"removed"_s : u"changed"_s;
}

void compareKernels(EifComparison &result, const ByteRegion &before, const ByteRegion &after,
                    const UnpackLimits &limits) {
    const std::vector<int> pcrs = {0, 1};
    const auto a = readKernelImage(before), b = readKernelImage(after);
    if (!a || !b)
        return add(result, u"kernel"_s, u"content"_s, sizeText(before.size), sizeText(after.size), pcrs);
    const size_t count = result.differences.size();
    const auto field = [&](const char *name, const QString &x, const QString &y) {
        if (x != y)
            add(result, u"kernel"_s, QString::fromLatin1(name), x, y, pcrs);
    };
    field("version", a->versionText, b->versionText);
    field("compression", compressionName(a->compression), compressionName(b->compression));
    const auto x = scanKernel(*a, limits), y = scanKernel(*b, limits);
    if (!x || !y) {
        result.problems << u"A kernel could not be unpacked: %1"_s.arg((x ? y.error() : x.error()).text());
    } else {
        field("banner", x->banner, y->banner);
        field("unpacked size", sizeText(x->unpackedBytes), sizeText(y->unpackedBytes));
        const auto left = optionsOf(x->config), right = optionsOf(y->config);
        for (auto it = left.begin(); it != left.end(); ++it)
            if (!left.isEmpty() && !right.isEmpty() && right.value(it.key()) != it.value())
                field(it.key().constData(), QString::fromUtf8(it.value()),
                      right.contains(it.key()) ? QString::fromUtf8(right.value(it.key())) : u"not set"_s);
        for (auto it = right.begin(); it != right.end(); ++it)
            if (!left.isEmpty() && !left.contains(it.key()))
                field(it.key().constData(), u"not set"_s, QString::fromUtf8(it.value()));
    }
    field("size", sizeText(before.size), sizeText(after.size));
    if (result.differences.size() == count)
        add(result, u"kernel"_s, u"content"_s, u"same version, configuration and sizes"_s, u"other bytes"_s,
            pcrs);
}

app::Result<EifComparison> compareEifs(const EifDocument &before, const EifDocument &after,
                                       const DiffOptions &options) {
    const std::stop_token stop = options.limits.unpack.stop;
    EifComparison result;
    const auto a = before.measurements(stop, options.progress);
    if (!a)
        return tl::unexpected(a.error());
    const auto b = after.measurements(stop, options.progress);
    if (!b)
        return tl::unexpected(b.error());
    result.pcrs = {
        {0, a->pcr0, b->pcr0}, {1, a->pcr1, b->pcr1}, {2, a->pcr2, b->pcr2}, {8, a->pcr8, b->pcr8}};

    const auto kernelA = regionsOf(before, eif::SectionType::kernel),
               kernelB = regionsOf(after, eif::SectionType::kernel);
    const auto onlyOne = [&](const char *name, size_t countA, size_t countB) {
        if (countA != countB)
            add(result, QString::fromLatin1(name), u"section"_s, QString::number(countA),
                QString::number(countB), {0, 1});
    };
    onlyOne("kernel", kernelA.size(), kernelB.size());
    const auto lineA = regionsOf(before, eif::SectionType::cmdline),
               lineB = regionsOf(after, eif::SectionType::cmdline);
    onlyOne("cmdline", lineA.size(), lineB.size());
    if (!kernelA.empty() && !kernelB.empty()) {
        const auto same = hasSameBytes(kernelA[0], kernelB[0], stop);
        if (!same)
            return tl::unexpected(same.error());
        if (!*same)
            compareKernels(result, kernelA[0], kernelB[0], options.limits.unpack);
    }
    const size_t countBefore = result.differences.size();
    compareCommandLines(result, before.commandLine(), after.commandLine());
    if (result.differences.size() == countBefore && !lineA.empty() && !lineB.empty()) {
        const auto same = hasSameBytes(lineA[0], lineB[0], stop);
        if (!same)
            return tl::unexpected(same.error());
        if (!*same)
            add(result, u"cmdline"_s, u"bytes"_s, u"%1"_s.arg(sizeText(lineA[0].size)),
                u"%1; the same text, but for bytes that are no characters"_s.arg(sizeText(lineB[0].size)),
                {0, 1});
    }

    const auto ramdisksA = regionsOf(before, eif::SectionType::ramdisk),
               ramdisksB = regionsOf(after, eif::SectionType::ramdisk);
    for (size_t i = 0; i < std::max(ramdisksA.size(), ramdisksB.size()); ++i) {
        const QString where = u"ramdisk %1"_s.arg(i);
        const std::vector<int> pcrs = {0, i == 0 ? 1 : 2};
        if (i >= ramdisksA.size() || i >= ramdisksB.size()) {
            const bool isAdded = i >= ramdisksA.size();
            const QString size = sizeText(isAdded ? ramdisksB[i].size : ramdisksA[i].size);
            result.differences.push_back({isAdded ? Kind::added : Kind::removed, where, u"section"_s,
                                          isAdded ? QString() : size, isAdded ? size : QString(), pcrs});
            continue;
        }
        const auto same = hasSameBytes(ramdisksA[i], ramdisksB[i], stop);
        if (!same)
            return tl::unexpected(same.error());
        if (*same)
            continue;
        if (auto done = compareRamdisks(result, where, pcrs, ramdisksA[i], ramdisksB[i], options.limits);
            !done)
            return tl::unexpected(done.error());
    }
    compareCertificates(result, before, after, result.pcrs[3]);
    compareMetadata(result, {}, before.metadataJson(), after.metadataJson());
    compareHeaders(result, before, after);
    compareChecksums(result, *a, *b);
    if (auto done = compareLooseBytes(result, before, after, stop); !done)
        return tl::unexpected(done.error());
    return result;
}

} // namespace nitroscope::formats
