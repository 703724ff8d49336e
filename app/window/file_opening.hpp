// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening files by their content: a capture stands for a run, an attestation document is shown beside it,
// everything else is taken for an EIF. A run that goes on is stopped first, after a question.
#pragma once

#include <functional>
#include <QObject>

class QDragEnterEvent;
class QDropEvent;
class QMenu;

namespace nitroscope::app {

class Frame;

enum class AfterOpening { showOnly, run };

class FileOpening : public QObject {
    Q_OBJECT
public:
    // Registers the commands.
    explicit FileOpening(Frame &frame);

    void openFile(const QString &path, AfterOpening then);
    void openEif(const QString &path, AfterOpening then);
    void openCapture(const QString &path);

    // The menu of recent files, kept up to date from now on. Runs what is to run after opening, too: after
    // the features have heard of the file.
    void manage(QMenu &recent);

    // Files, and text out of another program, dropped on the window.
    static void considerDrag(QDragEnterEvent &event);
    void takeDrop(QDropEvent &event);

signals:
    // All there is of a file that was opened, or why it cannot be.
    void shown();

private:
    void chooseFile();
    void chooseCapture();
    void finish(bool opened);
    void tellWhenShown();
    void fillRecent();
    // At once, or when the run is over that the user was asked about.
    void whenNothingRuns(const QString &path, std::function<void()> open);

    Frame &m_frame;
    QMenu *m_recent = nullptr;
    AfterOpening m_then = AfterOpening::showOnly; // of the EIF that is being opened
};

} // namespace nitroscope::app
