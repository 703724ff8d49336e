// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lint: what is in the ramdisks, and where the kernel stops reading them; see lint.hpp. What it makes of the files is in
// lint_programs.cpp.

#include "app/formats/lint/lint_rules.hpp"
#include "app/formats/tree/value_text.hpp"

#include <algorithm>

namespace nitroscope::formats {

namespace {

QString placeOf(const EifDocument &document, const Ramdisk &ramdisk) {
    return sectionPlace(document.image(), ramdisk.section);
}

void lintMembers(LintReport &report, const EifDocument &document, const Ramdisk &ramdisk,
                 const std::optional<KernelContent> &kernel) {
    const QString where = placeOf(document, ramdisk);
    for (const RamdiskMember &member : ramdisk.members) {
        const ByteRange range = {member.offset, member.packedBytes};
        const QString name = compressionName(member.compression);
        if (member.compression == Compression::lz4Frame)
            report.error("ramdisk-lz4-frame", where, u"The kernel only takes lz4's legacy frame."_s,
                         u"Compress with `lz4 -l`."_s, range);
        else if (kernel && kernel->ramdisk[static_cast<size_t>(member.compression)] == KernelFeature::no)
            report.error("ramdisk-compression", where,
                         u"It is compressed by %1, which this kernel was built without: 'Initramfs unpacking "
                         "failed: compression method %1 not configured'."_s.arg(name),
                         u"Use another compression, or a kernel with its CONFIG_RD_ option."_s, range);
        if (!member.remark.isEmpty())
            report.warning("ramdisk-gzip", where, member.remark,
                           u"Pack it again; was it changed after it was packed?"_s, range);
        if (member.compression == Compression::xz) {
            constexpr char noCheck = 0, crc32 = 1;
            const QByteArray head = document.bytes(member.offset, 8);
            if (head.size() == 8 && head[7] != noCheck && head[7] != crc32)
                report.error(
                    "ramdisk-xz-check", where,
                    u"Its xz check is not CRC32, the only one that the kernel knows: 'Initramfs unpacking failed: "
                    "XZ-compressed data is corrupt', or of the wrong options."_s,
                    u"Compress with `xz --check=crc32`."_s, range);
        }
    }
}

} // namespace

void lintRamdisks(LintReport &report, const EifDocument &document, const std::vector<Ramdisk> &ramdisks,
                  const std::optional<KernelContent> &kernel) {
    for (const Ramdisk &ramdisk : ramdisks) {
        const QString where = placeOf(document, ramdisk);
        lintMembers(report, document, ramdisk, kernel);
        if (const auto &problem = ramdisk.problem) {
            const bool isOurs = problem->code == u"limit"_s || problem->code == u"unsupported"_s;
            if (isOurs)
                report.markIncomplete();
            report.add(
                isOurs ? "ramdisk-limit" : "ramdisk-damaged", isOurs ? Severity::warning : Severity::error,
                where, problem->message + u" %1 entries were read before."_s.arg(ramdisk.entries.size()),
                isOurs ? u"Raise the limit (--max-unpacked, --max-entries) if you trust the file."_s
                       : u"Build the ramdisk again; the kernel unpacks only what comes before this place."_s,
                {problem->offset.value_or(ramdisk.region.offset), 0});
        } else if (ramdisk.entries.empty()) {
            report.warning("ramdisk-empty", where, u"There is no file in it."_s, u"Leave it out."_s);
        }
        if (const auto &odd = ramdisk.oddEntry)
            report.warning("ramdisk-odd-entry", where, odd->message,
                           u"Pack it with a program that knows the newc format (cpio -H newc)."_s,
                           {odd->offset.value_or(ramdisk.region.offset), 0});
        int suspicious = 0;
        for (const RamdiskEntry &entry : ramdisk.entries)
            if (isSuspiciousPath(entry.path) && suspicious++ == 0)
                report.warning("ramdisk-path", where,
                               u"The path '%1' is absolute or has '..'. The kernel takes it as it is; other "
                               u"tools refuse "
                               "it or write outside of their folder."_s.arg(printableText(entry.path)),
                               u"Pack with relative paths, for example from within the folder."_s);
        if (suspicious > 1)
            report.note("ramdisk-path", where, u"%1 more paths are like this."_s.arg(suspicious - 1),
                        u"As above."_s);
    }
    if (ramdisks.size() < 2)
        return;
    QHash<QByteArray, int> first; // of all but the last ramdisk, which nothing replaces
    for (size_t i = 0; i < ramdisks.size(); ++i)
        for (const RamdiskEntry &entry : ramdisks[i].entries) {
            if (entry.isFolder())
                continue;
            const QByteArray path = normalPath(entry.path);
            const auto found = first.constFind(path);
            if (found != first.constEnd() && *found != static_cast<int>(i))
                report.note("ramdisk-overrides", u"/"_s + printableText(path),
                            u"Ramdisk %1 replaces this file of ramdisk %2."_s.arg(i).arg(*found),
                            u"Nothing, if this is meant."_s);
            if (i + 1 < ramdisks.size())
                first.insert(path, static_cast<int>(i));
        }
}

} // namespace nitroscope::formats
