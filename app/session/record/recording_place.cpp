// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/record/recording_place.hpp"

#include <QRegularExpression>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

namespace rp = recording_place;

tl::unexpected<Error> invalid(const QString &text) {
    return failure(
        u"place-invalid"_s,
        u"‘%1’ is no place. Say start, end, an instruction's number, time:1.25s, stage:handoff, record:17, "
        "nsm:3, vsock:17, console-record:5, machine:2, guest:100, console:TEXT, pcr:16 or pcr:16:3, or "
        "bookmark:NAME."_s.arg(text));
}

std::optional<quint64> numberOf(const QString &text) {
    static const QRegularExpression form(u"^[0-9]{1,18}$"_s);
    return form.match(text).hasMatch() ? std::optional(text.toULongLong()) : std::nullopt;
}

// "1.25s", "300ms".
std::optional<qint64> nanosecondsOf(const QString &text) {
    static const QRegularExpression form(u"^([0-9]{1,9}(?:\\.[0-9]{1,9})?) ?(s|ms|us|µs|ns)$"_s);
    const auto match = form.match(text);
    if (!match.hasMatch())
        return std::nullopt;
    const QString unit = match.captured(2);
    const double scale = unit == "s"_L1 ? 1e9 : unit == "ms"_L1 ? 1e6 : unit == "ns"_L1 ? 1 : 1e3;
    return qRound64(match.captured(1).toDouble() * scale);
}

std::optional<RecordingPlace> stageOf(const QString &text) {
    constexpr quint64 maxIndex = 1000;
    if (text.isEmpty())
        return std::nullopt;
    if (!text.contains(u':'))
        return rp::Stage{text, -1};
    const quint64 index = numberOf(text.section(u':', 1)).value_or(maxIndex + 1);
    return index > maxIndex ? std::nullopt
                            : std::optional<RecordingPlace>(rp::Stage{text.section(u':', 0, 0), int(index)});
}

std::optional<RecordingPlace> pcrOf(const QString &text) {
    constexpr quint64 maxIndex = 31;
    const quint64 index = numberOf(text.section(u':', 0, 0)).value_or(maxIndex + 1);
    const quint64 number = text.contains(u':') ? numberOf(text.section(u':', 1)).value_or(0) : 1;
    return index > maxIndex || number == 0 ? std::nullopt
                                           : std::optional<RecordingPlace>(rp::PcrChange{int(index), number});
}

std::optional<RecordingPlace> recordOf(const QString &kind, const QString &text) {
    const auto number = numberOf(text);
    if (!number || *number == 0)
        return std::nullopt;
    if (kind == "record"_L1)
        return rp::Record{std::nullopt, *number};
    const QString source = kind == "console-record"_L1 ? u"console"_s : kind;
    for (int i = 0; i < static_cast<int>(pcapng::Source::foreign); ++i)
        if (nameOf(static_cast<pcapng::Source>(i)) == source)
            return rp::Record{static_cast<pcapng::Source>(i), *number};
    return std::nullopt;
}

std::optional<RecordingPlace> bookmarkOf(const QString &name, const RecordingPlaces &places) {
    const Bookmark *bookmark = places.find(name);
    return bookmark ? std::optional<RecordingPlace>(rp::Instruction{bookmark->instruction}) : std::nullopt;
}

std::optional<RecordingPlace> kindOf(const QString &kind, const QString &rest,
                                     const RecordingPlaces &places) {
    if (kind == "instruction"_L1) {
        const auto number = numberOf(rest);
        return number ? std::optional<RecordingPlace>(rp::Instruction{*number}) : std::nullopt;
    }
    if (kind == "time"_L1) {
        const auto ns = nanosecondsOf(rest);
        return ns ? std::optional<RecordingPlace>(rp::Time{*ns}) : std::nullopt;
    }
    if (kind == "stage"_L1)
        return stageOf(rest);
    if (kind == "pcr"_L1)
        return pcrOf(rest);
    if (kind == "console"_L1)
        return rest.isEmpty() ? std::nullopt : std::optional<RecordingPlace>(rp::ConsoleText{rest.toUtf8()});
    if (kind == "bookmark"_L1)
        return bookmarkOf(rest, places);
    return recordOf(kind, rest);
}

} // namespace

Result<RecordingPlace> readPlace(const QString &text, const RecordingPlaces &places) {
    if (text == "start"_L1)
        return rp::Start{};
    if (text == "end"_L1)
        return rp::End{};
    if (const auto number = numberOf(text))
        return rp::Instruction{*number};
    if (const auto ns = nanosecondsOf(text))
        return rp::Time{*ns};
    if (const qsizetype colon = text.indexOf(u':'); colon > 0)
        if (const auto place = kindOf(text.left(colon), text.mid(colon + 1), places))
            return *place;
    if (const auto place = bookmarkOf(text, places))
        return *place;
    return invalid(text.left(200));
}

std::optional<quint64> instructionOf(const RecordingPlace &place) {
    if (const auto *instruction = std::get_if<rp::Instruction>(&place))
        return instruction->number;
    return std::holds_alternative<rp::Start>(place) ? std::optional<quint64>(0) : std::nullopt;
}

bool PlaceFinder::matchesConsole(const QByteArray &bytes) {
    const QByteArray &wanted = std::get<rp::ConsoleText>(m_place).text;
    for (const char byte : bytes) {
        if (byte == '\n') {
            m_line.clear();
            continue;
        }
        if (m_line.size() >= maxLine)
            continue;
        m_line += byte;
        if (m_line.endsWith(wanted))
            return true;
    }
    return false;
}

bool PlaceFinder::matches(const pcapng::Record &record) {
    if (const auto *time = std::get_if<rp::Time>(&m_place))
        return record.virtualNs && *record.virtualNs >= time->ns;
    if (const auto *stage = std::get_if<rp::Stage>(&m_place)) {
        const auto found = bootStageOf(record);
        return found && found->stage == stage->name && (stage->index < 0 || found->index == stage->index);
    }
    if (const auto *wanted = std::get_if<rp::Record>(&m_place))
        return (!wanted->source || wanted->source == record.source) && ++m_seen == wanted->number;
    if (const auto *pcr = std::get_if<rp::PcrChange>(&m_place)) {
        const auto change = pcrChangeOf(record);
        return change && change->pcr.index == pcr->index && ++m_seen == pcr->number;
    }
    return std::holds_alternative<rp::ConsoleText>(m_place) && matchesConsole(consoleOutputOf(record));
}

bool PlaceFinder::take(const pcapng::Record &record) {
    if (m_isFound || !matches(record))
        return m_isFound;
    m_isFound = true;
    m_instruction = record.icount;
    return true;
}

Result<quint64> PlaceFinder::result() const {
    if (const auto known = instructionOf(m_place))
        return *known;
    if (!m_isFound)
        return failure(
            u"place-missing"_s,
            u"The recording has no such place; nitroscope-cli recording places lists what it has."_s);
    if (!m_instruction)
        return failure(u"place-uncounted"_s,
                       u"The capture of this recording does not tell at which instruction this was."_s);
    return *m_instruction;
}

} // namespace nitroscope::app
