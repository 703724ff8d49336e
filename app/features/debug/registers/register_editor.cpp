// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/registers/register_editor.hpp"

#include "app/features/debug/registers/register_model.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/theme/theme.hpp"

#include <QKeyEvent>
#include <QLineEdit>
#include <QPointer>
#include <QToolTip>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

void showProblem(QLineEdit &field, const QString &why) {
    QPalette colors = field.palette();
    colors.setColor(QPalette::Text, theme::toneColor(colors, Tone::bad));
    field.setPalette(colors);
    field.setToolTip(foreignTip(why));
    QToolTip::showText(field.mapToGlobal(QPoint(0, field.height())), foreignTip(why), &field);
}

} // namespace

RegisterEditor::RegisterEditor(RegisterModel &model, Evaluate evaluate, QObject *parent)
    : CellDelegate(parent), m_model(model), m_evaluate(std::move(evaluate)) {}

QWidget *RegisterEditor::createEditor(QWidget *parent, const QStyleOptionViewItem &,
                                      const QModelIndex &cell) const {
    auto *field = new QLineEdit(parent);
    field->setFrame(false);
    field->setFont(theme::monospace());
    field->setAccessibleName(u"New value"_s);
    m_cell = cell;
    connect(field, &QLineEdit::textEdited, field, [field] {
        field->setPalette({});
        field->setToolTip({});
    });
    return field;
}

void RegisterEditor::setModelData(QWidget *editor, QAbstractItemModel *, const QModelIndex &cell) const {
    const auto *field = qobject_cast<QLineEdit *>(editor);
    if (!field)
        return;
    if (const auto typed = m_model.typed(cell, field->text()); !typed)
        emit refused(typed.error().message + u" The register is as it was."_s);
    else
        m_model.setData(cell, field->text());
}

bool RegisterEditor::eventFilter(QObject *editor, QEvent *event) {
    auto *field = qobject_cast<QLineEdit *>(editor);
    if (!field || event->type() != QEvent::KeyPress)
        return CellDelegate::eventFilter(editor, event);
    const int key = static_cast<QKeyEvent *>(event)->key();
    if (key != Qt::Key_Return && key != Qt::Key_Enter)
        return CellDelegate::eventFilter(editor, event);
    enter(*field);
    return true;
}

void RegisterEditor::enter(QLineEdit &field) {
    const auto typed = m_model.typed(m_cell, field.text());
    if (typed) {
        emit commitData(&field);
        emit closeEditor(&field);
        return;
    }
    if (!m_model.takesExpressions(m_cell)) {
        showProblem(field, typed.error().message);
        return;
    }
    m_evaluate(
        field.text(),
        [this, field = QPointer(&field)](quint64 value) {
            if (!field)
                return; // given up meanwhile
            field->setText(QString::number(value, 16));
            if (const auto fits = m_model.typed(m_cell, field->text()); !fits) {
                showProblem(*field, fits.error().message);
                return;
            }
            emit commitData(field);
            emit closeEditor(field);
        },
        [field = QPointer(&field)](const QString &why) {
            if (field)
                showProblem(*field, why);
        });
}

} // namespace nitroscope::app
