// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/vsock_feature.hpp"

#include "app/core/worker.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/features/vsock/vsock_route_dialog.hpp"
#include "app/features/vsock/vsock_rule_dialog.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/session/capture/tcp_export.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"
#include "app/ui/text/byte_text.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

void add(ActionRegistry &actions, const char *id, const QString &text, const char *keys, const QString &icon,
         const QString &help, std::function<void()> effect) {
    actions.add({QLatin1String(id), text, QKeySequence(QLatin1String(keys)), icon, help}, std::move(effect));
}

} // namespace

VsockFeature::VsockFeature(Frame &frame) : Feature(frame) {
    registerViews();
    registerCopies();
    registerRules();
    m_panel = new VsockPanel(frame.account(), menuActions());
    connectPanel();
    connectMachine();
    updateActions();
}

std::vector<PanelEntry> VsockFeature::panels() {
    return {{m_panel, u"&vsock"_s, QKeySequence(u"Ctrl+8"_s), {Quarter::rightBottom, Tab::shown}, {}}};
}

std::vector<MenuEntry> VsockFeature::actions() {
    return {{MenuPlace::traffic, menuActions()}};
}

QList<QAction *> VsockFeature::menuActions() {
    return frame().actions().list({"vsock.follow", "vsock.packets", "vsock.throughput", "vsock.onlyFlow", "-",
                                   "vsock.copyHex", "vsock.copyDump", "vsock.copyText", "vsock.saveStream",
                                   "vsock.saveTcp", "-", "vsock.publish", "vsock.route", "vsock.break",
                                   "vsock.fault", "vsock.removeRules", "vsock.transportReset"});
}

void VsockFeature::registerViews() {
    using View = VsockPanel::View;
    ActionRegistry &actions = frame().actions();
    const auto show = [this](View view) {
        frame().raise(*m_panel);
        m_panel->showView(view);
    };
    add(actions, "vsock.follow", u"&Follow Stream"_s, "Ctrl+T, F", {}, u"Show what the chosen flow carried"_s,
        [show] { show(View::stream); });
    add(actions, "vsock.packets", u"Show &Packets"_s, "Ctrl+T, P", {}, u"Show the list of vsock packets"_s,
        [show] { show(View::packets); });
    add(actions, "vsock.throughput", u"Show &Throughput"_s, "Ctrl+T, T", {},
        u"Show bytes per second both ways"_s, [show] { show(View::throughput); });
    add(actions, "vsock.onlyFlow", u"Only This Fl&ow"_s, "Ctrl+T, O", {},
        u"List only the packets of the chosen flow, or all again"_s,
        [this] { m_panel->setOnlyFlow(!m_panel->isOnlyFlow()); });
}

void VsockFeature::registerCopies() {
    ActionRegistry &actions = frame().actions();
    add(actions, "vsock.copyHex", u"&Copy Payload as Hex"_s, "Ctrl+T, C", u"copy"_s,
        u"Copy the payload of the chosen packet as hexadecimal digits"_s,
        [this] { m_panel->copyPayload(ByteSpelling::hexDigits); });
    add(actions, "vsock.copyDump", u"Copy Payload as Hex &Dump"_s, "Ctrl+T, D", {},
        u"Copy the payload of the chosen packet as a hex dump"_s,
        [this] { m_panel->copyPayload(ByteSpelling::hexDump); });
    add(actions, "vsock.copyText", u"Copy Payload as Te&xt"_s, "Ctrl+T, X", {},
        u"Copy the payload of the chosen packet as text"_s,
        [this] { m_panel->copyPayload(ByteSpelling::text); });
    add(actions, "vsock.saveStream", u"&Save Stream…"_s, "Ctrl+T, S", u"save"_s,
        u"Save what the chosen flow carried, as bytes"_s, [this] { m_panel->saveStream(); });
    add(actions, "vsock.saveTcp", u"Save as TCP &View…"_s, "Ctrl+T, V", u"save"_s,
        u"Save all flows as TCP connections, in which Wireshark follows streams and decodes HTTP and TLS"_s,
        [this] { saveTcpView(); });
}

void VsockFeature::registerRules() {
    ActionRegistry &actions = frame().actions();
    add(actions, "vsock.break", u"&Break on Packets…"_s, "Ctrl+T, B", {},
        u"Stop the machine at chosen vsock packets"_s,
        [this] { editRule(qmp::MachineRule::Kind::breakpoint); });
    add(actions, "vsock.fault", u"F&ault…"_s, "Ctrl+T, A", {},
        u"Delay, drop, corrupt or otherwise mistreat chosen vsock packets"_s,
        [this] { editRule(qmp::MachineRule::Kind::fault); });
    add(actions, "vsock.removeRules", u"Remove All Breaks and Fau&lts"_s, "Ctrl+T, L", u"clear"_s,
        u"Remove all breaks and faults of vsock"_s, [this] { removeRules(); });
    add(actions, "vsock.publish", u"P&ublish Port…"_s, "Ctrl+T, U", {},
        u"Make a port of the enclave reachable on this computer, by TCP or a Unix socket"_s,
        [this] { editRoutes(false); });
    add(actions, "vsock.route", u"&Route Port…"_s, "Ctrl+T, R", {},
        u"Send what the enclave dials to a host, refuse or echo it"_s, [this] { editRoutes(true); });
    add(actions, "vsock.transportReset", u"R&eset the Transport"_s, "Ctrl+T, E", {},
        u"End all flows and tell the guest of a new transport, as after a migration"_s,
        [this] { frame().session().vsock().resetTransport(); });
}

void VsockFeature::connectPanel() {
    VsockControl &control = frame().session().vsock();
    connect(m_panel, &VsockPanel::breakWanted, this,
            [&control](const qmp::VsockBreakRule &rule) { control.add(rule); });
    connect(m_panel, &VsockPanel::faultWanted, this,
            [&control](const qmp::VsockFaultRule &rule) { control.add(rule); });
    connect(m_panel, &VsockPanel::ruleRemovalWanted, this,
            [&control](qmp::MachineRule::Kind kind, quint32 id) { control.remove(kind, id); });
    connect(m_panel, &VsockPanel::infoWanted, &control, &VsockControl::query);
    connect(m_panel, &VsockPanel::streamSaveWanted, this, &VsockFeature::saveStream);
    connect(m_panel, &VsockPanel::packetChosen, this,
            [this](int packet) { frame().choose(place::Packet{packet}); });
    connect(m_panel, &VsockPanel::flowChosen, this, [this](quint64 id) { frame().choose(place::Flow{id}); });
}

void VsockFeature::connectMachine() {
    EnclaveSession &session = frame().session();
    VsockControl &control = session.vsock();
    connect(&control, &VsockControl::infoChanged, m_panel, &VsockPanel::setInfo);
    connect(&control, &VsockControl::rulesChanged, this, [this](const QVector<qmp::MachineRule> &rules) {
        m_panel->setRules(rules);
        updateActions();
    });
    connect(&control, &VsockControl::refused, this, [this](const Error &error) {
        frame().banner().display(formats::Severity::warning, u"The machine refused it."_s, error.text(), {});
    });
    connect(&session, &EnclaveSession::stateChanged, this, &VsockFeature::updateActions);
    // The packets of a break may still be on their way through the stream.
    connect(&session, &EnclaveSession::breakHit, this, [this, &control](const qmp::BreakHit &hit) {
        if (hit.source != "vsock"_L1)
            return;
        control.refresh();
        if (hit.flow != 0)
            m_panel->selectWhenThere(hit.flow);
    });
    connect(&frame().cursor(), &TimeCursor::moved, this, [this] { m_panel->setMoment(frame().now()); });
    connect(&frame(), &Frame::captureChanged, this, [this] {
        refreshStatus();
        updateActions();
    });
}

void VsockFeature::updateActions() {
    const QString whyFixed = frame().whyFixed();
    const bool active = frame().runs().isActive() && whyFixed.isEmpty();
    m_panel->setLive(active);
    ActionRegistry &actions = frame().actions();
    for (const char *id :
         {"vsock.break", "vsock.fault", "vsock.publish", "vsock.route", "vsock.transportReset"})
        actions.allow(QLatin1String(id), active, whyFixed);
    actions.allow(u"vsock.removeRules"_s, active && !frame().session().vsock().rules().isEmpty(), whyFixed);
    frame().action("vsock.saveTcp")->setEnabled(frame().hasCapturedBytes());
}

void VsockFeature::refreshStatus() {
    const quint64 lost = frame().lost(pcapng::Source::vsock);
    m_panel->refreshStatus(lost > 0 ? u"%1 lost"_s.arg(lost) : QString());
}

void VsockFeature::take(const RunNews &news) {
    if (news.hasRuleActed && frame().showsSession())
        frame().session().vsock().refresh(); // one may be used up
}

Panel *VsockFeature::show(const Place &place) {
    if (const auto *flow = std::get_if<place::Flow>(&place))
        return m_panel->showFlow(flow->id) ? m_panel : nullptr;
    if (const auto *packet = std::get_if<place::Packet>(&place)) {
        m_panel->showPacket(packet->number);
        return m_panel;
    }
    return nullptr;
}

void VsockFeature::removeRules() {
    VsockControl &control = frame().session().vsock();
    const QVector<qmp::MachineRule> rules = control.rules();
    for (const qmp::MachineRule &rule : rules)
        control.remove(rule.kind, rule.id);
}

void VsockFeature::editRule(qmp::MachineRule::Kind kind) {
    auto *dialog = new VsockRuleDialog(kind, m_panel->chosenMatch(), &frame().window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, kind] {
        VsockControl &control = frame().session().vsock();
        if (const auto seed = dialog->seed())
            control.setSeed(*seed);
        if (kind == qmp::MachineRule::Kind::breakpoint)
            control.add(dialog->breakRule());
        else
            control.add(dialog->faultRule());
    });
    dialog->open();
}

void VsockFeature::editRoutes(bool outOfTheEnclave) {
    quint32 port = 0;
    if (const int flow = m_panel->currentFlow(); flow >= 0) {
        const VsockFlow &chosen = m_panel->account().flows()[static_cast<size_t>(flow)];
        if (chosen.guestDialed == outOfTheEnclave)
            port = chosen.servicePort();
    }
    using Kind = VsockRouteDialog::Kind;
    auto *dialog = new VsockRouteDialog(
        frame().session().vsock(), outOfTheEnclave ? Kind::connect : Kind::publish, port, &frame().window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

// In a worker: a stream may have gigabytes.
void VsockFeature::saveStream(const StreamSource &source, const QString &suggestion) {
    chooseFileToSave(frame().window(), {u"Save Stream"_s, suggestion}, [this, source](const QString &path) {
        runInWorker(
            this, [source, path] { return source.save(path); },
            [this, path, size = source.size()](const Result<void> &outcome) {
                if (outcome)
                    frame().showMessage(u"Saved %1 bytes to %2"_s.arg(size).arg(path));
                else
                    frame().sayNotSaved(path, outcome.error().message);
            });
    });
}

void VsockFeature::saveTcpView() {
    if (frame().hasCapturedBytes())
        chooseFileToSave(
            frame().window(),
            {u"Save as TCP View"_s, u"enclave-tcp.pcapng"_s, u"pcapng"_s, u"Captures (*.pcapng)"_s},
            [this](const QString &path) { saveTcpViewTo(path); });
}

void VsockFeature::saveTcpViewTo(const QString &path) {
    const CaptureSource &capture = *frame().capture();
    runInWorker(
        this,
        [path, bytes = capture.bytes(), size = capture.totals().bytes] {
            return exportTcpView(*bytes, size, path);
        },
        [this, path](const Result<TcpExportCounts> &outcome) {
            if (outcome)
                frame().showMessage(u"Saved %1 connections to %2"_s.arg(outcome->connections).arg(path));
            else
                frame().sayNotSaved(path, outcome.error().message);
        });
}

} // namespace nitroscope::app
