// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/frame/eif_loader.hpp"

#include "app/ui/work/worker.hpp"

namespace nitroscope::app {

using formats::EifDocument;
using formats::EifMeasurements;

EifLoader::EifLoader(QObject *parent) : QObject(parent) {
    m_report.setInterval(33);
    connect(&m_report, &QTimer::timeout, this, [this] {
        if (m_progress && m_progress->total > 0)
            emit measuring(m_progress->done, m_progress->total);
    });
}

EifLoader::~EifLoader() {
    cancel();
}

void EifLoader::cancel() {
    m_stop.request_stop();
    ++m_generation;
    m_report.stop();
    m_busy = false;
}

void EifLoader::load(const QString &path) {
    cancel();
    m_busy = true;
    m_path = path;
    emit loading(path);
    const quint64 generation = m_generation;
    runInWorker(
        this, [path] { return EifDocument::open(path); },
        [this, generation](Result<EifDocument> document) {
            if (generation != m_generation)
                return;
            m_busy = false;
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
            if (generation == m_generation) // whoever heard it may have asked for another file
                measure(*document);
        });
}

void EifLoader::measure(const EifDocument &document) {
    cancel();
    m_busy = true;
    m_stop = std::stop_source();
    const quint64 generation = m_generation;
    m_progress = std::make_shared<Progress>();
    m_report.start();
    const auto report = [progress = m_progress](quint64 done, quint64 total) {
        progress->done = done;
        progress->total = total;
    };
    runInWorker(
        this, [document, stop = m_stop.get_token(), report] { return document.measurements(stop, report); },
        [this, generation](Result<EifMeasurements> outcome) {
            if (generation != m_generation)
                return;
            m_busy = false;
            m_report.stop();
            if (!outcome) {
                emit measuringFailed(outcome.error());
                return;
            }
            m_measurements = *outcome;
            emit measured(*outcome);
        });
}

} // namespace nitroscope::app
