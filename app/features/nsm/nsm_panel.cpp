// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/nsm/nsm_panel.hpp"

#include "app/formats/cbor/cbor_tree.hpp"
#include "app/proto/pcapng/cbor_variant.hpp"
#include "app/session/account/run_account.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/bytes/cbor_view.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/lists/following_table.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/text/byte_text.hpp"

#include <QClipboard>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QGuiApplication>
#include <QJsonArray>
#include <QJsonDocument>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

NsmPanel::NsmPanel(const RunAccount &account, QWidget *parent)
    : Panel(u"nsm"_s, u"NSM"_s, parent), m_model(account.nsm()),
      m_filter(new FilterBar(u"Filter, such as kind==ExtendPCR and pcr==16"_s, u"Text shown"_s)),
      m_table(new FollowingTable(m_model, FollowingTable::Follow::end, FollowingTable::FirstRow::always)),
      m_detail(new CborView), m_splitter(new QSplitter(Qt::Vertical)) {
    m_table->setAccessibleName(u"NSM requests"_s);
    setColumnCharacters(*m_table, {7, 11, 15, 30, 15, 10});
    m_table->horizontalHeader()->setStretchLastSection(false);
    m_table->horizontalHeader()->setSectionResizeMode(NsmListModel::arguments, QHeaderView::Stretch);

    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_table);
    m_splitter->addWidget(m_detail);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    buildFilterBar();
    m_stack = new EmptyStack(
        makeColumn({m_filter, m_splitter}, m_splitter), u"No NSM requests yet"_s,
        u"What the enclave asks its security module appears here while it runs. A saved capture "
        "(.pcapng) can be opened as well: drop it on this window."_s);
    fillColumn(*this, {m_stack});

    connect(m_table, &FollowingTable::currentRecordChanged, this, &NsmPanel::showSide);
    connect(m_table, &FollowingTable::chosen, this,
            [this](int source) { emit transactionChosen(m_model.transaction(source).id); });
    connect(m_table, &QTableView::doubleClicked, this, &NsmPanel::openDocument);
    connect(&m_model, &QAbstractItemModel::dataChanged, this, [this] {
        showSide(); // its answer may have come
        refreshStatus(m_streamNote);
    });
    connect(&m_model, &QAbstractItemModel::rowsInserted, this, [this] {
        m_stack->setEmpty(false);
        if (m_awaited && showTransaction(m_awaited))
            m_awaited = 0;
        refreshStatus(m_streamNote);
    });
    connect(&m_model, &QAbstractItemModel::modelReset, this, [this] {
        m_stack->setEmpty(m_model.sourceCount() == 0);
        refreshStatus(m_streamNote);
    });
    follow(account);
}

void NsmPanel::follow(const RunAccount &account) {
    connect(&account, &RunAccount::began, &m_model, [this, &account] { m_model.restart(account.bytes()); });
    connect(&account, &RunAccount::taken, &m_model, [this](const RunNews &news) {
        for (const int transaction : news.changedTransactions)
            m_model.changed(transaction, false);
        if (news.hasNewTransactions)
            m_model.changed(m_model.sourceCount() - 1, true);
    });
}

void NsmPanel::buildFilterBar() {
    QList<std::pair<QString, QVariant>> kinds{{u"All requests"_s, {}}};
    for (int kind = 0; kind < NSM_REQUEST_KINDS; ++kind)
        kinds.append({pcapng::nsmKindName(kind), kind});
    QList<std::pair<QString, QVariant>> results{
        {u"Any result"_s, {}}, {u"Succeeded"_s, {}}, {u"Failed"_s, {}}};
    for (int result = 1; result < NSM_ERRORS; ++result)
        results.append({pcapng::nsmResultName(result), result});
    QList<std::pair<QString, QVariant>> pcrs{{u"Any PCR"_s, {}}};
    for (int pcr = 0; pcr < 32; ++pcr)
        pcrs.append({u"PCR %1"_s.arg(pcr), pcr});
    m_kind = m_filter->addChoice(u"Kind of request shown"_s, kinds);
    m_result = m_filter->addChoice(u"Result shown"_s, results);
    m_pcr = m_filter->addChoice(u"PCR shown"_s, pcrs);
    m_filter->setLanguage(m_model.fields(), [this](int field) { return m_model.valuesOf(field); });
    connect(m_filter, &FilterBar::changed, this, &NsmPanel::applyFilter);
}

void NsmPanel::applyFilter() {
    NsmFilter filter;
    if (m_kind->currentIndex() > 0)
        filter.kind = m_kind->currentData().toInt();
    if (m_pcr->currentIndex() > 0)
        filter.pcr = m_pcr->currentData().toInt();
    const int result = m_result->currentIndex();
    filter.which = result == 0   ? NsmFilter::Result::any
                   : result == 1 ? NsmFilter::Result::success
                   : result == 2 ? NsmFilter::Result::failure
                                 : NsmFilter::Result::one;
    filter.result = m_result->currentData().toInt();
    filter.expression = m_filter->filter();
    m_model.setFilter(filter);
}

void NsmPanel::refreshStatus(const QString &streamNote) {
    m_streamNote = streamNote;
    m_filter->setStatus(listStatusText({.shown = m_model.rowCount(),
                                        .all = m_model.sourceCount(),
                                        .notKept = m_model.notKept(),
                                        .rules = m_rules.size(),
                                        .note = streamNote}));
}

QTableView &NsmPanel::table() {
    return *m_table;
}

const NsmTransaction *NsmPanel::current() const {
    return m_table->current() < 0 ? nullptr : &m_model.transaction(m_table->current());
}

void NsmPanel::showSide() {
    const NsmTransaction *shown = current();
    if (!shown) {
        m_detail->setPieces({});
        m_detail->setNote({});
        return;
    }
    const NsmTransaction &t = *shown;
    const QByteArray request = m_model.requestBytes(t), response = m_model.responseBytes(t);
    const QString gone = u"The bytes are no longer kept."_s;
    m_detail->setPieces(
        {{u"Request"_s, request,
          t.hasRequest && t.requestBytes > 0 ? gone : u"The request is not in the capture."_s},
         {u"Response"_s, response,
          !t.hasResponse        ? u"There is no answer yet."_s
          : t.responseBytes > 0 ? gone
                                : u"The answer was dropped on purpose."_s}});
    m_detail->setNote(m_model.comment(t.id));
}

bool NsmPanel::showTransaction(quint64 id) {
    const int source = m_model.find(id);
    if (source < 0)
        return false;
    if (m_table->showRecord(source))
        return true;
    m_filter->clear();
    return m_table->showRecord(source);
}

void NsmPanel::selectWhenThere(quint64 id) {
    if (!showTransaction(id))
        m_awaited = id;
}

// The document of an attestation response, out of its CBOR.
bool NsmPanel::openDocument() {
    const NsmTransaction *t = current();
    if (!t || t->kind != NSM_REQUEST_ATTESTATION)
        return false;
    const auto decoded = pcapng::decodeCbor(m_model.responseBytes(*t));
    if (!decoded)
        return false;
    const QByteArray document =
        decoded->toMap().value(u"Attestation"_s).toMap().value(u"document"_s).toByteArray();
    if (document.isEmpty())
        return false;
    emit documentOpened(document, u"NSM transaction %1"_s.arg(t->id));
    return true;
}

void NsmPanel::copyAs(CopyForm form) {
    const bool inside = m_detail->tree().hasFocus() || m_detail->hexView().hasFocus();
    QByteArray bytes = inside ? m_detail->chosenBytes() : m_detail->pieceBytes();
    if (m_detail->hexView().hasFocus() && m_detail->hexView().selection().length > 1)
        bytes = m_detail->hexView().selectedBytes();
    if (bytes.isEmpty())
        return;
    QString text;
    switch (form) {
    case CopyForm::diagnostic:
        text = formats::cborDiagnostic(bytes);
        break;
    case CopyForm::json: {
        const QJsonValue value = formats::cborJson(bytes);
        text = QString::fromUtf8(
            value.isObject() ? QJsonDocument(value.toObject()).toJson()
            : value.isArray()
                ? QJsonDocument(value.toArray()).toJson()
                : QJsonDocument(QJsonArray{value}).toJson(QJsonDocument::Compact).chopped(1).mid(1));
        break;
    }
    case CopyForm::hex:
        text = spellBytes(bytes, ByteSpelling::hexDigits);
        break;
    case CopyForm::rustArray:
        text = spellBytes(bytes, ByteSpelling::rustArray);
        break;
    case CopyForm::cArray:
        text = spellBytes(bytes, ByteSpelling::cArray);
        break;
    }
    QGuiApplication::clipboard()->setText(text);
}

void NsmPanel::copy() {
    if (m_detail->tree().hasFocus())
        QGuiApplication::clipboard()->setText(selectedCellsText(m_detail->tree()));
    else if (m_detail->hexView().hasFocus())
        m_detail->hexView().copy(ByteSpelling::hexDigits);
    else
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_table));
}

void NsmPanel::selectAll() {
    m_table->selectAll();
}

void NsmPanel::find() {
    m_filter->startTyping();
}

QJsonObject NsmPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_table->horizontalHeader())},
            {u"splitter"_s, stateText(*m_splitter)},
            {u"detail"_s, m_detail->stateText()},
            {u"filters"_s, QJsonArray::fromStringList(m_filter->history())}};
}

void NsmPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_table->horizontalHeader(), state[u"columns"_s].toString());
    restoreStateText(*m_splitter, state[u"splitter"_s].toString());
    m_detail->restoreStateText(state[u"detail"_s].toString());
    m_filter->setHistory(state[u"filters"_s].toVariant().toStringList());
}

} // namespace nitroscope::app
