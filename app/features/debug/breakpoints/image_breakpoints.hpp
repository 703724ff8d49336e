// SPDX-License-Identifier: GPL-2.0-or-later
//
// The breakpoints of an image. They can be set before it is launched, are there after the run's end and in the next
// run, and are kept in one file per image, named by what it measures to (PCR0):
//
//   { "format": "nitroscope-breakpoints", "version": 1,
//     "breakpoints": [ { "place": "start_kernel", "stops": "code", "enabled": true, … } ] }
//
// While a target is attached, its list is the image's.
#pragma once

#include "app/session/target/debug_target.hpp"

#include <QPointer>

namespace nitroscope::app {

class ImageBreakpoints : public QObject {
    Q_OBJECT
public:
    static constexpr int version = 1;
    static constexpr qsizetype maxCount = 1000, maxFileBytes = 1 << 20;

    using QObject::QObject;

    // Where the files are; nothing is kept without.
    void setFolder(const QString &folder) { m_folder = folder; }
    // By PCR0 in hex digits. Empty: an image that is not measured yet, whose breakpoints are kept with the image as
    // soon as its name is known.
    void setImage(const QString &name);
    const QString &image() const { return m_image; }
    // All that are there are set in the target, and its list is followed from then on; nullptr: the run is over.
    void attach(DebugTarget *target);

    QVector<DebugBreakpoint> all() const;
    void add(const DebugBreakpoint &wanted);
    void change(const DebugBreakpoint &changed); // by its number
    void remove(int number);

    static QByteArray toJson(const QVector<DebugBreakpoint> &breakpoints);
    // A file that is not exactly this is refused as a whole. Error "breakpoint-file".
    static Result<QVector<DebugBreakpoint>> fromJson(const QByteArray &json);

signals:
    void changed();
    void problem(const nitroscope::app::Error &error);

private:
    QString path() const;
    QVector<DebugBreakpoint> stored();
    void take(const QVector<DebugBreakpoint> &records);
    void followTarget();
    void save();

    QString m_folder, m_image;
    QPointer<DebugTarget> m_target;
    QVector<DebugBreakpoint> m_records; // as they are wished for: nothing of what became of them
    int m_lastNumber = 0;
};

} // namespace nitroscope::app
