// SPDX-License-Identifier: GPL-2.0-or-later
//
// Leads one capture stream at a time into a RunAccount: that of the enclave that runs, or of a saved capture
// that somebody has opened since. What another stream still has under way reaches nobody.
#pragma once

#include "app/session/account/run_account.hpp"

#include <QPointer>

namespace nitroscope::app {

class CaptureFeed : public QObject {
    Q_OBJECT
public:
    explicit CaptureFeed(RunAccount &account, QObject *parent = nullptr)
        : QObject(parent), m_account(account) {}

    // Its streams are followed from when they begin. Call it before others watch the source: they then find
    // the account as up to date as what they hear.
    void add(CaptureSource &source);
    // The source whose stream the account has; nullptr when there is none.
    CaptureSource *source() const { return m_source; }

    // An enclave is being started whose stream will come from `live`, or never when the start fails: a saved
    // capture that is being read is given up, and the account is empty at once.
    void beginRun(CaptureSource *live);

private:
    void follow(CaptureSource &source);
    void giveUp();

    RunAccount &m_account;
    QPointer<CaptureSource> m_source;
    QPointer<CaptureSource> m_awaited; // of the run that is being started
    qint64 m_startNs = 0;
};

} // namespace nitroscope::app
