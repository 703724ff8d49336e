// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/breakpoints/image_breakpoints.hpp"

#include "app/core/output/file_writer.hpp"

#include <algorithm>
#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr QLatin1String formatName{"nitroscope-breakpoints"};
constexpr qsizetype maxTextLength = 4096;        // of a place or condition, as in expressions
constexpr double maxIgnoreCount = 1'000'000'000; // as in the dialog

struct KindWord {
    DebugBreakpoint::Kind kind;
    QLatin1String word;
};
constexpr KindWord kindWords[] = {{DebugBreakpoint::Kind::code, "code"_L1},
                                  {DebugBreakpoint::Kind::write, "write"_L1},
                                  {DebugBreakpoint::Kind::read, "read"_L1},
                                  {DebugBreakpoint::Kind::access, "access"_L1}};

tl::unexpected<Error> refuse(const QString &message) {
    return failure(u"breakpoint-file"_s, message);
}

// What the user has asked for, without what became of it in a run.
DebugBreakpoint wishOf(DebugBreakpoint record) {
    record.address = 0;
    record.hits = 0;
    record.problem.clear();
    record.state = record.enabled ? DebugBreakpoint::State::waiting : DebugBreakpoint::State::disabled;
    return record;
}

bool isSameWish(const DebugBreakpoint &a, const DebugBreakpoint &b) {
    return a.kind == b.kind && a.place == b.place && a.length == b.length && a.condition == b.condition &&
           a.process == b.process && a.ignoreCount == b.ignoreCount && a.once == b.once &&
           a.enabled == b.enabled;
}

QJsonObject entryOf(const DebugBreakpoint &wish) {
    QString stops;
    for (const KindWord &known : kindWords)
        if (known.kind == wish.kind)
            stops = known.word;
    return {{u"place"_s, wish.place},
            {u"stops"_s, stops},
            {u"length"_s, qint64(wish.length)},
            {u"condition"_s, wish.condition},
            {u"process"_s, wish.process},
            {u"passOver"_s, qint64(wish.ignoreCount)},
            {u"once"_s, wish.once},
            {u"enabled"_s, wish.enabled}};
}

std::optional<DebugBreakpoint> wishOf(const QJsonObject &entry) {
    DebugBreakpoint wish;
    wish.place = entry[u"place"_s].toString();
    wish.condition = entry[u"condition"_s].toString();
    wish.process = entry[u"process"_s].toString();
    const double length = entry[u"length"_s].toDouble(1), ignored = entry[u"passOver"_s].toDouble();
    const QString stops = entry[u"stops"_s].toString();
    const auto known = std::find_if(std::begin(kindWords), std::end(kindWords),
                                    [&stops](const KindWord &each) { return each.word == stops; });
    const bool isLength = length == 1 || length == 2 || length == 4 || length == 8;
    if (known == std::end(kindWords) || !isLength || !(ignored >= 0 && ignored <= maxIgnoreCount) ||
        wish.place.isEmpty() || wish.place.size() > maxTextLength || wish.condition.size() > maxTextLength ||
        wish.process.size() > maxTextLength)
        return std::nullopt;
    wish.kind = known->kind;
    wish.length = quint64(length);
    wish.ignoreCount = quint64(ignored);
    wish.once = entry[u"once"_s].toBool();
    wish.enabled = entry[u"enabled"_s].toBool(true);
    return wishOf(wish);
}

} // namespace

QByteArray ImageBreakpoints::toJson(const QVector<DebugBreakpoint> &breakpoints) {
    QJsonArray entries;
    for (const DebugBreakpoint &wish : breakpoints)
        entries.append(entryOf(wish));
    return QJsonDocument(
               QJsonObject{{u"format"_s, formatName}, {u"version"_s, version}, {u"breakpoints"_s, entries}})
        .toJson();
}

Result<QVector<DebugBreakpoint>> ImageBreakpoints::fromJson(const QByteArray &json) {
    QJsonParseError mistake;
    const QJsonObject root = QJsonDocument::fromJson(json, &mistake).object();
    if (mistake.error != QJsonParseError::NoError)
        return refuse(u"The file with the image's breakpoints is not JSON: %1."_s.arg(mistake.errorString()));
    if (root[u"format"_s].toString() != formatName)
        return refuse(u"The file does not hold the breakpoints of an image."_s);
    if (root[u"version"_s].toInt() != version)
        return refuse(u"The image's breakpoints have version %1; this program reads version %2."_s
                          .arg(root[u"version"_s].toInt())
                          .arg(version));
    const QJsonArray entries = root[u"breakpoints"_s].toArray();
    if (entries.size() > maxCount)
        return refuse(
            u"An image has at most %1 breakpoints; the file has %2."_s.arg(maxCount).arg(entries.size()));
    QVector<DebugBreakpoint> wishes;
    for (const QJsonValue value : entries) {
        const auto wish = wishOf(value.toObject());
        if (!wish)
            return refuse(u"Breakpoint %1 of the file is not one."_s.arg(wishes.size() + 1));
        wishes.append(*wish);
    }
    return wishes;
}

QString ImageBreakpoints::path() const {
    return m_folder.isEmpty() || m_image.isEmpty() ? QString()
                                                   : m_folder + u"/breakpoints/"_s + m_image + u".json"_s;
}

QVector<DebugBreakpoint> ImageBreakpoints::stored() {
    QFile file(path());
    if (path().isEmpty() || !file.exists())
        return {};
    if (!file.open(QIODevice::ReadOnly)) {
        emit problem({u"breakpoint-file"_s, file.errorString(), std::nullopt, path()});
        return {};
    }
    auto read = fromJson(file.read(maxFileBytes));
    if (read)
        return *read;
    read.error().context = path();
    emit problem(read.error());
    return {};
}

void ImageBreakpoints::setImage(const QString &name) {
    if (name == m_image && !name.isEmpty())
        return;
    // What was set while the image was being measured is its own.
    const QVector<DebugBreakpoint> early =
        m_image.isEmpty() && !name.isEmpty() ? all() : QVector<DebugBreakpoint>();
    m_image = name;
    const QVector<DebugBreakpoint> known = stored();
    if (m_target) {
        for (const DebugBreakpoint &wish : known)
            if (std::none_of(early.cbegin(), early.cend(),
                             [&wish](const DebugBreakpoint &there) { return isSameWish(wish, there); }))
                m_target->addBreakpoint(wish);
        save();
        return;
    }
    m_records.clear();
    m_lastNumber = 0;
    for (const QVector<DebugBreakpoint> &list : {known, early})
        for (const DebugBreakpoint &wish : list)
            if (std::none_of(m_records.cbegin(), m_records.cend(),
                             [&wish](const DebugBreakpoint &there) { return isSameWish(wish, there); })) {
                m_records.append(wish);
                m_records.last().number = ++m_lastNumber;
            }
    if (!early.isEmpty())
        save();
    emit changed();
}

void ImageBreakpoints::attach(DebugTarget *target) {
    if (m_target)
        m_target->disconnect(this);
    m_target = target;
    if (target) {
        for (const DebugBreakpoint &wish : std::as_const(m_records))
            target->addBreakpoint(wish);
        connect(target, &DebugTarget::breakpointsChanged, this, &ImageBreakpoints::followTarget);
        followTarget();
    } else {
        emit changed();
    }
}

void ImageBreakpoints::followTarget() {
    if (m_target)
        take(m_target->breakpoints());
}

void ImageBreakpoints::take(const QVector<DebugBreakpoint> &records) {
    const bool isOther =
        !std::equal(records.cbegin(), records.cend(), m_records.cbegin(), m_records.cend(), isSameWish);
    m_records.clear();
    m_lastNumber = 0;
    for (const DebugBreakpoint &record : records) {
        m_records.append(wishOf(record));
        m_lastNumber = std::max(m_lastNumber, record.number);
    }
    if (isOther)
        save();
    emit changed();
}

QVector<DebugBreakpoint> ImageBreakpoints::all() const {
    return m_target ? m_target->breakpoints() : m_records;
}

void ImageBreakpoints::add(const DebugBreakpoint &wanted) {
    if (all().size() >= maxCount) {
        emit problem({u"too-many-breakpoints"_s,
                      u"An image has at most %1 breakpoints. Remove some first."_s.arg(maxCount),
                      std::nullopt,
                      {}});
        return;
    }
    if (m_target) {
        m_target->addBreakpoint(wanted);
        return;
    }
    DebugBreakpoint wish = wishOf(wanted);
    wish.number = m_lastNumber + 1;
    take(m_records + QVector<DebugBreakpoint>{wish});
}

void ImageBreakpoints::change(const DebugBreakpoint &changed) {
    if (m_target) {
        m_target->changeBreakpoint(changed);
        return;
    }
    QVector<DebugBreakpoint> records = m_records;
    for (DebugBreakpoint &record : records)
        if (record.number == changed.number)
            record = wishOf(changed);
    take(records);
}

void ImageBreakpoints::remove(int number) {
    if (m_target) {
        m_target->removeBreakpoint(number);
        return;
    }
    QVector<DebugBreakpoint> records = m_records;
    records.removeIf([number](const DebugBreakpoint &record) { return record.number == number; });
    take(records);
}

void ImageBreakpoints::save() {
    const QString file = path();
    if (file.isEmpty() || (m_records.isEmpty() && !QFile::exists(file)))
        return;
    QDir().mkpath(m_folder + u"/breakpoints"_s);
    if (const auto written = writeFile(file, toJson(m_records)); !written)
        emit problem(written.error());
}

} // namespace nitroscope::app
