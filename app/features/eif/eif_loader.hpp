// SPDX-License-Identifier: GPL-2.0-or-later
//
// Opens an EIF and measures it on worker threads, so that the window stays alive however large or slow the
// file is. A new load() or cancel() makes results of earlier ones vanish.
#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/ui/bytes/byte_source.hpp"
#include "app/ui/work/background_task.hpp"

#include <QObject>

namespace nitroscope::app {

// An EIF's bytes for the hex view.
class EifByteSource : public ByteSource {
public:
    explicit EifByteSource(formats::EifDocument document) : m_document(std::move(document)) {}
    quint64 size() const override { return m_document.size(); }
    qsizetype read(quint64 offset, std::span<char> out) const override {
        return static_cast<qsizetype>(m_document.read(offset, out.data(), out.size()));
    }

private:
    formats::EifDocument m_document;
};

class EifLoader : public QObject {
    Q_OBJECT
public:
    explicit EifLoader(QObject *parent = nullptr);

    void load(const QString &path);
    // Measures again after measuring was cancelled.
    void measure(const formats::EifDocument &document);
    void cancel();
    bool isBusy() const { return m_task.isBusy(); }

signals:
    void opened(const nitroscope::formats::EifDocument &document);
    void failed(const nitroscope::app::Error &error);
    // At most about 30 times a second.
    void measuring(quint64 doneBytes, quint64 totalBytes);
    void measured(const nitroscope::formats::EifMeasurements &measurements);
    void measuringFailed(const nitroscope::app::Error &error);

private:
    BackgroundTask m_task;
    quint64 m_asked = 0; // counts what was asked for
};

} // namespace nitroscope::app
