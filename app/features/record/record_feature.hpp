// SPDX-License-Identifier: GPL-2.0-or-later
//
// Time travel in the window: recording a run, opening a recording, and going to the places of one. Where one stands, all
// panels learn from the frame (app/frame/time_cursor.hpp).
#pragma once

#include "app/features/record/recording_navigator.hpp"
#include "app/frame/feature.hpp"
#include "app/session/run/enclave_session.hpp"

#include <functional>

namespace nitroscope::app {

class RecordingPanel;

class RecordFeature : public Feature {
    Q_OBJECT
public:
    explicit RecordFeature(Frame &frame);

    std::vector<PanelEntry> panels() override;
    std::vector<MenuEntry> actions() override;
    void begin() override;
    void follow(const Place &place) override;
    bool openFile(const QString &path) override;

    RecordingNavigator &navigator() { return m_navigator; }
    // Stops what runs, after which the recording's machine is started.
    void openRecording(const QString &path);

private:
    void registerFiles();
    void registerMoves();
    void registerPlaces();
    void add(const char *id, const QString &text, const char *keys, const QString &help,
             std::function<void()> effect);
    void chooseRecording();
    void runAndRecord();
    void start(const Recording &recording);
    void takeState(EnclaveSession::State state);
    void tellDivergence(const ReplayDivergence &divergence);
    void goThere();
    void askPlace();
    void goToNamed(const QString &text);
    void keepPlace();
    void say(const QString &message, const Error &error);
    std::optional<quint64> instructionOf(const Place &place) const;
    void updateActions();

    RecordingNavigator m_navigator;
    RecordingPanel *m_panel = nullptr;
    std::optional<Place> m_chosen; // in whatever panel, last
};

} // namespace nitroscope::app
