// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/base/debug_lists.hpp"

#include "app/formats/elf/readable_name.hpp"
#include "app/ui/text/byte_text.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

QString addressText(quint64 address) {
    return offsetText(address);
}

ThreadList::ThreadList(QObject *parent)
    : RecordTable(
          {{u"CPU"_s, [](const DebugThread &t) { return t.name; }, false, false,
            [](const DebugThread &t) { return t.isCurrent ? Tone::good : Tone::normal; }},
           {u"State"_s, [](const DebugThread &t) { return t.state; }},
           {u"At"_s, [](const DebugThread &t) { return addressText(t.pc); }, true},
           {u"Task"_s, [](const DebugThread &t) { return t.task; }}},
          [](const DebugThread &a, const DebugThread &b) { return a.id == b.id; }, parent) {}

QString methodText(DebugFrame::Method method) {
    switch (method) {
    case DebugFrame::Method::registers:
        return u"registers"_s;
    case DebugFrame::Method::framePointer:
        return u"frame pointer"_s;
    case DebugFrame::Method::orc:
        return u"ORC"_s;
    case DebugFrame::Method::cfi:
        return u"CFI"_s;
    case DebugFrame::Method::guess:
        return u"guess"_s;
    }
    return {};
}

FrameList::FrameList(QObject *parent)
    : RecordTable(
          {{u"#"_s,
            [](const FrameRow &r) {
                return r.isBoundary       ? QString()
                       : r.frame.isInline ? u"inl"_s
                                          : QString::number(r.frame.level);
            },
            false, true, [](const FrameRow &) { return Tone::muted; }},
           {u"Function"_s,
            [](const FrameRow &r) {
                return r.isBoundary              ? u"──── user space ────"_s
                       : r.frame.place.isEmpty() ? addressText(r.frame.pc)
                                                 : r.frame.place;
            },
            true, false,
            [](const FrameRow &r) {
                return r.isBoundary || r.frame.isInline              ? Tone::muted
                       : r.frame.method == DebugFrame::Method::guess ? Tone::attention
                                                                     : Tone::normal;
            },
            [](const FrameRow &r) {
                return r.isBoundary ? QString()
                                    : u"%1, stack %2"_s.arg(addressText(r.frame.pc), addressText(r.frame.sp));
            }},
           {u"In"_s, [](const FrameRow &r) { return r.frame.module; }, false, false,
            [](const FrameRow &) { return Tone::muted; }},
           {u"Source"_s, [](const FrameRow &r) { return r.frame.source; }, false, false, nullptr,
            [](const FrameRow &r) { return r.frame.source; }},
           {u"Found by"_s,
            [](const FrameRow &r) { return r.isBoundary ? QString() : methodText(r.frame.method); }, false,
            false,
            [](const FrameRow &r) {
                return r.frame.method == DebugFrame::Method::guess ? Tone::attention : Tone::muted;
            }}},
          [](const FrameRow &a, const FrameRow &b) {
              return a.isBoundary == b.isBoundary && a.frame.level == b.frame.level &&
                     a.frame.isInline == b.frame.isInline && a.frame.place == b.frame.place;
          },
          parent) {}

void FrameList::setFrames(const QVector<DebugFrame> &frames) {
    QVector<FrameRow> rows;
    for (const DebugFrame &frame : frames) {
        if (frame.isUser && !rows.isEmpty() && !rows.last().frame.isUser)
            rows.append({{}, true});
        rows.append({frame, false});
        if (rows.size() > 1 && rows[rows.size() - 2].isBoundary)
            rows[rows.size() - 2].frame.isUser = true;
    }
    setRecords(std::move(rows));
}

Qt::ItemFlags FrameList::flags(const QModelIndex &cell) const {
    const FrameRow *row = at(cell.row());
    return row && row->isBoundary ? Qt::ItemFlags(Qt::ItemIsEnabled | Qt::ItemNeverHasChildren)
                                  : RecordTable::flags(cell);
}

QString breakpointKindText(const DebugBreakpoint &breakpoint) {
    const QString bytes = breakpoint.length == 1 ? u"1 byte"_s : u"%1 bytes"_s.arg(breakpoint.length);
    switch (breakpoint.kind) {
    case DebugBreakpoint::Kind::code:
        return breakpoint.once ? u"code, once"_s : u"code"_s;
    case DebugBreakpoint::Kind::write:
        return u"write, "_s + bytes;
    case DebugBreakpoint::Kind::read:
        return u"read, "_s + bytes;
    case DebugBreakpoint::Kind::access:
        return u"access, "_s + bytes;
    }
    return {};
}

QString breakpointStateText(const DebugBreakpoint &breakpoint) {
    QString text;
    switch (breakpoint.state) {
    case DebugBreakpoint::State::disabled:
        text = u"off"_s;
        break;
    case DebugBreakpoint::State::waiting:
        text = u"waiting"_s;
        break;
    case DebugBreakpoint::State::wanted:
        text = u"being set"_s;
        break;
    case DebugBreakpoint::State::set:
        text =
            breakpoint.hits == 0 ? breakpoint.problem.isEmpty() ? u"set"_s : u"set, never hit"_s : u"set"_s;
        break;
    case DebugBreakpoint::State::failed:
        text = u"failed"_s;
        break;
    }
    return breakpoint.problem.isEmpty() ? text : text + u": "_s + breakpoint.problem;
}

namespace {

// The name that a place begins with, as people write it.
QString readablePlace(const QString &place) {
    const qsizetype plus = place.indexOf(u'+');
    const qsizetype end = plus < 0 ? place.size() : plus;
    return symbols::readableName(place.first(end).toUtf8()) + place.mid(end);
}

} // namespace

BreakpointList::BreakpointList(QObject *parent)
    : RecordTable(
          {{u"No."_s, [](const DebugBreakpoint &b) { return QString::number(b.number); }},
           {u"Place"_s,
            [](const DebugBreakpoint &b) {
                const QString address = addressText(b.address);
                return b.place.isEmpty() || b.place == address ? address : readablePlace(b.place);
            },
            true, false, nullptr,
            [](const DebugBreakpoint &b) {
                return b.state == DebugBreakpoint::State::waiting ? QString() : addressText(b.address);
            }},
           {u"Stops on"_s, breakpointKindText},
           {u"If"_s,
            [](const DebugBreakpoint &b) {
                QStringList parts;
                if (!b.condition.isEmpty())
                    parts << b.condition;
                if (!b.process.isEmpty())
                    parts << u"in "_s + b.process;
                if (b.ignoreCount > 0)
                    parts << u"after %1 hits"_s.arg(b.ignoreCount);
                return parts.join(u", "_s);
            },
            false, false, nullptr, [](const DebugBreakpoint &b) { return b.condition; }},
           {u"Hits"_s, [](const DebugBreakpoint &b) { return QString::number(b.hits); }, false, true,
            [](const DebugBreakpoint &b) { return b.hits ? Tone::normal : Tone::muted; }},
           {u"State"_s, breakpointStateText, false, false,
            [](const DebugBreakpoint &b) {
                return b.state == DebugBreakpoint::State::failed ? Tone::bad
                       : !b.problem.isEmpty()                    ? Tone::attention
                       : b.state == DebugBreakpoint::State::set  ? Tone::good
                                                                 : Tone::muted;
            },
            breakpointStateText}},
          [](const DebugBreakpoint &a, const DebugBreakpoint &b) { return a.number == b.number; }, parent) {}

QVariant BreakpointList::data(const QModelIndex &cell, int role) const {
    if (role == Qt::CheckStateRole && cell.column() == number)
        if (const DebugBreakpoint *breakpoint = at(cell.row()))
            return breakpoint->enabled ? Qt::Checked : Qt::Unchecked;
    return RecordTable::data(cell, role);
}

bool BreakpointList::setData(const QModelIndex &cell, const QVariant &value, int role) {
    const DebugBreakpoint *breakpoint = at(cell.row());
    if (role != Qt::CheckStateRole || cell.column() != number || !breakpoint)
        return false;
    emit enabledWanted(breakpoint->number, value.toInt() == Qt::Checked);
    return true;
}

Qt::ItemFlags BreakpointList::flags(const QModelIndex &cell) const {
    const Qt::ItemFlags flags = RecordTable::flags(cell);
    return cell.column() == number ? flags | Qt::ItemIsUserCheckable : flags;
}

const DebugBreakpoint *BreakpointList::codeAt(quint64 address) const {
    for (const DebugBreakpoint &breakpoint : m_records)
        if (breakpoint.kind == DebugBreakpoint::Kind::code && breakpoint.address == address &&
            breakpoint.state != DebugBreakpoint::State::waiting)
            return &breakpoint;
    return nullptr;
}

TaskList::TaskList(QObject *parent)
    : RecordTable(
          {{u"PID"_s, [](const KernelTask &t) { return QString::number(t.pid); }, false, true},
           {u"Name"_s, [](const KernelTask &t) { return t.isKernelThread ? u"[%1]"_s.arg(t.name) : t.name; },
            false, false, [](const KernelTask &t) { return t.isKernelThread ? Tone::muted : Tone::normal; }},
           {u"State"_s, [](const KernelTask &t) { return t.state; }, true, false,
            [](const KernelTask &t) {
                return t.cpu ? Tone::good : t.state == "D"_L1 ? Tone::attention : Tone::muted;
            }},
           {u"CPU"_s, [](const KernelTask &t) { return t.cpu ? QString::number(*t.cpu) : QString(); }, false,
            true},
           {u"Parent"_s, [](const KernelTask &t) { return t.parent ? QString::number(*t.parent) : u"-"_s; },
            false, true, [](const KernelTask &) { return Tone::muted; }},
           {u"Task"_s, [](const KernelTask &t) { return addressText(t.taskAddress); }, true, false,
            [](const KernelTask &) { return Tone::muted; }},
           {u"Stack"_s, [](const KernelTask &t) { return addressText(t.stack); }, true, false,
            [](const KernelTask &) { return Tone::muted; }}},
          [](const KernelTask &a, const KernelTask &b) { return a.taskAddress == b.taskAddress; }, parent) {}

ModuleList::ModuleList(QObject *parent)
    : RecordTable(
          {{u"Module"_s, [](const KernelModule &m) { return m.name; }},
           {u"State"_s, [](const KernelModule &m) { return m.state; }},
           {u"Base"_s, [](const KernelModule &m) { return addressText(m.base); }, true},
           {u"Size"_s, [](const KernelModule &m) { return shortSizeText(m.bytes); }, false, true}},
          [](const KernelModule &a, const KernelModule &b) { return a.base == b.base; }, parent) {}

StackList::StackList(QObject *parent)
    : RecordTable(
          {{u"Address"_s, [](const StackSlot &s) { return addressText(s.address); }, true, false,
            [](const StackSlot &) { return Tone::muted; }},
           {u"Value"_s,
            [](const StackSlot &s) { return u"%1"_s.arg(s.value, s.bytes * 2, 16, QLatin1Char('0')); }, true,
            false, [](const StackSlot &s) { return s.value ? Tone::normal : Tone::muted; }},
           {u"Points at"_s, [](const StackSlot &s) { return s.place; }, true, false,
            [](const StackSlot &s) { return s.isText ? Tone::good : Tone::normal; }},
           {u"Note"_s, [](const StackSlot &s) { return s.note; }, false, false,
            [](const StackSlot &) { return Tone::muted; }}},
          [](const StackSlot &a, const StackSlot &b) { return a.address == b.address; }, parent) {}

QVariant StackList::data(const QModelIndex &cell, int role) const {
    if (role == changedRole && cell.column() == 1)
        if (const StackSlot *slot = at(cell.row()))
            return slot->isChanged;
    return RecordTable::data(cell, role);
}

} // namespace nitroscope::app
