// SPDX-License-Identifier: GPL-2.0-or-later
//
// The console in the window: what the enclave writes, and what is typed or pasted into it.
#pragma once

#include "app/frame/feature.hpp"
#include "app/session/run/enclave_session.hpp"

namespace nitroscope::app {

class ConsolePanel;

class ConsoleFeature : public Feature {
    Q_OBJECT
public:
    explicit ConsoleFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    void take(const RunNews &news) override;
    void end() override;

private:
    void takeState(EnclaveSession::State state);
    void showMoment();

    ConsolePanel *m_panel;
    // Of a recorded run: what was written, and where in the capture each piece is told of.
    struct Piece {
        quint64 offset;
        qsizetype end; // in m_past
    };
    std::vector<Piece> m_pieces;
    QByteArray m_past; // as much as the panel keeps
    qsizetype m_shown = 0;
};

} // namespace nitroscope::app
