// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/vsock_panel.hpp"

#include "app/features/vsock/stream_view.hpp"
#include "app/features/vsock/throughput_plot.hpp"
#include "app/session/account/run_account.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/filter_bar.hpp"
#include "app/ui/bytes/buffer_byte_source.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/lists/following_table.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QDateTime>
#include <QJsonArray>
#include <QLabel>
#include <QSplitter>
#include <QTabWidget>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int clockMs = 1000; // of ages, and of asking the machine

} // namespace

VsockPanel::VsockPanel(RunAccount &account, const QList<QAction *> &actions, QWidget *parent)
    : Panel(u"vsock"_s, u"vsock"_s, parent), m_menuActions(actions), m_run(account),
      m_account(account.vsock()),
      m_filter(new FilterBar(u"Filter, such as port==5000 and kind==RW"_s, u"Traffic shown"_s)),
      m_onlyFlow(new QCheckBox(u"Only this flow"_s)),
      m_flows(new FollowingTable(m_flowModel, FollowingTable::Follow::nothing,
                                 FollowingTable::FirstRow::ofNewRows)),
      m_packets(
          new FollowingTable(m_packetModel, FollowingTable::Follow::end, FollowingTable::FirstRow::never)),
      m_payload(new HexView), m_views(new QTabWidget), m_stream(new StreamView), m_streamTitle(new QLabel),
      m_plot(new ThroughputPlot(m_account.throughput(), VsockAccount::binNs)),
      m_splitter(new QSplitter(Qt::Vertical)), m_packetSplitter(new QSplitter(Qt::Horizontal)) {
    m_flows->setAccessibleName(u"vsock flows"_s);
    setColumnCharacters(*m_flows, {7, 22, 10, 12, 15, 10, 10, 12, 10, 18});
    m_flows->horizontalHeader()->setStretchLastSection(true);

    m_views->setDocumentMode(true);
    m_views->addTab(buildPacketPage(), u"Packets"_s);
    m_views->addTab(buildStreamPage(), u"Stream"_s);
    m_views->addTab(m_plot, u"Throughput"_s);

    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_flows);
    m_splitter->addWidget(m_views);
    m_splitter->setStretchFactor(0, 2);
    m_splitter->setStretchFactor(1, 3);
    buildFilterBar();
    m_stack = new EmptyStack(
        makeColumn({m_filter, m_splitter}, m_splitter), u"No vsock traffic yet"_s,
        u"Connections between the enclave and its parent appear here while it runs, with every "
        "packet. A saved capture (.pcapng) can be opened as well: drop it on this window."_s);
    fillColumn(*this, {m_stack});
    connectModels();
    m_clock.setInterval(clockMs);
    connect(&m_clock, &QTimer::timeout, this, [this] {
        m_flowModel.setNow(QDateTime::currentMSecsSinceEpoch() * 1'000'000);
        if (isVisible() && currentFlow() >= 0)
            emit infoWanted();
    });
    connect(&m_run, &RunAccount::began, this, &VsockPanel::restart);
    connect(&m_run, &RunAccount::taken, this, &VsockPanel::take);
}

void VsockPanel::buildFilterBar() {
    QList<std::pair<QString, QVariant>> operations{{u"All operations"_s, {}}};
    for (int operation = VSOCK_OP_REQUEST; operation < VSOCK_OPS; ++operation) {
        const QString name = operationText(static_cast<quint16>(operation));
        operations.append({operation == VSOCK_OP_RW ? name + u" (data)"_s : name, operation});
    }
    m_operation = m_filter->addChoice(u"Operation shown"_s, operations);
    m_direction =
        m_filter->addChoice(u"Direction shown"_s,
                            {{u"Both ways"_s, {}}, {u"From the guest"_s, true}, {u"To the guest"_s, false}});
    m_onlyFlow->setToolTip(u"List only the packets of the flow chosen above"_s);
    m_filter->add(m_onlyFlow);
    m_filter->setLanguage(m_packetModel.fields(),
                          [this](int field) { return m_packetModel.valuesOf(field); });
    connect(m_filter, &FilterBar::changed, this, &VsockPanel::applyFilter);
    connect(m_onlyFlow, &QCheckBox::toggled, this, &VsockPanel::applyFilter);
}

QWidget *VsockPanel::buildPacketPage() {
    m_packets->setAccessibleName(u"vsock packets"_s);
    setColumnCharacters(*m_packets, {8, 12, 8, 12, 12, 16, 8, 20});
    m_packets->horizontalHeader()->setStretchLastSection(true);
    m_payload->setAccessibleName(u"Payload of the packet"_s);
    m_packetSplitter->setChildrenCollapsible(false);
    m_packetSplitter->addWidget(m_packets);
    m_packetSplitter->addWidget(m_payload);
    m_packetSplitter->setStretchFactor(0, 3);
    m_packetSplitter->setStretchFactor(1, 1);
    m_payload->hide(); // until a packet with a payload is chosen
    return m_packetSplitter;
}

QWidget *VsockPanel::buildStreamPage() {
    m_streamForm = makeChoice(u"Stream shown as"_s, {{u"Text"_s, {}}, {u"Hex dump"_s, {}}});
    m_streamDirection = makeChoice(
        u"Direction followed"_s, {{u"Both ways"_s, {}}, {u"From the guest"_s, {}}, {u"To the guest"_s, {}}});
    m_streamTitle->setTextFormat(Qt::PlainText);
    auto *page = new QWidget;
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(6);
    bar->addWidget(m_streamForm);
    bar->addWidget(m_streamDirection);
    bar->addWidget(m_streamTitle, 1);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_stream, 1);
    connect(m_streamForm, &QComboBox::currentIndexChanged, this, [this](int form) {
        m_stream->setForm(form == 0 ? StreamView::Form::text : StreamView::Form::hex);
        restartStream();
    });
    connect(m_streamDirection, &QComboBox::currentIndexChanged, this, &VsockPanel::restartStream);
    connect(m_stream, &StreamView::packetClicked, this, &VsockPanel::showPacket);
    return page;
}

void VsockPanel::connectModels() {
    connect(m_flows, &FollowingTable::currentRecordChanged, this, &VsockPanel::showChosenFlow);
    connect(m_flows, &FollowingTable::chosen, this,
            [this](int flow) { emit flowChosen(m_account.flows()[static_cast<size_t>(flow)].id); });
    connect(m_packets, &FollowingTable::currentRecordChanged, this, &VsockPanel::showChosenPacket);
    connect(m_packets, &FollowingTable::chosen, this, &VsockPanel::packetChosen);
    connect(m_flows, &QTableView::doubleClicked, this, [this] { showView(View::stream); });
    connect(m_packets, &QTableView::doubleClicked, this, [this] {
        const int packet = currentPacket();
        if (packet < 0)
            return;
        if (const int flow = m_account.packets()[static_cast<size_t>(packet)].flow; flow >= 0)
            m_flows->showRecord(flow);
        showView(View::stream);
        m_stream->showPacket(packet);
    });
    connect(m_views, &QTabWidget::currentChanged, this, [this] {
        if (m_streamFlow != currentFlow())
            restartStream();
        else
            continueStream();
    });
    connect(&m_packetModel, &QAbstractItemModel::rowsInserted, this, [this] { refreshStatus(m_streamNote); });
    connect(&m_packetModel, &QAbstractItemModel::modelReset, this, [this] { refreshStatus(m_streamNote); });
    connect(&m_flowModel, &QAbstractItemModel::rowsInserted, this, [this] {
        m_stack->setEmpty(false);
        if (m_awaited != 0 && showFlow(m_awaited))
            m_awaited = 0;
    });
    connect(&m_flowModel, &QAbstractItemModel::modelReset, this, [this] {
        m_stack->setEmpty(m_flowModel.sourceCount() == 0);
        refreshStatus(m_streamNote);
    });
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(&m_flowModel, signal, this, [this] { refreshStatus(m_streamNote); });
}

void VsockPanel::restart() {
    m_bytes = m_run.bytes();
    m_awaited = 0;
    m_flowModel.restart();
    m_packetModel.restart();
    m_payload->setSource({});
    restartStream();
    m_plot->update();
    refreshStatus();
}

void VsockPanel::take(const RunNews &news) {
    if (!news.hasNewFlows && !news.hasNewPackets && news.changedFlows.empty())
        return;
    if (news.hasNewFlows)
        m_flowModel.changed(m_flowModel.sourceCount() - 1, true);
    for (const int flow : news.changedFlows)
        m_flowModel.changed(flow, false);
    if (news.hasNewPackets)
        m_packetModel.added();
    m_stack->setEmpty(false);
    m_plot->update();
    continueStream();
}

void VsockPanel::setInfo(const qmp::VsockInfo &info) {
    for (const qmp::VsockFlowState &state : info.flows)
        if (const int flow = m_run.takeFlowState(state); flow >= 0)
            m_flowModel.changed(flow, false);
}

void VsockPanel::setMoment(const std::optional<RunMoment> &moment) {
    m_flowModel.setMoment(moment);
    m_packetModel.setMoment(moment);
}

void VsockPanel::setLive(bool live) {
    m_isLive = live;
    if (live)
        m_clock.start();
    else
        m_clock.stop();
}

void VsockPanel::setRules(const QVector<qmp::MachineRule> &rules) {
    m_rules = rules;
    refreshStatus(m_streamNote);
}

void VsockPanel::refreshStatus(const QString &streamNote) {
    m_streamNote = streamNote;
    m_filter->setStatus(
        listStatusText(
            {.shown = m_flowModel.rowCount(), .all = m_flowModel.sourceCount(), .unit = u"flows"_s}) +
        u" · "_s +
        listStatusText({.shown = m_packetModel.rowCount(),
                        .all = m_packetModel.sourceCount(),
                        .unit = u"packets"_s,
                        .notKept = m_account.notKept(),
                        .rules = m_rules.size(),
                        .note = streamNote}));
}

void VsockPanel::applyFilter() {
    VsockFilter filter;
    if (m_operation->currentIndex() > 0)
        filter.operation = m_operation->currentData().toInt();
    if (m_direction->currentIndex() > 0)
        filter.fromGuest = m_direction->currentData().toBool();
    if (m_onlyFlow->isChecked() && currentFlow() >= 0)
        filter.flow = currentFlow();
    filter.expression = m_filter->filter();
    // Only when it is new: a filter of the flows chooses a flow, which comes back here.
    if (const QString text = m_filter->text(); std::exchange(m_flowText, text) != text)
        m_flowModel.setTextFilter(text);
    m_packetModel.setFilter(filter);
}

void VsockPanel::showChosenFlow() {
    if (m_onlyFlow->isChecked() && currentFlow() >= 0 && m_packetModel.filter().flow != currentFlow())
        applyFilter();
    restartStream();
}

void VsockPanel::showChosenPacket() {
    const QByteArray payload =
        currentPacket() >= 0 && m_bytes
            ? StreamReader::payload(m_account.packets()[static_cast<size_t>(currentPacket())], *m_bytes)
            : QByteArray();
    m_payload->setSource(std::make_shared<BufferByteSource>(payload));
    if (payload.isEmpty() != m_payload->isHidden())
        m_payload->setHidden(payload.isEmpty());
}

QTableView &VsockPanel::flowTable() {
    return *m_flows;
}

QTableView &VsockPanel::packetTable() {
    return *m_packets;
}

int VsockPanel::currentFlow() const {
    return m_flows->current();
}

int VsockPanel::currentPacket() const {
    return m_packets->current();
}

bool VsockPanel::showFlow(quint64 id) {
    const int flow = m_account.find(id);
    if (flow < 0)
        return false;
    if (m_flows->showRecord(flow))
        return true;
    m_filter->setText({});
    return m_flows->showRecord(flow);
}

void VsockPanel::selectWhenThere(quint64 id) {
    if (!showFlow(id))
        m_awaited = id;
}

void VsockPanel::showPacket(int packet) {
    if (packet < 0 || packet >= m_packetModel.sourceCount())
        return;
    if (!m_packets->showRecord(packet)) {
        m_onlyFlow->setChecked(false);
        m_filter->clear();
        m_packets->showRecord(packet);
    }
    showView(View::packets);
}

void VsockPanel::showView(View view) {
    m_views->setCurrentIndex(static_cast<int>(view));
    if (view == View::stream)
        m_stream->setFocus();
    else if (view == View::packets)
        m_packets->setFocus();
}

void VsockPanel::setOnlyFlow(bool on) {
    m_onlyFlow->setChecked(on);
}

bool VsockPanel::isOnlyFlow() const {
    return m_onlyFlow->isChecked();
}

qmp::VsockMatch VsockPanel::chosenMatch() const {
    qmp::VsockMatch match;
    if (currentFlow() >= 0)
        match.port = m_account.flows()[static_cast<size_t>(currentFlow())].servicePort();
    if (!m_packets->hasFocus() || currentPacket() < 0)
        return match;
    const VsockPacket &packet = m_account.packets()[static_cast<size_t>(currentPacket())];
    if (packet.flow >= 0)
        match.port = m_account.flows()[static_cast<size_t>(packet.flow)].servicePort();
    match.direction = packet.fromGuest ? u"from-guest"_s : u"to-guest"_s;
    match.operation = qmp::vsockOperations().value(packet.operation - 1);
    return match;
}

QJsonObject VsockPanel::viewState() const {
    return {{u"flows"_s, stateText(*m_flows->horizontalHeader())},
            {u"packets"_s, stateText(*m_packets->horizontalHeader())},
            {u"splitter"_s, stateText(*m_splitter)},
            {u"payload"_s, stateText(*m_packetSplitter)},
            {u"filters"_s, QJsonArray::fromStringList(m_filter->history())}};
}

void VsockPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_flows->horizontalHeader(), state[u"flows"_s].toString());
    restoreStateText(*m_packets->horizontalHeader(), state[u"packets"_s].toString());
    restoreStateText(*m_splitter, state[u"splitter"_s].toString());
    restoreStateText(*m_packetSplitter, state[u"payload"_s].toString());
    m_filter->setHistory(state[u"filters"_s].toVariant().toStringList());
}

} // namespace nitroscope::app
