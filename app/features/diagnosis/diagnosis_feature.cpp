// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/diagnosis/diagnosis_feature.hpp"

#include "app/core/worker.hpp"
#include "app/features/diagnosis/diagnosis_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/session/diagnosis/diagnosis_text.hpp"
#include "app/session/launch/launch_arguments.hpp"
#include "app/ui/bars/banner.hpp"

#include <QFileInfo>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// By what the guest said. All else has been told by whom it failed: the firmware, the platform, QEMU.
bool isExplained(EndKind kind) {
    return kind == EndKind::programFailed || kind == EndKind::programNotStarted ||
           kind == EndKind::guestPanic;
}

} // namespace

DiagnosisFeature::DiagnosisFeature(Frame &frame) : Feature(frame), m_panel(new DiagnosisPanel) {
    constexpr int drainMs = 300;
    frame.actions().add({u"enclave.whyEnded"_s, u"Why It &Ended"_s, QKeySequence(u"Ctrl+Shift+Y"_s),
                         u"warning"_s, u"Show why the last enclave ended"_s},
                        [this] { this->frame().raise(*m_panel); });
    frame.action("enclave.whyEnded")->setEnabled(false);
    m_drain.setSingleShot(true);
    m_drain.setInterval(drainMs);
    connect(&m_drain, &QTimer::timeout, this, &DiagnosisFeature::explain);
    connect(&frame.session(), &EnclaveSession::ended, this, [this](const EndReason &reason) {
        m_reason = reason;
        if (isExplained(reason.kind))
            m_drain.start();
    });
}

DiagnosisFeature::~DiagnosisFeature() {
    m_stop.request_stop();
}

std::vector<PanelEntry> DiagnosisFeature::panels() {
    return {{m_panel,
             u"Why It &Ended"_s,
             {},
             {Quarter::rightBottom, Tab::hidden},
             {Quarter::rightBottom, Tab::hidden}}};
}

std::vector<MenuEntry> DiagnosisFeature::actions() {
    return {{MenuPlace::enclave, frame().actions().list({"enclave.whyEnded"})}};
}

void DiagnosisFeature::begin() {
    ++m_run;
    m_drain.stop();
    m_story = {};
    m_panel->setText({});
    frame().action("enclave.whyEnded")->setEnabled(false);
}

void DiagnosisFeature::take(const RunNews &news) {
    m_story.addConsole(news.console);
}

void DiagnosisFeature::explain() {
    const LaunchSpec &spec = frame().runs().spec();
    m_story.memoryMiB = memoryMiBOf(spec, quint64(QFileInfo(spec.eifPath).size()));
    runInWorker(
        this,
        [story = m_story, path = spec.eifPath, stop = m_stop.get_token()] {
            const auto image = readImageStory(path, stop);
            return diagnose(story, image ? &*image : nullptr);
        },
        [this, run = m_run](const QVector<Cause> &causes) {
            if (run == m_run)
                show(causes);
        });
}

void DiagnosisFeature::show(const QVector<Cause> &causes) {
    m_panel->setText(diagnosisText(causes));
    frame().action("enclave.whyEnded")->setEnabled(!causes.isEmpty());
    Banner &banner = frame().banner();
    if (causes.isEmpty() || banner.message() != m_reason.message)
        return; // something else has been said since
    const Cause &first = causes.first();
    banner.display(formats::Severity::error, m_reason.message,
                   first.sentence == m_reason.message ? first.advice : first.sentence + u' ' + first.advice,
                   {frame().action("enclave.whyEnded"), frame().action("enclave.restart"),
                    frame().action("file.open"), frame().action("edit.copyDetails")});
}

} // namespace nitroscope::app
