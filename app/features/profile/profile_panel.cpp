// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/profile/profile_panel.hpp"

#include "app/features/profile/flame_view.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/find_bar.hpp"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QLabel>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

ProfilePanel::ProfilePanel(QAction *open, const QList<QAction *> &actions, QWidget *parent)
    : Panel(u"profile"_s, u"Profile"_s, parent), m_view(new FlameView),
      m_find(new FindBar(FindBar::Kinds::textOnly)), m_details(new QLabel) {
    m_details->setTextFormat(Qt::PlainText);
    m_details->setContentsMargins(8, 2, 8, 2);
    auto *const content = new QWidget;
    auto *const inner = new QVBoxLayout(content);
    inner->setContentsMargins({});
    inner->setSpacing(0);
    inner->addWidget(m_find);
    inner->addWidget(m_view, 1);
    inner->addWidget(m_details);
    m_stack = new EmptyStack(content, u"No profile"_s,
                             u"Run an enclave with a profile (Launch Options), or open folded stacks: "
                             "functions appear here, as wide as the instructions that they spent."_s,
                             open);
    auto *const layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->addWidget(m_stack);
    m_find->hide();
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    for (QAction *action : actions) {
        if (!action) {
            action = new QAction(m_view);
            action->setSeparator(true);
        }
        m_view->addAction(action);
    }
    connect(m_view, &FlameView::currentChanged, this, &ProfilePanel::refresh);
    connect(m_find, &FindBar::nextRequested, this, [this] { step(+1); });
    connect(m_find, &FindBar::previousRequested, this, [this] { step(-1); });
    connect(m_find, &FindBar::dismissed, this, [this] {
        m_view->setSearch({});
        m_view->setFocus();
    });
    setFocusProxy(m_view);
    m_stack->setEmpty(true);
    refresh();
}

void ProfilePanel::setStacks(const formats::FoldedStacks &stacks) {
    m_stacks = stacks;
    m_view->setGraph(FlameGraph(stacks));
    m_stack->setEmpty(m_view->graph().isEmpty());
    refresh();
}

void ProfilePanel::refresh() {
    const FlameGraph &graph = m_view->graph();
    if (graph.isEmpty())
        m_details->clear();
    else
        m_details->setText(graph.describe(std::max(0, m_view->current())));
}

void ProfilePanel::copy() {
    QStringList names;
    for (int number = m_view->current(); number > 0; number = m_view->graph().frame(number).parent)
        names.prepend(m_view->graph().frame(number).name);
    if (!names.isEmpty())
        QGuiApplication::clipboard()->setText(names.join(u'\n'));
}

void ProfilePanel::find() {
    if (!m_stack->isEmpty())
        m_find->open();
}

void ProfilePanel::search() {
    m_view->setSearch(m_find->text());
    const FlameGraph &graph = m_view->graph();
    const auto &found = m_view->found();
    m_find->setResult(found.empty() ? u"No match"_s
                                    : u"%1 % of all"_s.arg(100 * double(graph.samplesIn(found)) /
                                                               double(std::max<quint64>(1, graph.total())),
                                                           0, 'f', 1));
}

void ProfilePanel::step(int by) {
    search();
    m_view->findNext(by);
}

void ProfilePanel::findNext() {
    step(+1);
}

void ProfilePanel::findPrevious() {
    step(-1);
}

} // namespace nitroscope::app
