// SPDX-License-Identifier: GPL-2.0-or-later
//
// vsock in the window: its commands and menu, and the wires between panel, session and capture.
#include "app/window/main_window.hpp"

#include "app/core/worker.hpp"
#include "app/features/vsock/vsock_panel.hpp"
#include "app/features/vsock/vsock_route_dialog.hpp"
#include "app/features/vsock/vsock_rule_dialog.hpp"
#include "app/session/capture/tcp_export.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/text/byte_text.hpp"

#include <QFileDialog>
#include <QFileInfo>
#include <QMenuBar>
#include <QStatusBar>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

void MainWindow::registerVsockActions() {
    using View = VsockPanel::View;
    const auto add = [this](const char *id, const QString &text, const char *keys, const QString &icon,
                            const QString &help, std::function<void()> effect) {
        return m_actions.add({QLatin1String(id), text, QKeySequence(QLatin1String(keys)), icon, help},
                             std::move(effect));
    };
    const auto show = [this](View view) {
        raisePanel(*m_vsock);
        m_vsock->showView(view);
    };
    add("vsock.follow", u"&Follow Stream"_s, "Ctrl+T, F", {}, u"Show what the chosen flow carried"_s,
        [show] { show(View::stream); });
    add("vsock.packets", u"Show &Packets"_s, "Ctrl+T, P", {}, u"Show the list of vsock packets"_s,
        [show] { show(View::packets); });
    add("vsock.throughput", u"Show &Throughput"_s, "Ctrl+T, T", {}, u"Show bytes per second both ways"_s,
        [show] { show(View::throughput); });
    QAction *only = add("vsock.onlyFlow", u"Only This Fl&ow"_s, "Ctrl+T, O", {},
                        u"List only the packets of the chosen flow, or all again"_s,
                        [this] { m_vsock->setOnlyFlow(!m_vsock->isOnlyFlow()); });
    Q_UNUSED(only);
    add("vsock.copyHex", u"&Copy Payload as Hex"_s, "Ctrl+T, C", u"copy"_s,
        u"Copy the payload of the chosen packet as hexadecimal digits"_s,
        [this] { m_vsock->copyPayload(ByteSpelling::hexDigits); });
    add("vsock.copyDump", u"Copy Payload as Hex &Dump"_s, "Ctrl+T, D", {},
        u"Copy the payload of the chosen packet as a hex dump"_s,
        [this] { m_vsock->copyPayload(ByteSpelling::hexDump); });
    add("vsock.copyText", u"Copy Payload as Te&xt"_s, "Ctrl+T, X", {},
        u"Copy the payload of the chosen packet as text"_s,
        [this] { m_vsock->copyPayload(ByteSpelling::text); });
    add("vsock.saveStream", u"&Save Stream…"_s, "Ctrl+T, S", u"save"_s,
        u"Save what the chosen flow carried, as bytes"_s, [this] { m_vsock->saveStream(); });
    add("vsock.saveTcp", u"Save as TCP &View…"_s, "Ctrl+T, V", u"save"_s,
        u"Save all flows as TCP connections, in which Wireshark follows streams and decodes HTTP and TLS"_s,
        [this] { saveTcpView(); });
    add("vsock.break", u"&Break on Packets…"_s, "Ctrl+T, B", {},
        u"Stop the machine at chosen vsock packets"_s,
        [this] { editVsockRule(VsockRule::Kind::breakpoint); });
    add("vsock.fault", u"F&ault…"_s, "Ctrl+T, A", {},
        u"Delay, drop, corrupt or otherwise mistreat chosen vsock packets"_s,
        [this] { editVsockRule(VsockRule::Kind::fault); });
    add("vsock.removeRules", u"Remove All Breaks and Fau&lts"_s, "Ctrl+T, L", u"clear"_s,
        u"Forget all breaks and faults of vsock"_s, [this] {
            const QVector<VsockRule> rules = m_session.vsock().rules();
            for (const VsockRule &rule : rules)
                m_session.vsock().remove(rule.kind, rule.id);
        });
    add("vsock.publish", u"P&ublish Port…"_s, "Ctrl+T, U", {},
        u"Make a port of the enclave reachable on this computer, by TCP or a Unix socket"_s,
        [this] { editVsockRoutes(false); });
    add("vsock.route", u"&Route Port…"_s, "Ctrl+T, R", {},
        u"Send what the enclave dials to a host, refuse or echo it"_s, [this] { editVsockRoutes(true); });
    add("vsock.transportReset", u"R&eset the Transport"_s, "Ctrl+T, E", {},
        u"End all flows and tell the guest of a new transport, as after a migration"_s,
        [this] { m_session.vsock().resetTransport(); });
}

QList<QAction *> MainWindow::vsockMenuActions() const {
    return m_actions.list({"vsock.follow", "vsock.packets", "vsock.throughput", "vsock.onlyFlow", "-",
                           "vsock.copyHex", "vsock.copyDump", "vsock.copyText", "vsock.saveStream",
                           "vsock.saveTcp", "-", "vsock.publish", "vsock.route", "vsock.break", "vsock.fault",
                           "vsock.removeRules", "vsock.transportReset"});
}

void MainWindow::buildVsockMenu() {
    addToMenu(*menuBar()->addMenu(u"&Traffic"_s), vsockMenuActions());
}

void MainWindow::connectVsock() {
    VsockControl &control = m_session.vsock();
    connect(m_vsock, &VsockPanel::breakWanted, this,
            [&control](const qmp::VsockBreakRule &rule) { control.add(rule); });
    connect(m_vsock, &VsockPanel::faultWanted, this,
            [&control](const qmp::VsockFaultRule &rule) { control.add(rule); });
    connect(m_vsock, &VsockPanel::ruleRemovalWanted, this,
            [&control](VsockRule::Kind kind, quint32 id) { control.remove(kind, id); });
    connect(m_vsock, &VsockPanel::infoWanted, &control, &VsockControl::query);
    connect(m_vsock, &VsockPanel::streamSaveWanted, this, &MainWindow::saveVsockStream);
    connect(&control, &VsockControl::infoChanged, m_vsock, &VsockPanel::setInfo);
    connect(&control, &VsockControl::rulesChanged, this, [this](const QVector<VsockRule> &rules) {
        m_vsock->setRules(rules);
        updateVsockActions();
    });
    connect(&control, &VsockControl::refused, this, [this](const Error &error) {
        m_banner->display(formats::Severity::warning, u"The machine refused it."_s, error.text(), {});
    });
    connect(&m_session, &EnclaveSession::stateChanged, this, [this] { updateVsockActions(); });
    updateVsockActions();
}

void MainWindow::updateVsockActions() {
    const auto state = m_session.state();
    const bool active = state == EnclaveSession::State::running || state == EnclaveSession::State::paused;
    m_vsock->setLive(active);
    for (const char *id :
         {"vsock.break", "vsock.fault", "vsock.publish", "vsock.route", "vsock.transportReset"})
        m_actions.find(QLatin1String(id))->setEnabled(active);
    m_actions.find(u"vsock.removeRules"_s)->setEnabled(active && !m_session.vsock().rules().isEmpty());
    m_actions.find(u"vsock.saveTcp"_s)
        ->setEnabled(m_capture && m_capture->bytes() && m_capture->totals().bytes > 0);
}

void MainWindow::editVsockRule(VsockRule::Kind kind) {
    auto *dialog = new VsockRuleDialog(kind, m_vsock->chosenMatch(), this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, kind] {
        VsockControl &control = m_session.vsock();
        if (const auto seed = dialog->seed())
            control.setSeed(*seed);
        if (kind == VsockRule::Kind::breakpoint)
            control.add(dialog->breakRule());
        else
            control.add(dialog->faultRule());
    });
    dialog->open();
}

void MainWindow::editVsockRoutes(bool outOfTheEnclave) {
    quint32 port = 0;
    if (const int flow = m_vsock->currentFlow(); flow >= 0) {
        const VsockFlow &chosen = m_vsock->account().flows()[static_cast<size_t>(flow)];
        if (chosen.guestDialed == outOfTheEnclave)
            port = chosen.servicePort();
    }
    using Kind = VsockRouteDialog::Kind;
    auto *dialog =
        new VsockRouteDialog(m_session.vsock(), outOfTheEnclave ? Kind::connect : Kind::publish, port, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->open();
}

// In a worker: a stream may have gigabytes.
void MainWindow::saveVsockStream(const StreamSource &source, const QString &suggestion) {
    auto *dialog = new QFileDialog(this, u"Save Stream"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(suggestion);
    connect(dialog, &QFileDialog::fileSelected, this, [this, source](const QString &path) {
        runInWorker(
            this, [source, path] { return source.save(path); },
            [this, path, size = source.size()](const Result<void> &outcome) {
                if (outcome)
                    statusBar()->showMessage(u"Saved %1 bytes to %2"_s.arg(size).arg(path), 5000);
                else
                    sayNotSaved(path, outcome.error());
            });
    });
    dialog->open();
}

void MainWindow::sayNotSaved(const QString &path, const Error &error) {
    m_banner->display(formats::Severity::error, u"“%1” was not saved."_s.arg(QFileInfo(path).fileName()),
                      error.text(), {});
    say(LogLevel::error, error.text());
}

void MainWindow::saveTcpView() {
    if (!m_capture || !m_capture->bytes())
        return;
    auto *dialog = new QFileDialog(this, u"Save as TCP View"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"pcapng"_s);
    dialog->setNameFilter(u"Captures (*.pcapng)"_s);
    dialog->selectFile(u"enclave-tcp.pcapng"_s);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::saveTcpViewTo);
    dialog->open();
}

void MainWindow::saveTcpViewTo(const QString &path) {
    runInWorker(
        this,
        [path, bytes = m_capture->bytes(), size = m_capture->totals().bytes] {
            return exportTcpView(*bytes, size, path);
        },
        [this, path](const Result<TcpExportCounts> &outcome) {
            if (outcome) {
                statusBar()->showMessage(u"Saved %1 connections to %2"_s.arg(outcome->connections).arg(path),
                                         5000);
                return;
            }
            sayNotSaved(path, outcome.error());
        });
}

} // namespace nitroscope::app
