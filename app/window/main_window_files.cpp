// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opening EIFs and saving what the window shows.
#include "app/window/main_window.hpp"

#include "app/core/worker.hpp"
#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/eif/eif_panel.hpp"
#include "app/formats/attestation/input.hpp"
#include "app/ui/bars/banner.hpp"

#include <QBuffer>
#include <QDir>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QMimeData>
#include <QSaveFile>
#include <QStatusBar>

namespace nitroscope::app {
namespace {

// The first local file that is being dragged; several at once are not an EIF.
QString draggedFile(const QMimeData &data) {
    const QList<QUrl> urls = data.urls();
    return urls.size() == 1 && urls.first().isLocalFile() ? urls.first().toLocalFile() : QString();
}

} // namespace

void MainWindow::chooseEif() {
    const QStringList recent = m_preferences.recentFiles();
    const QString folder = recent.isEmpty() ? QDir::homePath() : QFileInfo(recent.first()).absolutePath();
    auto *dialog =
        new QFileDialog(this, QStringLiteral("Open EIF"), folder,
                        QStringLiteral("Enclave image files (*.eif);;Captures (*.pcapng);;All files (*)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) { openFile(path); });
    dialog->open();
}

namespace {

// The first bytes decide; names are often wrong. A folder or pipe is none.
bool isCapture(const QString &path) {
    QFile file(path);
    return QFileInfo(path).isFile() && file.open(QIODevice::ReadOnly) &&
           file.read(4) == QByteArrayView("\x0a\x0d\x0d\x0a");
}

// A small file that is no EIF but decodes to a document. Larger ones are left to the EIF loader's words.
QByteArray documentIn(const QString &path) {
    constexpr qint64 most = 64 * 1024;
    QFile file(path);
    const QFileInfo facts(path);
    if (!facts.isFile() || facts.size() > most || !file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray content = file.read(most);
    return !content.startsWith(".eif") && formats::attestation::readInput(content) ? content : QByteArray();
}

} // namespace

void MainWindow::openDocument(const QByteArray &foreign, const QString &name) {
    m_attestation->setExpectedPcrs({}); // it may come from anywhere
    m_attestation->open(foreign, name);
    raisePanel(*m_attestation);
}

void MainWindow::chooseDocument() {
    auto *dialog = new QFileDialog(this, QStringLiteral("Open Attestation Document"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString &path) {
        QFile file(path);
        if (!file.open(QIODevice::ReadOnly)) {
            m_banner->display(formats::Severity::error,
                              QStringLiteral("“%1” could not be opened.").arg(QFileInfo(path).fileName()),
                              file.errorString(), {m_actions.find(QStringLiteral("file.openDocument"))});
            return;
        }
        openDocument(file.read(formats::attestation::mostInputBytes + 1), QFileInfo(path).fileName());
    });
    dialog->open();
}

void MainWindow::openFile(const QString &path, AfterOpening then) {
    if (isCapture(path))
        openCapture(path);
    else if (const QByteArray content = documentIn(path); !content.isEmpty())
        openDocument(content, QFileInfo(path).fileName());
    else
        openEif(path, then);
}

void MainWindow::openCapture(const QString &path) {
    const auto state = m_session.state();
    if (state == EnclaveSession::State::starting || state == EnclaveSession::State::running ||
        state == EnclaveSession::State::paused)
        confirmThenOpen(path, AfterOpening::showOnly);
    else
        startLoading(path, AfterOpening::showOnly);
}

void MainWindow::openEif(const QString &path, AfterOpening then) {
    const auto state = m_session.state();
    if (state == EnclaveSession::State::starting || state == EnclaveSession::State::running ||
        state == EnclaveSession::State::paused)
        confirmThenOpen(path, then);
    else
        startLoading(path, then);
}

void MainWindow::confirmThenOpen(const QString &path, AfterOpening then) {
    auto *box = new QMessageBox(
        QMessageBox::Question, QStringLiteral("Open File"),
        QStringLiteral("An enclave is running. Stop it and open “%1”?").arg(QFileInfo(path).fileName()),
        QMessageBox::Cancel, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    QPushButton *proceed = box->addButton(QStringLiteral("Stop and Open"), QMessageBox::AcceptRole);
    box->setDefaultButton(proceed);
    connect(box, &QMessageBox::accepted, this, [this, path, then] {
        const auto state = m_session.state();
        if (state == EnclaveSession::State::ended || state == EnclaveSession::State::failed) {
            startLoading(path, then); // it ended while the question was open
            return;
        }
        m_openAfterStop = path;
        m_afterStop = then;
        m_session.stop();
    });
    box->open();
}

void MainWindow::startLoading(const QString &path, AfterOpening then) {
    m_afterOpening = then; // of an EIF that is still being opened, nothing is wanted any more
    if (isCapture(path)) {
        m_saved.open(path);
        return;
    }
    m_loadingPath = path;
    m_banner->dismiss();
    m_eif->showLoading(path);
    m_loader.load(path);
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event) {
    const QMimeData &dragged = *event->mimeData();
    if (!draggedFile(dragged).isEmpty() || (!dragged.hasUrls() && dragged.hasText()))
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event) {
    const QMimeData &dragged = *event->mimeData();
    const QString path = draggedFile(dragged);
    if (path.isEmpty() && (dragged.hasUrls() || !dragged.hasText()))
        return;
    event->acceptProposedAction();
    if (path.isEmpty()) { // text out of another program
        openDocument(dragged.text().toUtf8(), QStringLiteral("Dropped text"));
        return;
    }
    openFile(path);
}

void MainWindow::exportText(const QString &title, const QString &suggestion, const QByteArray &content) {
    auto *dialog = new QFileDialog(this, title);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(suggestion);
    connect(dialog, &QFileDialog::fileSelected, this,
            [this, content](const QString &path) { writeFile(path, content); });
    dialog->open();
}

void MainWindow::exportBytes() {
    const formats::ByteRange range = m_eif->currentRange();
    if (!m_document || range.isEmpty())
        return;
    auto *dialog = new QFileDialog(this, QStringLiteral("Save Bytes"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(QStringLiteral("bytes-%1.bin").arg(range.offset, 0, 16));
    connect(
        dialog, &QFileDialog::fileSelected, this, [this, range, document = *m_document](const QString &path) {
            // A section can be gigabytes: copied in a worker, 4 MiB at a time.
            runInWorker(
                this,
                [path, range, document]() -> QString {
                    constexpr quint64 step = 4 << 20;
                    QSaveFile file(path);
                    if (!file.open(QIODevice::WriteOnly))
                        return file.errorString();
                    for (quint64 at = range.offset; at < std::min(range.end(), document.size()); at += step)
                        if (file.write(document.bytes(at, std::min(step, range.end() - at))) < 0)
                            return file.errorString();
                    return file.commit() ? QString() : file.errorString();
                },
                [this, path](const QString &problem) {
                    say(problem.isEmpty() ? LogLevel::info : LogLevel::error,
                        problem.isEmpty() ? QStringLiteral("Saved %1").arg(path)
                                          : path + QStringLiteral(": ") + problem);
                });
        });
    dialog->open();
}

void MainWindow::exportPicture() {
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    picture().save(&buffer, "PNG");
    exportText(QStringLiteral("Save Picture"), QStringLiteral("nitroscope.png"), png);
}

void MainWindow::writeFile(const QString &path, const QByteArray &content) {
    QSaveFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) < 0 || !file.commit()) {
        m_banner->display(formats::Severity::error,
                          QStringLiteral("“%1” was not saved.").arg(QFileInfo(path).fileName()),
                          file.errorString(), {});
        return;
    }
    statusBar()->showMessage(QStringLiteral("Saved %1").arg(path), 5000);
}

} // namespace nitroscope::app
