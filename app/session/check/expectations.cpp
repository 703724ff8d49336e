// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/session/check/expectations.hpp"

#include <algorithm>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using Kind = Verdict::Kind;

namespace {

QString named(const QRegularExpression &pattern) {
    return u'/' + pattern.pattern() + u'/';
}

QString nameOf(const ExpectedPcr &pcr) {
    QStringList parts;
    if (!pcr.value.isEmpty())
        parts << QString::fromLatin1(pcr.value.toHex().first(16)) + u'…';
    if (pcr.isLocked)
        parts << (*pcr.isLocked ? u"locked"_s : u"not locked"_s);
    return u"PCR%1 is %2"_s.arg(pcr.index).arg(parts.join(u", "_s));
}

QString nameOf(const ExpectedRecords &records) {
    if (!records.name.isEmpty())
        return records.name;
    const bool hasMost = records.atMost != std::numeric_limits<quint64>::max();
    return hasMost ? u"%1 to %2 of %3"_s.arg(records.atLeast).arg(records.atMost).arg(records.filterText)
                   : u"at least %1 of %2"_s.arg(records.atLeast).arg(records.filterText);
}

QString nameOf(const ExpectedFlows &flows) {
    const QString who = !flows.isDialedByGuest   ? u"on"_s
                        : *flows.isDialedByGuest ? u"by the enclave to"_s
                                                 : u"by the parent to"_s;
    QString text = u"at least %1 %2 %3 port %4"_s.arg(flows.atLeast)
                       .arg(flows.atLeast == 1 ? u"connection"_s : u"connections"_s, who)
                       .arg(flows.port);
    if (flows.bytesFromGuest > 0)
        text += u", %1 bytes from the enclave"_s.arg(flows.bytesFromGuest);
    if (flows.bytesToGuest > 0)
        text += u", %1 bytes to it"_s.arg(flows.bytesToGuest);
    return text;
}

QString nameOf(const ExpectedStage &stage) {
    return stage.withinNs ? u"%1 within %2 ms"_s.arg(stage.name).arg(double(*stage.withinNs) / 1e6)
                          : stage.name;
}

QString shown(QByteArrayView line) {
    constexpr qsizetype maxShown = 200;
    QString text = QString::fromUtf8(line.first(qMin(line.size(), maxShown)));
    return line.size() > maxShown ? text + u'…' : text;
}

} // namespace

Expectations::Expectations(const CheckSpec &spec) : m_spec(spec), m_counts(size_t(spec.records.size())) {
    const auto begin = [&](size_t &first) { first = m_verdicts.size(); };
    begin(m_inOrder);
    for (const auto &pattern : spec.inOrder)
        add("console", u"in order: "_s + named(pattern));
    begin(m_anywhere);
    for (const auto &pattern : spec.anywhere)
        add("console", u"contains "_s + named(pattern));
    begin(m_never);
    for (const auto &pattern : spec.never)
        add("console", u"never "_s + named(pattern));
    begin(m_stages);
    for (const ExpectedStage &stage : spec.stages)
        add("boot", nameOf(stage));
    begin(m_pcrs);
    for (const ExpectedPcr &pcr : spec.pcrs)
        add("pcrs", nameOf(pcr));
    begin(m_records);
    for (const ExpectedRecords &records : spec.records)
        add("records", nameOf(records));
    begin(m_flows);
    for (const ExpectedFlows &flows : spec.flows)
        add("vsock", nameOf(flows));
    begin(m_services);
    for (const ExpectedService &service : spec.services)
        add("vsock", u"the enclave's connection to port %1"_s.arg(service.port));
    begin(m_connections);
    for (const ExpectedConnection &connection : spec.connections)
        add("vsock", u"a connection to the enclave's port %1"_s.arg(connection.port));
    begin(m_end);
    if (spec.exitCode)
        add("end", u"exit code %1"_s.arg(*spec.exitCode));
}

void Expectations::add(const char *group, const QString &name) {
    m_verdicts.push_back({QString::fromLatin1(group), name, Kind::open, {}});
}

// What is broken stays so.
void Expectations::settle(size_t number, Kind kind, const QString &detail) {
    Verdict &verdict = m_verdicts[number];
    if (verdict.kind == Kind::broken)
        return;
    verdict.kind = kind;
    verdict.detail = detail;
}

void Expectations::takeConsole(QByteArrayView bytes) {
    while (!bytes.isEmpty()) {
        const qsizetype end = bytes.indexOf('\n');
        const QByteArrayView piece = end < 0 ? bytes : bytes.first(end);
        const qsizetype room = maxConsoleLine - m_line.size();
        m_line += piece.first(qMin(piece.size(), room));
        // A prompt has no end of line, and yet is what one waits for.
        look(m_line, end >= 0);
        if (end < 0)
            return;
        m_line.clear();
        m_orderAt = 0;
        bytes = bytes.sliced(end + 1);
    }
}

void Expectations::look(QByteArrayView line, bool isWhole) {
    while (line.endsWith('\r'))
        line.chop(1);
    const quint64 number = m_lines + 1;
    if (isWhole)
        ++m_lines;
    if (line.isEmpty())
        return;
    const QString text = QString::fromUtf8(line);
    const auto found = [&] { return u"line %1: %2"_s.arg(number).arg(shown(line)); };
    while (m_nextInOrder < m_spec.inOrder.size()) {
        const auto match = m_spec.inOrder[m_nextInOrder].match(text, qMin(m_orderAt, text.size()));
        if (!match.hasMatch())
            break;
        m_orderAt = qMax(match.capturedEnd(), m_orderAt + 1);
        settle(m_inOrder + size_t(m_nextInOrder++), Kind::held, found());
    }
    for (qsizetype i = 0; i < m_spec.anywhere.size(); ++i)
        if (m_verdicts[m_anywhere + size_t(i)].kind == Kind::open &&
            m_spec.anywhere[i].match(text).hasMatch())
            settle(m_anywhere + size_t(i), Kind::held, found());
    for (const QRegularExpression &pattern : std::as_const(m_watched))
        if (!hasSeen(pattern) && pattern.match(text).hasMatch())
            m_seen.insert(pattern.pattern());
    // A line that goes on may still become another one.
    if (!isWhole)
        return;
    for (qsizetype i = 0; i < m_spec.never.size(); ++i)
        if (m_verdicts[m_never + size_t(i)].kind == Kind::open && m_spec.never[i].match(text).hasMatch())
            settle(m_never + size_t(i), Kind::broken, found());
}

void Expectations::take(const RunAccount &account, const RunNews &news) {
    takeConsole(news.console);
    for (const BootStage &stage : news.stages)
        for (qsizetype i = 0; i < m_spec.stages.size(); ++i) {
            const ExpectedStage &expected = m_spec.stages[i];
            const size_t number = m_stages + size_t(i);
            if (expected.name != stage.stage || m_verdicts[number].kind != Kind::open)
                continue;
            const bool isInTime = !expected.withinNs || stage.virtualNs <= *expected.withinNs;
            settle(number, isInTime ? Kind::held : Kind::broken,
                   u"at %1 ms"_s.arg(double(stage.virtualNs) / 1e6));
        }
    for (const pcapng::Record &record : news.records) {
        if (!m_firstHostNs)
            m_firstHostNs = record.hostNs;
        for (qsizetype i = 0; i < m_spec.records.size(); ++i)
            m_counts[size_t(i)] += m_spec.records[i].filter.matches(record, *m_firstHostNs);
    }
    for (qsizetype i = 0; i < m_spec.records.size(); ++i) {
        const ExpectedRecords &expected = m_spec.records[i];
        const quint64 count = m_counts[size_t(i)];
        const QString found = u"there were %1"_s.arg(count);
        const bool hasMost = expected.atMost != std::numeric_limits<quint64>::max();
        if (count > expected.atMost)
            settle(m_records + size_t(i), Kind::broken, found);
        else if (count >= expected.atLeast)
            settle(m_records + size_t(i), hasMost && m_spec.exitCode ? Kind::open : Kind::held, found);
        else
            settle(m_records + size_t(i), Kind::open, found);
    }
    takePcrs(account);
    if (news.hasNewFlows || news.hasNewPackets || !news.changedFlows.empty())
        takeFlows(account.vsock());
}

void Expectations::takePcrs(const RunAccount &account) {
    for (qsizetype i = 0; i < m_spec.pcrs.size(); ++i) {
        const ExpectedPcr &expected = m_spec.pcrs[i];
        const std::optional<PcrValue> value = account.pcrs().value(expected.index);
        if (!value)
            continue;
        const bool isRight = (expected.value.isEmpty() || expected.value == value->value) &&
                             (!expected.isLocked || *expected.isLocked == value->locked);
        settle(m_pcrs + size_t(i), isRight ? Kind::held : Kind::open,
               u"it is %1%2"_s.arg(QString::fromLatin1(value->value.toHex()),
                                   value->locked ? u", locked"_s : QString()));
    }
}

void Expectations::takeFlows(const VsockAccount &account) {
    for (qsizetype i = 0; i < m_spec.flows.size(); ++i) {
        const ExpectedFlows &expected = m_spec.flows[i];
        quint64 count = 0, from = 0, to = 0;
        for (const VsockFlow &flow : account.flows()) {
            if (flow.servicePort() != expected.port ||
                (expected.isDialedByGuest && *expected.isDialedByGuest != flow.guestDialed) ||
                flow.state == VsockFlow::State::refused || flow.state == VsockFlow::State::connecting)
                continue;
            ++count;
            from += flow.bytesFromGuest;
            to += flow.bytesToGuest;
        }
        const bool isRight =
            count >= expected.atLeast && from >= expected.bytesFromGuest && to >= expected.bytesToGuest;
        settle(m_flows + size_t(i), isRight ? Kind::held : Kind::open,
               u"there were %1, with %2 bytes from the enclave and %3 to it"_s.arg(count).arg(from).arg(to));
    }
}

void Expectations::takeService(int number, bool isRight, const QString &detail) {
    settle(m_services + size_t(number), isRight ? Kind::held : Kind::broken, detail);
}

void Expectations::takeConnection(int number, bool isRight, const QString &detail) {
    settle(m_connections + size_t(number), isRight ? Kind::held : Kind::broken, detail);
}

void Expectations::end(int exitCode, const QString &words) {
    if (!m_line.isEmpty())
        look(QByteArray(m_line), true);
    m_line.clear();
    for (size_t i = 0; i < m_verdicts.size(); ++i) {
        if (m_verdicts[i].kind != Kind::open)
            continue;
        if (m_spec.exitCode && i == m_end)
            settle(i, exitCode == *m_spec.exitCode ? Kind::held : Kind::broken,
                   u"it was %1: %2"_s.arg(exitCode).arg(words));
        else if (i >= m_never && i < m_stages)
            settle(i, Kind::held, {});
        else if (i >= m_records && i < m_flows &&
                 m_counts[i - m_records] >= m_spec.records[qsizetype(i - m_records)].atLeast)
            settle(i, Kind::held, m_verdicts[i].detail);
        else
            settle(i, Kind::broken,
                   m_verdicts[i].detail.isEmpty() ? u"it did not come"_s : m_verdicts[i].detail);
    }
}

bool Expectations::isSettled() const {
    for (size_t i = 0; i < m_verdicts.size(); ++i)
        if (m_verdicts[i].kind == Kind::open && !(i >= m_never && i < m_stages))
            return false;
    return true;
}

bool Expectations::isBroken() const {
    return std::ranges::any_of(m_verdicts,
                               [](const Verdict &verdict) { return verdict.kind == Kind::broken; });
}

} // namespace nitroscope::app
