// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/file_opening.hpp"

#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QDir>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QUrl>
#include <utility>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

// The first bytes decide; names are often wrong. A folder or pipe is none.
bool isCapture(const QString &path) {
    QFile file(path);
    return QFileInfo(path).isFile() && file.open(QIODevice::ReadOnly) &&
           file.read(4) == QByteArrayView("\x0a\x0d\x0d\x0a");
}

// The one local file that is being dragged; of several at once none is meant.
QString draggedFile(const QMimeData &data) {
    const QList<QUrl> urls = data.urls();
    return urls.size() == 1 && urls.first().isLocalFile() ? urls.first().toLocalFile() : QString();
}

bool isText(const QMimeData &data) {
    return !data.hasUrls() && data.hasText();
}

} // namespace

FileOpening::FileOpening(Frame &frame) : m_frame(frame) {
    using K = QKeySequence;
    ActionRegistry &actions = frame.actions();
    actions.add({u"file.open"_s, u"&Open EIF…"_s, K::Open, u"open"_s, u"Open an enclave image file"_s},
                [this] { chooseFile(); });
    actions.add({u"file.openCapture"_s, u"Open C&apture…"_s, K(u"Ctrl+Shift+O"_s), u"open"_s,
                 u"Open a saved capture (.pcapng): every panel shows what it recorded"_s},
                [this] { chooseCapture(); });
    actions.add({u"file.clearRecent"_s, u"&Clear Recent Files"_s, {}, {}, u"Forget the recent files"_s},
                [this] {
                    m_frame.preferences().clearRecentFiles();
                    fillRecent();
                });
    tellWhenShown();
    // One run was asked for, and this is it.
    connect(&frame.session(), &EnclaveSession::stateChanged, this, [this](EnclaveSession::State state) {
        if (state == EnclaveSession::State::starting)
            m_then = AfterOpening::showOnly;
    });
}

void FileOpening::tellWhenShown() {
    const EifLoader &image = m_frame.image();
    connect(&image, &EifLoader::measured, this, &FileOpening::shown);
    connect(&image, &EifLoader::measuringFailed, this, &FileOpening::shown);
    connect(&image, &EifLoader::failed, this, &FileOpening::shown);
    connect(&m_frame.savedCapture(), &CaptureSource::stateChanged, this, [this](CaptureSource::State state) {
        using State = CaptureSource::State;
        if (state == State::complete || state == State::cancelled || state == State::failed)
            emit shown();
    });
}

void FileOpening::manage(QMenu &recent) {
    m_recent = &recent;
    connect(&m_frame.image(), &EifLoader::openingFinished, this, &FileOpening::finish);
    fillRecent();
}

void FileOpening::finish(bool opened) {
    const AfterOpening then = std::exchange(m_then, AfterOpening::showOnly);
    if (!opened)
        return;
    m_frame.preferences().addRecentFile(m_frame.image().document()->path());
    fillRecent();
    if (then == AfterOpening::run)
        m_frame.runs().run();
}

void FileOpening::openFile(const QString &path, AfterOpening then) {
    if (isCapture(path))
        openCapture(path);
    else if (m_frame.showFile(path))
        emit shown();
    else
        openEif(path, then);
}

void FileOpening::openCapture(const QString &path) {
    whenNothingRuns(path, [this, path] {
        m_then = AfterOpening::showOnly; // of an EIF that is still being opened, nothing is wanted any more
        m_frame.savedCapture().open(path);
    });
}

void FileOpening::openEif(const QString &path, AfterOpening then) {
    whenNothingRuns(path, [this, path, then] {
        m_then = then;
        m_frame.banner().dismiss();
        m_frame.image().load(path);
    });
}

void FileOpening::whenNothingRuns(const QString &path, std::function<void()> open) {
    if (!m_frame.runs().isBusy()) {
        open();
        return;
    }
    auto *box =
        new QMessageBox(QMessageBox::Question, u"Open File"_s,
                        u"An enclave is running. Stop it and open “%1”?"_s.arg(QFileInfo(path).fileName()),
                        QMessageBox::Cancel, &m_frame.window());
    box->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton *proceed = box->addButton(u"Stop and Open"_s, QMessageBox::AcceptRole);
    box->setDefaultButton(proceed);
    connect(box, &QMessageBox::accepted, this, [this, open = std::move(open)] {
        if (m_frame.runs().isBusy())
            m_frame.runs().stopThen(open);
        else
            open(); // it ended while the question was open
    });
    box->open();
}

void FileOpening::chooseFile() {
    const QStringList recent = m_frame.preferences().recentFiles();
    chooseFileToOpen(m_frame.window(),
                     {u"Open EIF"_s,
                      recent.isEmpty() ? QDir::homePath() : QFileInfo(recent.first()).absolutePath(),
                      u"Enclave image files (*.eif);;Captures (*.pcapng);;All files (*)"_s},
                     [this](const QString &path) { openFile(path, AfterOpening::showOnly); });
}

// What somebody chooses here is meant as a capture, whatever is in it.
void FileOpening::chooseCapture() {
    chooseFileToOpen(m_frame.window(), {u"Open Capture"_s, {}, u"Captures (*.pcapng);;All files (*)"_s},
                     [this](const QString &path) { openCapture(path); });
}

void FileOpening::fillRecent() {
    m_recent->clear();
    const QStringList files = m_frame.preferences().recentFiles();
    for (const QString &path : files) {
        QString label = path;
        QAction *action = m_recent->addAction(label.replace(u'&', u"&&"_s));
        connect(action, &QAction::triggered, this, [this, path] { openFile(path, AfterOpening::showOnly); });
    }
    if (!files.isEmpty())
        m_recent->addSeparator();
    QAction *clear = m_frame.action("file.clearRecent");
    clear->setEnabled(!files.isEmpty());
    m_recent->addAction(clear);
}

void FileOpening::considerDrag(QDragEnterEvent &event) {
    const QMimeData &dragged = *event.mimeData();
    if (!draggedFile(dragged).isEmpty() || isText(dragged))
        event.acceptProposedAction();
}

void FileOpening::takeDrop(QDropEvent &event) {
    const QMimeData &dragged = *event.mimeData();
    const QString path = draggedFile(dragged);
    if (path.isEmpty() && !isText(dragged))
        return;
    event.acceptProposedAction();
    if (path.isEmpty())
        m_frame.show(place::Document{dragged.text().toUtf8(), u"Dropped text"_s}, Reveal::raise);
    else
        openFile(path, AfterOpening::showOnly);
}

} // namespace nitroscope::app
