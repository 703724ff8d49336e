// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a check expects, followed while the enclave runs. Knows no session: whoever runs one tells what happens.
#pragma once

#include "app/session/account/run_account.hpp"
#include "app/session/check/check_spec.hpp"

namespace nitroscope::app {

struct Verdict {
    enum class Kind {
        open,   // may still come
        held,   // for what must not happen: as long as the run went on
        broken, // cannot hold any more
    };
    QString group, name; // "console", "contains /ready/"
    Kind kind = Kind::open;
    QString detail; // what was found instead, or where it was found
};

class Expectations {
public:
    explicit Expectations(const CheckSpec &spec);

    // Bytes of the console, split anywhere; `end` takes what has no end of line.
    void takeConsole(QByteArrayView bytes);
    void take(const RunAccount &account, const RunNews &news);
    // Of a service or connection, by its number in the spec.
    void takeService(int number, bool isRight, const QString &detail);
    void takeConnection(int number, bool isRight, const QString &detail);
    // The run is over: what is still open is broken, what must not happen has not happened.
    void end(int exitCode, const QString &words);

    // All that must come has come; what must not happen, has not happened so far.
    bool isSettled() const;
    bool isBroken() const;
    // In the order of the spec.
    const std::vector<Verdict> &verdicts() const { return m_verdicts; }
    bool hasSeen(const QRegularExpression &pattern) const { return m_seen.contains(pattern.pattern()); }
    // Lines that somebody waits for: they are known to hasSeen() then.
    void watchFor(const QRegularExpression &pattern) { m_watched.append(pattern); }

private:
    void add(const char *group, const QString &name);
    void settle(size_t number, Verdict::Kind kind, const QString &detail);
    void look(QByteArrayView line, bool isWhole);
    void takePcrs(const RunAccount &account);
    void takeFlows(const VsockAccount &account);

    CheckSpec m_spec;
    std::vector<Verdict> m_verdicts;
    // Where each kind begins among the verdicts.
    size_t m_inOrder = 0, m_anywhere = 0, m_never = 0, m_stages = 0, m_pcrs = 0, m_records = 0, m_flows = 0,
           m_services = 0, m_connections = 0, m_end = 0;
    std::vector<quint64> m_counts; // of records, as far as each filter goes
    std::optional<qint64> m_firstHostNs;
    QByteArray m_line;
    quint64 m_lines = 0;
    qsizetype m_orderAt = 0; // in the line: where the next pattern in order may begin
    qsizetype m_nextInOrder = 0;
    QVector<QRegularExpression> m_watched;
    QSet<QString> m_seen;
};

} // namespace nitroscope::app
