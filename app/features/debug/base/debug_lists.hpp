// SPDX-License-Identifier: GPL-2.0-or-later
//
// The debugger's short lists: which columns they have and how their cells read.
#pragma once

#include "app/session/target/debug_target.hpp"
#include "app/ui/lists/record_table.hpp"

namespace nitroscope::app {

class ThreadList : public RecordTable<DebugThread> {
public:
    explicit ThreadList(QObject *parent = nullptr);
};

// Frames, and a line of its own where user space begins.
struct FrameRow {
    DebugFrame frame;
    bool isBoundary = false;
};
class FrameList : public RecordTable<FrameRow> {
public:
    explicit FrameList(QObject *parent = nullptr);
    void setFrames(const QVector<DebugFrame> &frames);
    Qt::ItemFlags flags(const QModelIndex &cell) const override;
};
QString methodText(DebugFrame::Method method);

class BreakpointList : public RecordTable<DebugBreakpoint> {
    Q_OBJECT
public:
    enum Column { number, place, kind, condition, hits, state, columnCountValue };
    explicit BreakpointList(QObject *parent = nullptr);

    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    bool setData(const QModelIndex &cell, const QVariant &value, int role = Qt::EditRole) override;
    Qt::ItemFlags flags(const QModelIndex &cell) const override;
    const DebugBreakpoint *codeAt(quint64 address) const;

signals:
    void enabledWanted(int number, bool enabled);
};
QString breakpointKindText(const DebugBreakpoint &breakpoint);
// "set, hit 3 times", "set but never hit: the page is not mapped yet".
QString breakpointStateText(const DebugBreakpoint &breakpoint);

class TaskList : public RecordTable<KernelTask> {
public:
    explicit TaskList(QObject *parent = nullptr);
};

class ModuleList : public RecordTable<KernelModule> {
public:
    explicit ModuleList(QObject *parent = nullptr);
};

// Eight (or four) bytes of the stack each, what they may point at, and which frame they belong to.
struct StackSlot {
    quint64 address = 0, value = 0;
    int bytes = 8;
    QString place; // the symbol the value points at
    bool isText = false;
    QString note; // "← sp", "← bp", "return address of …"
    bool isChanged = false;
};
class StackList : public RecordTable<StackSlot> {
public:
    explicit StackList(QObject *parent = nullptr);
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
};

// "0xffffffff81000000"; as many digits as the address needs, at least 8.
QString addressText(quint64 address);

} // namespace nitroscope::app
