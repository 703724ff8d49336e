// SPDX-License-Identifier: GPL-2.0-or-later
//
// Typing a register's new value in its cell: digits as shown, or an expression. What cannot be taken stays in the
// field, with the reason, until it is mended or given up.
#pragma once

#include "app/ui/lists/cell_delegate.hpp"

#include <functional>
#include <QPersistentModelIndex>

class QLineEdit;

namespace nitroscope::app {

class RegisterModel;

class RegisterEditor : public CellDelegate {
    Q_OBJECT
public:
    // The value of an expression at the present stop; one of the two is called later.
    using Evaluate = std::function<void(const QString &expression, std::function<void(quint64)> done,
                                        std::function<void(const QString &)> failed)>;
    RegisterEditor(RegisterModel &model, Evaluate evaluate, QObject *parent);

    QWidget *createEditor(QWidget *parent, const QStyleOptionViewItem &option,
                          const QModelIndex &cell) const override;
    void setModelData(QWidget *editor, QAbstractItemModel *model, const QModelIndex &cell) const override;
    bool eventFilter(QObject *editor, QEvent *event) override;

signals:
    // Given up by leaving the field.
    void refused(const QString &why) const;

private:
    void enter(QLineEdit &field);

    RegisterModel &m_model;
    Evaluate m_evaluate;
    mutable QPersistentModelIndex m_cell; // being edited
};

} // namespace nitroscope::app
