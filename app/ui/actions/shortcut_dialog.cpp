// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/actions/shortcut_dialog.hpp"

#include "app/ui/actions/action_registry.hpp"
#include "app/ui/lists/cell_delegate.hpp"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int idRole = Qt::UserRole + 100; // beside the roles of app/ui/text/roles.hpp

} // namespace

ShortcutDialog::ShortcutDialog(ActionRegistry &registry, QWidget *parent)
    : QDialog(parent), m_registry(registry), m_filter(new QLineEdit(this)), m_list(new QTreeWidget(this)),
      m_editor(new QKeySequenceEdit(this)), m_message(new QLabel(this)) {
    setWindowTitle(u"Keyboard Shortcuts"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    m_filter->setPlaceholderText(u"Filter commands"_s);
    m_filter->setAccessibleName(u"Filter commands"_s);
    m_filter->setClearButtonEnabled(true);
    m_list->setAccessibleName(u"Commands and shortcuts"_s);
    m_list->setRootIsDecorated(false);
    prepareTree(*m_list);
    m_list->header()->setStretchLastSection(true);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    m_list->setHeaderLabels({u"Command"_s, u"Shortcut"_s, u"What it does"_s});
    m_editor->setAccessibleName(u"New shortcut"_s);
    m_message->setWordWrap(true);
    auto *set = new QPushButton(u"Set"_s, this);
    auto *clear = new QPushButton(u"None"_s, this);
    auto *row = new QHBoxLayout;
    row->addWidget(new QLabel(u"Shortcut of the selected command:"_s, this));
    row->addWidget(m_editor, 1);
    row->addWidget(set);
    row->addWidget(clear);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::RestoreDefaults | QDialogButtonBox::Close, this);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_filter);
    layout->addWidget(m_list, 1);
    layout->addLayout(row);
    layout->addWidget(m_message);
    layout->addWidget(buttons);
    const int em = fontMetrics().height();
    resize(em * 46, em * 32);

    connect(m_filter, &QLineEdit::textChanged, this, &ShortcutDialog::refresh);
    connect(m_list, &QTreeWidget::currentItemChanged, this, &ShortcutDialog::showCurrent);
    const auto currentId = [this] {
        const QTreeWidgetItem *item = m_list->currentItem();
        return item ? item->data(0, idRole).toString() : QString();
    };
    connect(set, &QPushButton::clicked, this,
            [this, currentId] { assign(currentId(), m_editor->keySequence()); });
    connect(clear, &QPushButton::clicked, this, [this, currentId] { assign(currentId(), {}); });
    connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QPushButton::clicked, this, [this] {
        m_registry.resetShortcuts();
        m_message->setText(u"All shortcuts are back to their defaults."_s);
        refresh();
        emit shortcutsChanged();
    });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    refresh();
    for (int column = 0; column < 2; ++column)
        m_list->header()->resizeSection(column, em * (column == 0 ? 17 : 9));
}

void ShortcutDialog::refresh() {
    const QTreeWidgetItem *before = m_list->currentItem();
    const QString chosen = before ? before->data(0, idRole).toString() : QString();
    m_list->clear();
    for (const QAction *action : m_registry.actions()) {
        const QString title = ActionRegistry::titleOf(action);
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        const QString wanted = m_filter->text();
        if (!title.contains(wanted, Qt::CaseInsensitive) && !keys.contains(wanted, Qt::CaseInsensitive))
            continue;
        auto *item = new QTreeWidgetItem(m_list, {title, keys, action->statusTip()});
        item->setData(0, idRole, ActionRegistry::idOf(action));
        if (action->shortcut() != m_registry.defaultShortcut(ActionRegistry::idOf(action))) {
            QFont bold = font();
            bold.setBold(true);
            item->setFont(1, bold);
        }
        if (ActionRegistry::idOf(action) == chosen)
            m_list->setCurrentItem(item);
    }
}

void ShortcutDialog::showCurrent() {
    const QTreeWidgetItem *item = m_list->currentItem();
    if (const QAction *action = item ? m_registry.find(item->data(0, idRole).toString()) : nullptr)
        m_editor->setKeySequence(action->shortcut());
}

bool ShortcutDialog::assign(const QString &id, const QKeySequence &shortcut) {
    const auto outcome = m_registry.setShortcut(id, shortcut);
    m_message->setText(outcome ? QString() : outcome.error().message);
    if (!outcome)
        return false;
    refresh();
    emit shortcutsChanged();
    return true;
}

QString ShortcutDialog::message() const {
    return m_message->text();
}

} // namespace nitroscope::app
