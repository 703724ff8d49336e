// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/frame/eif_loader.hpp"

namespace nitroscope::app {

using formats::EifDocument;
using formats::EifMeasurements;

EifLoader::EifLoader(QObject *parent) : QObject(parent) {
    connect(&m_task, &BackgroundTask::progressed, this, &EifLoader::measuring);
}

void EifLoader::cancel() {
    ++m_asked;
    m_task.cancel();
}

void EifLoader::load(const QString &path) {
    const quint64 asked = ++m_asked;
    m_path = path;
    emit loading(path);
    m_task.start([path](const BackgroundTask::Control &) { return EifDocument::open(path); },
                 [this, asked](const Result<EifDocument> &document) {
                     m_document.reset();
                     m_measurements.reset();
                     if (!document) {
                         emit failed(document.error());
                         emit openingFinished(false);
                         return;
                     }
                     m_document = *document;
                     emit opened(*document);
                     emit openingFinished(true);
                     if (asked == m_asked) // whoever heard it may have asked for another file
                         measure(*document);
                 });
}

void EifLoader::measure(const EifDocument &document) {
    ++m_asked;
    m_task.start(
        [document](const BackgroundTask::Control &control) {
            return document.measurements(control.stop, control.progress);
        },
        [this](const Result<EifMeasurements> &outcome) {
            if (!outcome) {
                emit measuringFailed(outcome.error());
                return;
            }
            m_measurements = *outcome;
            emit measured(*outcome);
        });
}

} // namespace nitroscope::app
