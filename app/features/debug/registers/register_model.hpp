// SPDX-License-Identifier: GPL-2.0-or-later
//
// The registers of one vCPU as a tree: groups, registers, and in each the parts it can be read as. The tree's
// shape never changes, so nothing that is open closes at a step; values change in place, and what differs
// from the stop before is marked.
#pragma once

#include "app/features/debug/base/register_table.hpp"
#include "app/session/target/debug_types.hpp"
#include "app/session/target/symbol_source.hpp"

#include <QAbstractItemModel>

namespace nitroscope::app {

class RegisterModel : public QAbstractItemModel {
    Q_OBJECT
public:
    enum Column { name, value, meaning, columnCountValue };
    using QAbstractItemModel::QAbstractItemModel;

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &cell, int role = Qt::DisplayRole) const override;
    // The register's bytes (little-endian) after what was typed for the cell. Error "registers".
    Result<QByteArray> typed(const QModelIndex &cell, const QString &text) const;
    // Of registers that are one number; fields and lanes take digits only.
    bool takesExpressions(const QModelIndex &cell) const;
    // A new value typed by the user is asked for, not taken: writeWanted().
    bool setData(const QModelIndex &cell, const QVariant &text, int role = Qt::EditRole) override;
    Qt::ItemFlags flags(const QModelIndex &cell) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    // Whose registers the rows are; none before. Outlives the model. False when they are these already.
    bool setArchitecture(const arch::Architecture &architecture);
    // The marks of change stay for as long as the generation does.
    void setRegisters(const RegisterSet &registers, const CodeSegment &segment);
    void setSymbols(SymbolSourcePointer symbols);
    void setStale(bool stale);
    void clear();

    const RegisterSet &registers() const { return m_now; }
    quint64 number(int stubNumber) const {
        return m_architecture ? m_architecture->value(m_now.raw, stubNumber) : 0;
    }
    QModelIndex indexOf(int stubNumber) const;

signals:
    void writeWanted(int stubNumber, const QByteArray &littleEndian);

private:
    // What an index stands for, out of its internal id: group, register in it, part of that.
    struct Place {
        int group = -1, entry = -1, part = -1;
    };
    static Place placeOf(const QModelIndex &cell);
    static quintptr idOf(const Place &place);
    const arch::Register &entryOf(const Place &place) const;
    QString valueText(const Place &place) const;
    QString meaningText(const Place &place) const;
    bool hasChanged(const Place &place) const;
    void allChanged();

    const arch::Architecture *m_architecture = nullptr;
    RegisterArrangement m_rows;
    RegisterSet m_now, m_before;
    CodeSegment m_segment;
    SymbolSourcePointer m_symbols;
    bool m_stale = false;
};

} // namespace nitroscope::app
