// SPDX-License-Identifier: GPL-2.0-or-later
//
// The enclave's run state as a coloured dot and a word, for toolbar and status bar.
#pragma once

#include "app/session/run/enclave_session.hpp"

#include <QWidget>

namespace nitroscope::app {

// "Not started", "Starting", "Running", "Paused", "Ended", "Failed".
QString runStateText(EnclaveSession::State state);

class StateIndicator : public QWidget {
    Q_OBJECT
public:
    explicit StateIndicator(QWidget *parent = nullptr);

    void setState(EnclaveSession::State state);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    EnclaveSession::State m_state = EnclaveSession::State::idle;
};

} // namespace nitroscope::app
