// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/session_strip.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/frame/shown_run.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/elided_label.hpp"
#include "app/ui/bars/state_indicator.hpp"
#include "app/ui/theme/theme.hpp"

#include <QClipboard>
#include <QContextMenuEvent>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using State = EnclaveSession::State;

SessionStrip::SessionStrip(Frame &frame) : m_frame(frame), m_label(new ElidedLabel(Qt::ElideRight)) {
    setAccessibleName(u"What is shown"_s);
    m_label->setAccessibleName(u"Run that is shown"_s);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(10, 3, 10, 3);
    layout->addWidget(m_label, 1);

    ActionRegistry &actions = frame.actions();
    actions.add({u"enclave.copyGdb"_s, u"Copy &gdb Command"_s, QKeySequence(u"Ctrl+Alt+Shift+G"_s), u"copy"_s,
                 u"Copy the command that connects gdb with the enclave that runs"_s},
                [this] { QGuiApplication::clipboard()->setText(gdbCommand()); });
    actions.add({u"enclave.copyFacts"_s, u"Copy Run’s &Facts"_s, QKeySequence(u"Ctrl+Alt+Shift+F"_s),
                 u"copy"_s, u"Copy image, CID, memory, CPUs and mode of the run that is shown"_s},
                [this] { QGuiApplication::clipboard()->setText(m_facts.join(u'\n')); });

    EnclaveSession &session = frame.session();
    connect(&session, &EnclaveSession::stateChanged, this, [this, &session](State state) {
        if (state == State::starting) {
            m_cid = 0;
            m_gdbSocket.clear();
        } else if (state == State::ended || state == State::failed) {
            m_gdbSocket.clear();
        } else if (state == State::running && m_cid == 0) {
            session.vsock().query();
        }
        refresh();
    });
    connect(&session, &EnclaveSession::debuggerReady, this, [this](const QString &socket) {
        m_gdbSocket = socket;
        refresh();
    });
    connect(&session.vsock(), &VsockControl::infoChanged, this, [this](const qmp::VsockInfo &info) {
        m_cid = info.guestCid;
        refresh();
    });
    connect(&frame.image(), &EifLoader::openingFinished, this, &SessionStrip::refresh);
    connect(&frame.image(), &EifLoader::measured, this, &SessionStrip::refresh);
    connect(&frame.account(), &RunAccount::began, this, &SessionStrip::refresh);
    connect(&frame.account(), &RunAccount::ended, this, &SessionStrip::refresh);
    connect(&frame.account(), &RunAccount::taken, this, [this](const RunNews &news) {
        if (!news.pcrs.isEmpty())
            refresh();
    });
    refresh();
}

QString SessionStrip::text() const {
    return m_label->text();
}

QString SessionStrip::gdbCommand() const {
    return m_gdbSocket.isEmpty() ? QString() : u"gdb -ex 'target remote %1'"_s.arg(m_gdbSocket);
}

void SessionStrip::describeSession(const QString &path) {
    const LaunchSpec &spec = m_frame.runs().spec();
    m_facts << QFileInfo(path).fileName();
    if (const quint64 cid = m_cid ? m_cid : spec.vsock.cid)
        m_facts << u"CID %1"_s.arg(cid);
    if (spec.memoryMiB > 0) // else as much as the image needs
        m_facts << u"%1 MiB"_s.arg(spec.memoryMiB);
    m_facts << (spec.cpuCount == 1 ? u"1 CPU"_s : u"%1 CPUs"_s.arg(spec.cpuCount));
    if (spec.debugMode)
        m_facts << u"DEBUG MODE"_s;
    const State state = m_frame.session().state();
    const bool isLive = state == State::running || state == State::paused;
    m_facts << (isLive && state == State::running ? u"live"_s : runStateText(state).toLower());
    m_tone = spec.debugMode ? Tone::attention : Tone::normal;
}

void SessionStrip::refresh() {
    const ShownRun run = shownRun(m_frame);
    const auto &image = m_frame.image().document();
    m_facts.clear();
    m_tone = Tone::normal;
    m_isCapture = run.kind == ShownRun::Kind::capture;
    if (m_isCapture)
        m_facts << u"Capture: "_s + QFileInfo(run.path).fileName();
    else if (run.kind == ShownRun::Kind::session)
        describeSession(run.path);
    else if (image)
        m_facts << QFileInfo(image->path()).fileName() << u"not started"_s;
    if (image && !run.isOfOpenImage)
        m_facts << (m_isCapture ? u"not a run of the open %1, or in debug mode"_s
                                : u"not a run of the open %1"_s)
                       .arg(QFileInfo(image->path()).fileName());
    setVisible(!m_facts.isEmpty());
    m_label->setText(visibleText(m_facts.join(u" · "_s)));
    updateActions();
    update();
}

void SessionStrip::updateActions() {
    m_frame.actions().allow(u"enclave.copyGdb"_s, !m_gdbSocket.isEmpty(),
                            u"gdb can connect to a run under the debugger."_s);
    m_frame.actions().allow(u"enclave.copyFacts"_s, !m_facts.isEmpty(), u"Nothing is shown yet."_s);
}

void SessionStrip::paintEvent(QPaintEvent *) {
    QPainter painter(this);
    const QColor window = palette().color(QPalette::Window);
    QColor ground = window;
    if (m_isCapture)
        ground = theme::mixed(window, palette().color(QPalette::Link), 0.16);
    else if (m_tone != Tone::normal)
        ground = theme::mixed(window, theme::toneColor(palette(), m_tone), 0.2);
    painter.fillRect(rect(), ground);
    painter.setPen(theme::hairline(palette()));
    painter.drawLine(rect().bottomLeft(), rect().bottomRight());
}

void SessionStrip::contextMenuEvent(QContextMenuEvent *event) {
    QMenu *menu = makeContextMenu(this);
    for (const QString &fact : std::as_const(m_facts)) {
        QString label = visibleText(fact);
        connect(menu->addAction(u"Copy “%1”"_s.arg(label.replace(u'&', u"&&"_s))), &QAction::triggered, this,
                [fact] { QGuiApplication::clipboard()->setText(fact); });
    }
    menu->addSeparator();
    addToMenu(*menu, m_frame.actions().list({"enclave.copyFacts", "enclave.copyGdb"}));
    menu->popup(event->globalPos());
}

} // namespace nitroscope::app
