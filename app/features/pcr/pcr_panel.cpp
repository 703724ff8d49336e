// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/pcr/pcr_panel.hpp"

#include "app/formats/eif/pcr_meaning.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/theme/theme.hpp"

#include <QClipboard>
#include <QEvent>
#include <QGridLayout>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QTableView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int fadeMs = 4000; // how long a changed PCR stays marked

} // namespace

PcrPanel::PcrPanel(QWidget *parent)
    : Panel(u"pcrs"_s, u"PCRs"_s, parent), m_table(new QTableView), m_changes(new QTableView),
      m_splitter(new QSplitter(Qt::Vertical)), m_title(new QLabel), m_live(new QLabel),
      m_expected(new QLabel) {
    prepareTable(*m_table);
    m_table->setModel(&m_model);
    m_table->setAccessibleName(u"Platform configuration registers"_s);
    const int em = fontMetrics().averageCharWidth();
    const int widths[] = {7, 27, 16, 9};
    for (int column = 0; column < PcrTableModel::live; ++column)
        m_table->setColumnWidth(column, em * widths[column]);
    for (const int column : {PcrTableModel::live, PcrTableModel::expected})
        m_table->horizontalHeader()->setSectionResizeMode(column, QHeaderView::Stretch);

    auto *details = new QWidget;
    details->setAutoFillBackground(true);
    auto *grid = new QGridLayout(details);
    grid->setContentsMargins(10, 6, 10, 6);
    grid->setHorizontalSpacing(10);
    grid->setVerticalSpacing(2);
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    grid->addWidget(m_title, 0, 0, 1, 2);
    QFont digits = theme::monospace();
    digits.setPointSizeF(theme::caption().pointSizeF());
    int row = 1;
    for (QLabel *value : {m_live, m_expected}) {
        auto *name = new QLabel(value == m_live ? u"Live"_s : u"Expected"_s);
        name->setFont(theme::caption());
        value->setFont(digits);
        value->setTextFormat(Qt::RichText);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        value->setAccessibleName(name->text());
        grid->addWidget(name, row, 0, Qt::AlignTop);
        grid->addWidget(value, row, 1);
        ++row;
    }
    grid->setColumnStretch(1, 1);

    prepareTable(*m_changes);
    m_changes->setModel(&m_history);
    m_changes->setAccessibleName(u"History of the PCR"_s);
    const int changeWidths[] = {13, 25, 11};
    for (int column = 0; column < PcrHistoryModel::value; ++column)
        m_changes->setColumnWidth(column, em * changeWidths[column]);
    m_changes->hide();
    connect(m_changes, &QTableView::doubleClicked, this, [this](const QModelIndex &cell) {
        if (const quint64 id = m_history.changeAt(cell.row()).transaction)
            emit transactionChosen(id);
    });
    connect(m_changes->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &cell) {
                if (cell.isValid())
                    emit changeChosen(m_history.changeAt(cell.row()));
            });
    const auto showChanges = [this] { m_changes->setVisible(m_history.rowCount() > 0); };
    connect(&m_history, &QAbstractItemModel::rowsInserted, this, [this, showChanges] {
        showChanges();
        m_changes->scrollToBottom();
    });
    connect(&m_history, &QAbstractItemModel::modelReset, this, [this, showChanges] {
        showChanges();
        m_changes->scrollToBottom();
    });

    auto *below = new QWidget;
    auto *belowLayout = new QVBoxLayout(below);
    belowLayout->setContentsMargins({});
    belowLayout->setSpacing(0);
    belowLayout->addWidget(details);
    belowLayout->addWidget(m_changes, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_table);
    m_splitter->addWidget(below);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 0);
    const int line = fontMetrics().height();
    m_splitter->setSizes({line * 16, line * 10});
    m_stack = new EmptyStack(
        m_splitter, u"No PCRs yet"_s,
        u"Open an EIF to see the values it should have; run it to see what the enclave measures."_s);
    fillColumn(*this, {m_stack});

    m_fade.setSingleShot(true);
    m_fade.setInterval(fadeMs);
    connect(&m_fade, &QTimer::timeout, &m_model, &PcrTableModel::clearChangedMarks);
    connect(m_table->selectionModel(), &QItemSelectionModel::currentChanged, this, &PcrPanel::showDetails);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, [this] {
        bool empty = !m_model.hasLiveValues();
        for (int pcr = 0; empty && pcr < PcrTableModel::pcrCount; ++pcr)
            empty = m_model.expectedValue(pcr).isEmpty();
        m_stack->setEmpty(empty);
        showDetails();
    });
    m_table->setCurrentIndex(m_model.index(0, 0));
}

void PcrPanel::setLive(const QVector<PcrValue> &pcrs) {
    m_model.setLive(pcrs);
    m_fade.start();
}

// 24 bytes a line, bytes that differ from the other value marked.
QString PcrPanel::digest(const QByteArray &value, const QByteArray &other) const {
    if (value.isEmpty())
        return u"–<br>&nbsp;"_s;
    const QString bad = theme::toneColor(palette(), Tone::bad).name();
    QString html;
    for (qsizetype i = 0; i < value.size(); ++i) {
        if (i == 24)
            html += u"<br>"_s;
        const QString byte = QString::fromLatin1(value.mid(i, 1).toHex());
        const bool differs = !other.isEmpty() && value[i] != other.at(std::min(i, other.size() - 1));
        html += differs ? u"<span style='color:%1'>%2</span>"_s.arg(bad, byte) : byte;
        if (i % 4 == 3 && i % 24 != 23)
            html += QLatin1Char(' ');
    }
    return html;
}

void PcrPanel::showDetails() {
    const QModelIndex current = m_table->currentIndex();
    if (!current.isValid())
        return;
    const int pcr = current.row();
    m_history.setPcr(pcr);
    const PcrState state = m_model.stateOf(pcr);
    QString title = u"PCR %1 · %2"_s.arg(pcr).arg(formats::pcrMeaning(pcr));
    if (state != PcrState::unknown)
        title += u" · "_s + pcrStateText(state);
    m_title->setText(title);
    // In debug mode every byte differs, and is meant to.
    const bool compare = state == PcrState::differs;
    const QByteArray live = m_model.liveValue(pcr), expected = m_model.expectedValue(pcr);
    m_live->setText(digest(live, compare ? expected : QByteArray()));
    m_expected->setText(digest(expected, compare ? live : QByteArray()));
}

void PcrPanel::showPcr(int index) {
    m_table->setCurrentIndex(m_model.index(index, 0));
    // Its history takes room from the table, and the panel may be about to be raised: scroll after that.
    QTimer::singleShot(0, m_table, [this] { m_table->scrollTo(m_table->currentIndex()); });
}

void PcrPanel::copy() {
    if (m_changes->hasFocus()) {
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_changes));
        return;
    }
    const QString chosen = selectedCellsText(*m_table);
    QGuiApplication::clipboard()->setText(chosen.isEmpty() ? m_model.asText() : chosen);
}

void PcrPanel::selectAll() {
    m_table->selectAll();
}

void PcrPanel::changeEvent(QEvent *event) {
    Panel::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        showDetails();
}

QJsonObject PcrPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())}, {u"splitter"_s, stateText(*m_splitter)}};
}

void PcrPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
    restoreStateText(*m_splitter, state[u"splitter"_s].toString());
}

} // namespace nitroscope::app
