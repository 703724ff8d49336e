// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/record/recording_panel.hpp"

#include "app/session/account/instruction_index.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QProgressBar>
#include <QTableView>
#include <QToolButton>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

RecordingPanel::RecordingPanel(RecordingNavigator &navigator, const QList<QAction *> &actions,
                               QAction *openAction)
    : Panel(u"recording"_s, u"Recording"_s, nullptr), m_navigator(navigator), m_menuActions(actions),
      m_place(new QLabel), m_progress(new QProgressBar), m_cancel(new QToolButton), m_table(new QTableView) {
    m_place->setTextFormat(Qt::PlainText);
    m_place->setAccessibleName(u"Place in the recording"_s);
    m_progress->setTextVisible(false);
    m_progress->setMaximumHeight(fontMetrics().height() / 2);
    m_progress->setAccessibleName(u"Way to the place"_s);
    m_cancel->setText(u"Cancel"_s);
    m_cancel->setAccessibleName(u"Stop seeking"_s);
    auto *line = new QWidget;
    auto *layout = new QHBoxLayout(line);
    layout->setContentsMargins(10, 4, 8, 4);
    layout->setSpacing(8);
    layout->addWidget(m_place);
    layout->addWidget(m_progress, 1);
    layout->addWidget(m_cancel);
    layout->addStretch();
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Places that are kept"_s);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_stack = new EmptyStack(
        makeColumn({line, m_table}, m_table), u"No recording is open"_s,
        u"A recording has a run's whole life: go to any instruction of it, backwards too, and every "
        "panel shows how things stood. Make one with Run and Record, or open one."_s,
        openAction);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_table);
    connect(&m_navigator, &RecordingNavigator::changed, this, &RecordingPanel::refresh);
    connect(&m_navigator.replay(), &ReplayControl::progress, this, &RecordingPanel::showProgress);
    connect(m_cancel, &QToolButton::clicked, &m_navigator.replay(), &ReplayControl::cancelSeek);
    connect(m_table, &QTableView::activated, this,
            [this](const QModelIndex &cell) { m_navigator.goTo(m_model.at(cell.row()).instruction); });
    refresh();
}

void RecordingPanel::setMoment(const std::optional<RunMoment> &moment) {
    m_time = moment && moment->virtualNs >= 0
                 ? u", %1 s"_s.arg(static_cast<double>(moment->virtualNs) / 1e9, 0, 'f', 6)
                 : QString();
    m_model.setNow(moment ? std::optional(moment->instruction) : std::nullopt);
    refresh();
}

void RecordingPanel::refresh() {
    const ReplayControl &replay = m_navigator.replay();
    m_stack->setEmpty(!m_navigator.recording());
    m_model.setBookmarks(m_navigator.places().bookmarks);
    const auto target = replay.target();
    QString text;
    if (target)
        text = u"Going to instruction %1"_s.arg(*target);
    else if (replay.divergence())
        text =
            u"The replay left the recording at instruction %1; what is shown after it did not happen"_s.arg(
                replay.divergence()->instruction);
    else if (replay.instruction() && replay.end())
        text = u"Instruction %1 of %2%3"_s.arg(*replay.instruction()).arg(*replay.end()).arg(m_time) +
               (replay.isCut() ? u"; the recording was cut short there"_s : QString());
    else
        text = u"The machine of the recording is not there"_s;
    m_place->setText(text);
    if (target && !m_progress->isVisibleTo(this))
        m_progress->setRange(0, 0); // from where it starts is not known yet
    m_progress->setVisible(target.has_value());
    m_cancel->setVisible(target.has_value());
}

void RecordingPanel::showProgress(quint64 instruction) {
    constexpr int steps = 1000;
    const quint64 target = m_navigator.replay().target().value_or(0);
    if (target == 0)
        return;
    m_progress->setRange(0, steps);
    m_progress->setValue(static_cast<int>(
        steps * std::min(1.0, static_cast<double>(instruction) / static_cast<double>(target))));
}

QString RecordingPanel::placeText() const {
    return m_place->text();
}

QString RecordingPanel::chosenName() const {
    const QModelIndex cell = m_table->currentIndex();
    return cell.isValid() ? m_model.at(cell.row()).name : QString();
}

void RecordingPanel::copy() {
    if (const QString text = selectedCellsText(*m_table); !text.isEmpty())
        QGuiApplication::clipboard()->setText(text);
}

void RecordingPanel::contextMenuEvent(QContextMenuEvent *event) {
    QMenu *menu = makeContextMenu(this);
    addToMenu(*menu, m_menuActions);
    menu->popup(event->globalPos());
}

} // namespace nitroscope::app
