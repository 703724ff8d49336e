// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock traffic: flows above; below the packets, the followed stream of the chosen flow, and the throughput.
// Everything comes from the capture stream, live or saved. What can be done to a running machine is asked for
// by signals. Split by subject: vsock_panel.cpp (building, lists), vsock_panel_stream.cpp (following,
// copying, saving), vsock_panel_menu.cpp (context menu).
#pragma once

#include "app/features/vsock/vsock_models.hpp"
#include "app/features/vsock/vsock_stream.hpp"
#include "app/session/vsock/vsock_control.hpp"
#include "app/ui/panel/panel.hpp"

#include <QTimer>

class QCheckBox;
class QComboBox;
class QLabel;
class QMenu;
class QSplitter;
class QTableView;
class QTabWidget;

namespace nitroscope::app {

class EmptyStack;
class FilterBar;
class FollowingTable;
class HexView;
class RunAccount;
class StreamView;
class ThroughputPlot;
enum class ByteSpelling;
struct RunNews;

class VsockPanel : public Panel {
    Q_OBJECT
public:
    // `actions` are those that its context menu shares with the window's menu. They and the account outlive the
    // panel.
    VsockPanel(RunAccount &account, const QList<QAction *> &actions, QWidget *parent = nullptr);

    void setInfo(const qmp::VsockInfo &info);
    // Of a recording: flows as they were then, what comes later dimmed.
    void setMoment(const std::optional<RunMoment> &moment);
    void setRules(const QVector<qmp::MachineRule> &rules);
    // An enclave runs: breaks, faults and routes can be set, and ages go on.
    void setLive(bool live);
    void refreshStatus(const QString &streamNote = {});

    const VsockAccount &account() const { return m_account; }
    VsockFlowModel &flowModel() { return m_flowModel; }
    VsockPacketModel &packetModel() { return m_packetModel; }
    QTableView &flowTable();
    QTableView &packetTable();
    StreamView &streamView() { return *m_stream; }

    // Number of the chosen flow in the account; -1 = none.
    int currentFlow() const;
    int currentPacket() const;
    // By the machine's number; false when the capture does not have it.
    bool showFlow(quint64 id);
    void selectWhenThere(quint64 id);
    void showPacket(int packet); // takes a filter off that hides it
    // The packets that the user looks at, as a match for breaks and faults.
    qmp::VsockMatch chosenMatch() const;

    enum class View { packets, stream, throughput };
    void showView(View view);
    void setOnlyFlow(bool on);
    bool isOnlyFlow() const;
    // The followed stream as it is shown, or as bytes of one direction.
    void saveStream();
    QByteArray streamBytes(StreamDirection direction) const;
    void copyPayload(ByteSpelling spelling);

    void copy() override;
    void selectAll() override;
    void find() override;
    void findNext() override { findInStream(false); }
    void findPrevious() override { findInStream(true); }
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void flowChosen(quint64 id); // by the user; the machine's number
    void packetChosen(int packet);
    void streamSaveWanted(const nitroscope::app::StreamSource &source, const QString &suggestion);
    void breakWanted(const nitroscope::qmp::VsockBreakRule &rule);
    void faultWanted(const nitroscope::qmp::VsockFaultRule &rule);
    void ruleRemovalWanted(nitroscope::qmp::MachineRule::Kind kind, quint32 id);
    // What only counts while somebody looks should be asked for.
    void infoWanted();

protected:
    void contextMenuEvent(QContextMenuEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void restart();
    void take(const RunNews &news);
    void buildFilterBar();
    QWidget *buildPacketPage();
    QWidget *buildStreamPage();
    void connectModels();
    void applyFilter();
    void showChosenFlow();
    void showChosenPacket();
    void restartStream();
    void continueStream();
    void findInStream(bool backwards);
    void fillMenu(QMenu &menu);
    void addRuleMenus(QMenu &menu);

    QList<QAction *> m_menuActions;
    RunAccount &m_run;
    const VsockAccount &m_account; // the run's
    VsockFlowModel m_flowModel{m_account};
    VsockPacketModel m_packetModel{m_account};
    std::shared_ptr<const CaptureBytes> m_bytes;
    bool m_isLive = false;
    QVector<qmp::MachineRule> m_rules;
    QTimer m_clock;
    quint64 m_awaited = 0; // flow to choose when it comes

    int m_streamFlow = -1; // flow in the stream view
    size_t m_streamNext = 0;
    quint64 m_streamShown = 0; // bytes
    bool m_streamFull = false;

    FilterBar *m_filter;
    QComboBox *m_operation, *m_direction;
    QCheckBox *m_onlyFlow;
    FollowingTable *m_flows, *m_packets;
    HexView *m_payload;
    QTabWidget *m_views;
    StreamView *m_stream;
    QComboBox *m_streamForm, *m_streamDirection;
    QLabel *m_streamTitle;
    ThroughputPlot *m_plot;
    QSplitter *m_splitter, *m_packetSplitter;
    EmptyStack *m_stack;
    QString m_streamNote, m_flowText;
};

} // namespace nitroscope::app
