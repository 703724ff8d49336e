// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/actions/command_palette.hpp"

#include "app/ui/actions/action_registry.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QTreeWidget>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int idRole = Qt::UserRole + 100; // beside the roles of app/ui/text/roles.hpp

// 0 = no match; otherwise the higher the better: the whole phrase, then letters in order.
int rank(const QString &title, const QString &typed) {
    if (typed.isEmpty())
        return 1;
    if (title.startsWith(typed, Qt::CaseInsensitive))
        return 4;
    if (title.contains(QLatin1Char(' ') + typed, Qt::CaseInsensitive))
        return 3;
    if (title.contains(typed, Qt::CaseInsensitive))
        return 2;
    qsizetype at = 0;
    for (const QChar letter : typed) {
        at = title.indexOf(letter, at, Qt::CaseInsensitive);
        if (at < 0)
            return 0;
        ++at;
    }
    return 1;
}

} // namespace

CommandPalette::CommandPalette(const ActionRegistry &registry, QWidget *parent)
    : QDialog(parent), m_registry(registry), m_input(new QLineEdit(this)), m_list(new QTreeWidget(this)) {
    setWindowTitle(u"Commands"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    m_input->setPlaceholderText(u"Type a command"_s);
    m_input->setAccessibleName(u"Command"_s);
    m_input->setClearButtonEnabled(true);
    m_input->installEventFilter(this);
    m_list->setAccessibleName(u"Matching commands"_s);
    m_list->setColumnCount(2);
    m_list->setHeaderHidden(true);
    m_list->setRootIsDecorated(false);
    m_list->header()->setStretchLastSection(false);
    m_list->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_list->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    prepareTree(*m_list);
    m_list->setSelectionMode(QAbstractItemView::SingleSelection);
    auto *layout = new QVBoxLayout(this);
    layout->addWidget(m_input);
    layout->addWidget(m_list);
    const int em = fontMetrics().height();
    resize(em * 28, em * 22);
    connect(m_input, &QLineEdit::textChanged, this, &CommandPalette::refresh);
    connect(m_input, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
    connect(m_list, &QTreeWidget::itemActivated, this, &CommandPalette::runCurrent);
    refresh();
}

int CommandPalette::matchCount() const {
    return m_list->topLevelItemCount();
}

void CommandPalette::refresh() {
    std::vector<std::pair<int, QAction *>> matches;
    for (QAction *action : m_registry.actions())
        if (const int value = rank(ActionRegistry::titleOf(action), m_input->text().trimmed()); value > 0)
            matches.emplace_back(value, action);
    std::stable_sort(matches.begin(), matches.end(),
                     [](const auto &a, const auto &b) { return a.first > b.first; });
    m_list->clear();
    for (const auto &[value, action] : matches) {
        auto *item = new QTreeWidgetItem(
            m_list, {ActionRegistry::titleOf(action), action->shortcut().toString(QKeySequence::NativeText)});
        item->setData(0, idRole, ActionRegistry::idOf(action));
        item->setTextAlignment(1, Qt::AlignRight | Qt::AlignVCenter);
        item->setData(1, toneRole, static_cast<int>(Tone::muted));
        if (!action->isEnabled()) {
            item->setData(0, toneRole, static_cast<int>(Tone::muted));
            item->setFlags(Qt::NoItemFlags);
        } else if (!m_list->currentItem()) {
            m_list->setCurrentItem(item);
        }
    }
}

void CommandPalette::runCurrent() {
    const QTreeWidgetItem *item = m_list->currentItem();
    if (!item || !(item->flags() & Qt::ItemIsEnabled))
        return;
    QAction *action = m_registry.find(item->data(0, idRole).toString());
    accept();
    // After this dialog has given the focus back, because some commands act on the focused panel.
    if (action)
        QMetaObject::invokeMethod(action, &QAction::trigger, Qt::QueuedConnection);
}

bool CommandPalette::eventFilter(QObject *watched, QEvent *event) {
    if (watched == m_input && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const int step = key->key() == Qt::Key_Down ? 1 : key->key() == Qt::Key_Up ? -1 : 0;
        QTreeWidgetItem *next = m_list->currentItem();
        // Commands that cannot be used now are passed over.
        do {
            next = step > 0 ? m_list->itemBelow(next) : step < 0 ? m_list->itemAbove(next) : nullptr;
        } while (next && next->isDisabled());
        if (next)
            m_list->setCurrentItem(next);
        if (step != 0)
            return true;
    }
    return QDialog::eventFilter(watched, event);
}

} // namespace nitroscope::app
