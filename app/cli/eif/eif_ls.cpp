// SPDX-License-Identifier: GPL-2.0-or-later
//
// `eif ls F [PATH]`: the files of all ramdisks, in the order of the archives, as ls -l shows them.
#include "app/cli/eif/eif_commands.hpp"
#include "app/cli/kit/arguments.hpp"
#include "app/cli/kit/console_output.hpp"
#include "app/cli/kit/exit_code.hpp"
#include "app/cli/kit/signal_watch.hpp"
#include "app/core/output/visible_text.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/formats/json/json_text.hpp"
#include "app/formats/tree/value_text.hpp"

#include <map>
#include <QDateTime>

namespace nitroscope::cli {
namespace {

using namespace formats;

struct LsOptions {
    std::string file, path;
    bool json = false;
    LimitOptions limits;
};

// Lines are collected and written in large pieces; a listing of 20,000 files must not take 20,000 system
// calls.
class Lister {
public:
    Lister(const LsOptions &options, int number) : m_json(options.json), m_number(number) {
        m_path = normalPath(QByteArray::fromStdString(options.path));
    }

    bool isWanted(const RamdiskEntry &entry) const {
        if (m_path.isEmpty())
            return true;
        const QByteArray path = normalPath(entry.path);
        return path == m_path || (path.startsWith(m_path) && path[m_path.size()] == '/');
    }

    // `size` is that of the content, which another name of the file may bring.
    void add(const RamdiskEntry &entry, quint32 size, const QByteArray &target) {
        if (m_json)
            addJson(entry, size, target);
        else
            addLine(entry, size, target);
    }

    QByteArray take() { return std::exchange(m_text, {}); }
    qsizetype size() const { return m_text.size(); }

private:
    void addLine(const RamdiskEntry &entry, quint32 size, const QByteArray &target) {
        const auto number = [&](quint64 value, int width) {
            const QByteArray digits = QByteArray::number(value);
            m_text += QByteArray(std::max<qsizetype>(0, width - digits.size()), ' ') + digits + ' ';
        };
        number(static_cast<quint64>(m_number), 1);
        m_text += modeText(entry.mode) + ' ';
        number(entry.owner, 5);
        number(entry.group, 5);
        const bool isDevice = (entry.mode & S_IFMT) == S_IFCHR || (entry.mode & S_IFMT) == S_IFBLK;
        if (isDevice)
            m_text += (QByteArray::number(entry.specialMajor) + ", " + QByteArray::number(entry.specialMinor))
                          .rightJustified(10) +
                      ' ';
        else
            number(size, 10);
        m_text += timeText(entry.modified) + ' ' + app::visibleUtf8(entry.path);
        if (!target.isEmpty())
            m_text += " -> " + app::visibleUtf8(target);
        m_text += '\n';
    }

    void addJson(const RamdiskEntry &entry, quint32 size, const QByteArray &target) {
        if (!m_isFirst)
            m_text += ",\n";
        m_isFirst = false;
        const auto field = [&](const char *name, const QByteArray &value) {
            m_text += QByteArray(m_text.endsWith('{') ? "" : ", ") + '"' + name + "\": " + value;
        };
        m_text += "    {";
        field("Ramdisk", QByteArray::number(m_number));
        field("Path", jsonString(QString::fromUtf8(entry.path)));
        field("Mode", jsonString(QString::fromLatin1(QByteArray::number(entry.mode, 8))));
        field("ModeText", jsonString(QString::fromLatin1(modeText(entry.mode))));
        field("Uid", QByteArray::number(entry.owner));
        field("Gid", QByteArray::number(entry.group));
        field("Size", QByteArray::number(size));
        field("Modified", QByteArray::number(entry.modified));
        field("Links", QByteArray::number(entry.links));
        field("Inode", QByteArray::number(entry.inode));
        if (entry.specialMajor || entry.specialMinor)
            field("Device", jsonString(u"%1:%2"_s.arg(entry.specialMajor).arg(entry.specialMinor)));
        if (entry.isLink())
            field("Target", jsonString(QString::fromUtf8(target)));
        m_text += '}';
    }

    // Many files have the same time; making the text is what costs.
    const QByteArray &timeText(quint32 seconds) {
        if (seconds != m_lastTime || m_lastTimeText.isEmpty()) {
            m_lastTime = seconds;
            m_lastTimeText =
                QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(u"yyyy-MM-dd HH:mm:ss").toLatin1();
        }
        return m_lastTimeText;
    }

    bool m_json;
    int m_number;
    QByteArray m_path, m_text, m_lastTimeText;
    quint32 m_lastTime = 0;
    bool m_isFirst = true;

public:
    void setNumber(int number) { m_number = number; }
};

// Content of a symbolic link.
app::Result<QByteArray> readTarget(RamdiskReader &reader) {
    constexpr quint32 longest = 4096;
    QByteArray target(static_cast<qsizetype>(std::min(reader.entry().size, longest)), '\0');
    for (qsizetype done = 0; done < target.size();) {
        const auto count = reader.read(std::as_writable_bytes(
            std::span(target.data() + done, static_cast<size_t>(target.size() - done))));
        if (!count)
            return tl::unexpected(count.error());
        if (*count == 0)
            break;
        done += static_cast<qsizetype>(*count);
    }
    return target;
}

// Of files with several names: their sizes, for the names that come without the content. A pass of its own over the
// headers, because the content may come last and the listing holds nothing.
using LinkedSizes = std::map<RamdiskEntry::LinkKey, quint32>;
LinkedSizes linkedSizes(const ByteRegion &region, const RamdiskLimits &limits) {
    LinkedSizes sizes;
    RamdiskReader reader(region, limits);
    while (reader.next().value_or(false)) // what is wrong is told by the pass that lists
        if (reader.entry().isHardLinked() && reader.entry().size > 0)
            sizes[reader.entry().linkKey()] = reader.entry().size;
    return sizes;
}

int list(const LsOptions &options) {
    const auto document = EifDocument::open(pathOf(options.file));
    if (!document) {
        say(document.error().text());
        return refused;
    }
    const auto damage = document->damage();
    if (damage)
        say(damage->text());
    if (damage && document->image().sectionCount == 0)
        return refused;
    const SignalWatch signalWatch([](int) {});
    std::stop_source stop;
    constexpr qsizetype pieceBytes = 256 * 1024;
    Lister lister(options, 0);
    bool isWhole = !damage, isFound = false;
    int number = 0;
    const auto print = [&options](const QByteArray &text) {
        return options.json ? printJson(text) : printText(text);
    };
    if (options.json)
        if (const int failed = print("{\n  \"Files\": [\n"))
            return failed;
    for (const eif::Section &section : document->image().used()) {
        if (section.type != eif::SectionType::ramdisk)
            continue;
        lister.setNumber(number++);
        const ByteRegion region = {&document->source(), section.dataOffset, section.availableSize};
        const LinkedSizes sizes = linkedSizes(region, options.limits.limits(stop));
        RamdiskReader reader(region, options.limits.limits(stop));
        while (true) {
            const auto more = reader.next();
            if (!more) {
                if (const int signal = SignalWatch::received())
                    return bySignal + signal;
                say(u"ramdisk %1: %2"_s.arg(number - 1).arg(more.error().text()));
                isWhole = false;
            }
            if (!more || !*more)
                break;
            if (!lister.isWanted(reader.entry()))
                continue;
            isFound = true;
            const RamdiskEntry entry = reader.entry();
            const auto target = entry.isLink() ? readTarget(reader) : app::Result<QByteArray>();
            const auto linked = entry.isHardLinked() ? sizes.find(entry.linkKey()) : sizes.end();
            lister.add(entry, linked == sizes.end() ? entry.size : linked->second,
                       target.value_or(QByteArray()));
            if (lister.size() > pieceBytes)
                if (const int failed = print(lister.take()))
                    return failed;
        }
        if (const auto &odd = reader.oddEntry())
            say(u"ramdisk %1: %2"_s.arg(number - 1).arg(odd->text()));
    }
    QByteArray rest = lister.take();
    if (options.json)
        rest += "\n  ],\n  \"Complete\": " + QByteArray(isWhole ? "true" : "false") + "\n}\n";
    if (const int failed = print(rest))
        return failed;
    if (!isFound && !options.path.empty())
        say(u"No file of the ramdisks has the path '%1'."_s.arg(textOf(options.path)));
    return isWhole && (isFound || options.path.empty()) ? ok : refused;
}

} // namespace

void addEifLs(CLI::App &group, int &code) {
    CLI::App *command =
        group.add_subcommand("ls", "List the files of the ramdisks: ramdisk, mode, owner, group, size, "
                                   "time, path");
    auto options = std::make_shared<LsOptions>();
    command->add_option("eif", options->file, "EIF")->required()->type_name("FILE");
    command->add_option("path", options->path, "Only what is at or below this path")->type_name("PATH");
    command->add_flag("--json", options->json, "Print JSON");
    options->limits.addTo(*command);
    command->callback([options, &code] { code = list(*options); });
}

} // namespace nitroscope::cli
