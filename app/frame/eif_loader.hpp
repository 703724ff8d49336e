// SPDX-License-Identifier: GPL-2.0-or-later
//
// The open EIF: opened and measured on worker threads, so that the window stays alive however large or slow
// the file is. A new load() or cancel() makes results of earlier ones vanish.
#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/ui/work/background_task.hpp"

#include <optional>
#include <QObject>

namespace nitroscope::app {

class EifLoader : public QObject {
    Q_OBJECT
public:
    explicit EifLoader(QObject *parent = nullptr);

    void load(const QString &path);
    // Measures again after measuring was cancelled.
    void measure(const formats::EifDocument &document);
    void cancel();
    bool isBusy() const { return m_task.isBusy(); }

    // The file that was opened last, and what it measures to as soon as that is known; while the next one is
    // being opened it is still this one.
    const std::optional<formats::EifDocument> &document() const { return m_document; }
    const std::optional<formats::EifMeasurements> &measurements() const { return m_measurements; }
    QString path() const { return m_path; } // of the latest load()

signals:
    void loading(const QString &path);
    void opened(const nitroscope::formats::EifDocument &document);
    void failed(const nitroscope::app::Error &error);
    // After opened() or failed().
    void openingFinished(bool opened);
    // At most about 30 times a second.
    void measuring(quint64 doneBytes, quint64 totalBytes);
    void measured(const nitroscope::formats::EifMeasurements &measurements);
    void measuringFailed(const nitroscope::app::Error &error);

private:
    QString m_path;
    std::optional<formats::EifDocument> m_document;
    std::optional<formats::EifMeasurements> m_measurements;
    BackgroundTask m_task;
    quint64 m_asked = 0; // counts what was asked for
};

} // namespace nitroscope::app
