// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/record/bookmark_dialog.hpp"

#include "app/session/record/places_file.hpp"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

BookmarkDialog::BookmarkDialog(quint64 instruction, const QString &suggestion, QWidget *parent)
    : QDialog(parent), m_name(new QLineEdit(suggestion)), m_note(new QPlainTextEdit) {
    setWindowTitle(u"Keep Instruction %1"_s.arg(instruction));
    m_name->setMaxLength(static_cast<int>(RecordingPlaces::maxNameLength));
    m_name->setAccessibleName(u"Name"_s);
    m_name->selectAll();
    m_note->setAccessibleName(u"Note"_s);
    m_note->setTabChangesFocus(true);
    m_note->setPlaceholderText(u"What is to be seen here"_s);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    m_keep = buttons->addButton(u"&Keep"_s, QDialogButtonBox::AcceptRole);
    auto *layout = new QFormLayout(this);
    layout->addRow(u"&Name"_s, m_name);
    layout->addRow(u"N&ote"_s, m_note);
    layout->addRow(buttons);
    const auto judge = [this] { m_keep->setEnabled(!m_name->text().trimmed().isEmpty()); };
    connect(m_name, &QLineEdit::textChanged, this, judge);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    judge();
}

QString BookmarkDialog::name() const {
    return m_name->text().trimmed();
}

QString BookmarkDialog::note() const {
    return m_note->toPlainText().left(RecordingPlaces::maxNoteLength);
}

} // namespace nitroscope::app
