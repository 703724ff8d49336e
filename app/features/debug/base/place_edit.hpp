// SPDX-License-Identifier: GPL-2.0-or-later
//
// A line for an address: number, symbol or expression. The name under the cursor is completed from the
// symbols known, registers after a "$".
#pragma once

#include "app/core/arch/architecture.hpp"
#include "app/session/target/symbol_source.hpp"

#include <QLineEdit>

class QCompleter;
class QStringListModel;

namespace nitroscope::app {

class PlaceEdit : public QLineEdit {
    Q_OBJECT
public:
    explicit PlaceEdit(const QString &accessibleName, QWidget *parent = nullptr);

    void setSymbols(SymbolSourcePointer symbols) { m_symbols = std::move(symbols); }
    // Whose registers are offered; outlives the field.
    void setArchitecture(const arch::Architecture &architecture);
    // What is offered for the text before the cursor.
    QStringList candidates() const;
    // Marks the text as wrong, with the reason as a tool tip, until it is edited.
    void setProblem(const QString &problem);

signals:
    void entered(const QString &expression);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;

private:
    qsizetype wordStart() const;
    void offer();
    void complete(const QString &name);

    SymbolSourcePointer m_symbols;
    const arch::Architecture *m_architecture = nullptr;
    QStringListModel *m_names;
    QCompleter *m_completer;
};

} // namespace nitroscope::app
