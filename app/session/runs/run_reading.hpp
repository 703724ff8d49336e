// SPDX-License-Identifier: GPL-2.0-or-later
//
// A kept run read from its capture beside the one that is shown, and what is compared of it.
#pragma once

#include "app/session/account/capture_feed.hpp"
#include "app/session/account/run_account.hpp"
#include "app/session/capture/saved_capture.hpp"

#include <array>
#include <QStringList>

namespace nitroscope::app {

struct RunFacts {
    static constexpr qsizetype maxLines = 20'000; // of each list; the rest is not compared

    struct Stage {
        QString name;
        qint64 ns = 0; // by the guest's clock, since its reset
    };
    std::vector<Stage> stages;
    std::array<QByteArray, PcrAccount::pcrCount> pcrs; // as they were at the end; empty: not known
    QStringList requests;                              // of the NSM, with their results
    QStringList flows;                                 // who dialed what, and how it ended
    QStringList console;                               // without the kernel's time stamps
    QString problem;                                   // why it could not be read; empty = nothing
};

class RunReading : public QObject {
    Q_OBJECT
public:
    explicit RunReading(QObject *parent = nullptr);

    void open(const QString &capture);
    bool isDone() const { return m_isDone; }
    // Once it is done.
    RunFacts facts() const;

signals:
    void done();

private:
    static constexpr qsizetype maxConsole = 4 << 20; // bytes

    RunAccount m_account;
    CaptureFeed m_feed{m_account};
    SavedCapture m_capture;
    QByteArray m_console;
    QString m_problem;
    bool m_isDone = false;
};

} // namespace nitroscope::app
