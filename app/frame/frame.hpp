// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window as features see it: what all of them share, and ways to one another that need no acquaintance.
// The window itself implements the rest (app/window/window_frame.hpp).
#pragma once

#include "app/frame/eif_loader.hpp"
#include "app/frame/feature.hpp"
#include "app/frame/time_cursor.hpp"
#include "app/session/account/capture_feed.hpp"
#include "app/session/capture/saved_capture.hpp"
#include "app/session/run/enclave_session.hpp"
#include "app/ui/actions/action_registry.hpp"
#include "app/ui/settings/preferences.hpp"

namespace nitroscope::app {

class Banner;
class RunControl;

class Frame : public QObject {
    Q_OBJECT
public:
    // Both outlive the frame.
    Frame(EnclaveSession &session, Preferences &preferences);

    EnclaveSession &session() const { return m_session; }
    Preferences &preferences() const { return m_preferences; }
    ActionRegistry &actions() { return m_actions; }
    // By id; nullptr when no feature has brought it.
    QAction *action(const char *id) const { return m_actions.find(QLatin1String(id)); }
    // The open EIF, which is what runs next.
    EifLoader &image() { return m_image; }
    virtual RunControl &runs() = 0;

    // What is shown: the session's run, or a saved capture, which stands for one.
    RunAccount &account() { return m_account; }
    // The moment that all panels show.
    TimeCursor &cursor() { return m_cursor; }
    const std::optional<RunMoment> &now() const { return m_cursor.now(); }
    // What is shown may be looked at and not be changed: a replay's past. Why, in a sentence; empty when it may be changed.
    QString whyFixed() const;
    // Where the account comes from; nullptr when there is no stream.
    CaptureSource *capture() const { return m_feed.source(); }
    SavedCapture &savedCapture() { return m_saved; }
    bool showsSession() const { return capture() && capture() == m_session.capture(); }
    bool showsSavedCapture() const { return capture() == &m_saved; }
    bool hasCapturedBytes() const;             // there is something to save
    quint64 lost(pcapng::Source source) const; // records, because the stream was read too slowly

    // Lets the feature at home show the place; false when nobody has it.
    bool show(const Place &place, Reveal how);
    // The user has chosen it: others may follow. Not while a place is being shown.
    void choose(const Place &place);
    // A feature shows the file beside the run; false when none knows it.
    bool showFile(const QString &path);
    virtual void raise(const Panel &panel) = 0;
    virtual void usePerspective(Perspective wanted) = 0;

    // The parent of dialogs.
    virtual QWidget &window() = 0;
    virtual Banner &banner() = 0;
    virtual void showMessage(const QString &text, int milliseconds = 5000) = 0; // in the status bar
    void say(LogLevel level, const QString &text);                              // in the log

    // A file dialog, then the file; says in the window what came of it.
    void saveText(const QString &title, const QString &suggestion, const QByteArray &content);
    void sayNotSaved(const QString &path, const QString &problem);

signals:
    void said(const nitroscope::app::LogEntry &entry);
    // What capture() tells of itself (size, losses, state) has changed, or it is another one.
    void captureChanged();

protected:
    const std::vector<std::unique_ptr<Feature>> &features() const { return m_features; }
    void makeFeatures(const FeatureList &list);
    void dropFeatures();

private:
    void watch(CaptureSource &source);

    EnclaveSession &m_session;
    Preferences &m_preferences;
    ActionRegistry m_actions;
    EifLoader m_image;
    RunAccount m_account;
    CaptureFeed m_feed{m_account};
    TimeCursor m_cursor;
    SavedCapture m_saved;
    std::vector<std::unique_ptr<Feature>> m_features;
    bool m_showing = false;
};

} // namespace nitroscope::app
