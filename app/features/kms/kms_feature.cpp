// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/kms/kms_feature.hpp"

#include "app/core/worker.hpp"
#include "app/features/kms/kms_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/session/kms/kms_decision.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <algorithm>
#include <QClipboard>
#include <QDateTime>
#include <QGuiApplication>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

KmsFeature::KmsFeature(Frame &frame) : Feature(frame) {
    registerOptions();
    registerWays();
    m_panel = new KmsPanel(m_run, wayActions());
    connect(m_panel, &KmsPanel::choiceRestored, this, &KmsFeature::applyChoice);
    connect(m_panel, &KmsPanel::recordChosen, this,
            [this](quint64 offset) { this->frame().choose(place::Record{offset}); });
    connect(&frame.session(), &EnclaveSession::stateChanged, this, &KmsFeature::takeState);
}

KmsFeature::~KmsFeature() = default;

std::vector<PanelEntry> KmsFeature::panels() {
    return {{m_panel, u"&KMS"_s, K(u"Ctrl+M, V"_s), {Quarter::rightBottom, Tab::hidden}, {}}};
}

std::vector<MenuEntry> KmsFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {{MenuPlace::options, actions.list({"kms.run", "kms.policy"})},
            {MenuPlace::exports, actions.list({"kms.export"})},
            {MenuPlace::copy, actions.list({"kms.copyDecision"})},
            {MenuPlace::view, wayActions(), u"&KMS Call"_s}};
}

QList<QAction *> KmsFeature::wayActions() const {
    return frame().actions().list({"kms.document", "kms.request", "kms.flow", "kms.pcr"});
}

void KmsFeature::registerOptions() {
    ActionRegistry &actions = frame().actions();
    m_run =
        actions.add({u"kms.run"_s,
                     u"Run a &KMS beside Enclaves"_s,
                     K(u"Ctrl+M, M"_s),
                     {},
                     u"Answer what the next enclaves ask of KMS on vsock port 8000, as the parent's role"_s});
    m_run->setCheckable(true);
    connect(m_run, &QAction::toggled, this, [this](bool isOn) {
        m_panel->setChoice({isOn, m_panel->choice().policy});
        if (isOn && frame().runs().isBusy())
            frame().showMessage(u"The next run will have a KMS beside it."_s);
    });
    actions.add({u"kms.policy"_s, u"Key &Policy of the KMS…"_s, K(u"Ctrl+M, P"_s), u"open"_s,
                 u"Choose the policy of a key in the KMS beside the next enclaves, and run one"_s},
                [this] { choosePolicy(); });
    actions.add({u"kms.copyDecision"_s, u"&KMS Decision"_s, K(u"Ctrl+M, C"_s), u"copy"_s,
                 u"Copy the decision over the call chosen in the KMS panel"_s, u"Copy KMS Decision"_s},
                [this] {
                    withCall(
                        [this](const ShownKmsCall &) {
                            QGuiApplication::clipboard()->setText(m_panel->decisionText());
                            return true;
                        },
                        {});
                });
    actions.add(
        {u"kms.export"_s,
         u"&KMS Calls…"_s,
         K(u"Ctrl+M, S"_s),
         {},
         u"Save the calls shown in the KMS panel as JSON, one per line"_s,
         u"Export KMS Calls"_s},
        [this] { frame().saveText(u"Save KMS Calls"_s, u"kms.jsonl"_s, m_panel->model().asJsonLines()); });
}

void KmsFeature::registerWays() {
    const auto way = [this](const char *id, const QString &text, const char *keys, const QString &help,
                            bool (KmsFeature::*use)(const ShownKmsCall &), const QString &otherwise) {
        frame().actions().add(
            {QLatin1String(id),
             text,
             K(QLatin1String(keys)),
             {},
             help,
             u"KMS Call: "_s + QString(text).remove(u'&')},
            [this, use, otherwise] {
                withCall([this, use](const ShownKmsCall &shown) { return (this->*use)(shown); }, otherwise);
            });
    };
    way("kms.document", u"Attestation &Document"_s, "Ctrl+M, D",
        u"Check the attestation document that came with the call"_s, &KmsFeature::showDocument,
        u"The call came without an attestation document."_s);
    way("kms.request", u"NSM &Request"_s, "Ctrl+M, R",
        u"Show the NSM request that made the call's document"_s, &KmsFeature::showRequest,
        u"No NSM request of this run made the call's document."_s);
    way("kms.flow", u"vsock &Flow"_s, "Ctrl+M, F", u"Show the vsock connection that carried the call"_s,
        &KmsFeature::showFlow, u"No vsock connection to port 8000 was open when the call came."_s);
    way("kms.pcr", u"Differing &PCR"_s, "Ctrl+M, I", u"Show the PCR that the policy wants otherwise"_s,
        &KmsFeature::showPcr, u"No condition over a PCR failed in this call."_s);
}

void KmsFeature::withCall(const std::function<bool(const ShownKmsCall &)> &use, const QString &otherwise) {
    const ShownKmsCall *const shown = m_panel->current();
    if (!shown)
        frame().showMessage(u"Choose a call in the KMS panel."_s);
    else if (!use(*shown))
        frame().showMessage(otherwise);
}

bool KmsFeature::showDocument(const ShownKmsCall &shown) {
    return !shown.call.document.isEmpty() &&
           frame().show(place::Document{shown.call.document, u"KMS "_s + shown.call.operation,
                                        place::Document::Origin::run},
                        Reveal::raise);
}

// The latest whose answer has the document in it, byte for byte.
bool KmsFeature::showRequest(const ShownKmsCall &shown) {
    constexpr int maxLooked = 1000;
    const auto &bytes = frame().account().bytes();
    const auto &transactions = frame().account().nsm().transactions();
    if (shown.call.document.isEmpty() || !bytes)
        return false;
    int looked = 0;
    for (auto each = transactions.rbegin(); each != transactions.rend() && looked < maxLooked; ++each) {
        if (each->kind != NSM_REQUEST_ATTESTATION || !each->hasResponse)
            continue;
        ++looked;
        if (bytes->read(each->responseOffset, each->responseBytes).contains(shown.call.document))
            return frame().show(place::Transaction{each->id}, Reveal::raise);
    }
    return false;
}

bool KmsFeature::showFlow(const ShownKmsCall &shown) {
    const auto &flows = frame().account().vsock().flows();
    const auto carried = std::find_if(flows.rbegin(), flows.rend(), [&](const VsockFlow &flow) {
        return flow.guestDialed && flow.peerPort == kmsVsockPort && flow.firstNs <= shown.hostNs;
    });
    return carried != flows.rend() && frame().show(place::Flow{carried->id}, Reveal::raise);
}

bool KmsFeature::showPcr(const ShownKmsCall &shown) {
    const auto pcr = differingPcr(shown.call.explanation);
    return pcr && frame().show(place::Pcr{*pcr}, Reveal::raise);
}

void KmsFeature::choosePolicy() {
    chooseFileToOpen(frame().window(), {u"Key Policy"_s, {}, u"Policies (*.json);;All files (*)"_s},
                     [this](const QString &path) {
                         m_panel->setChoice({true, path});
                         applyChoice();
                     });
}

void KmsFeature::applyChoice() {
    m_run->setChecked(m_panel->choice().isOn);
}

void KmsFeature::takeState() {
    using State = EnclaveSession::State;
    switch (frame().session().state()) {
    case State::starting:
        m_hasRoute = false;
        if (m_panel->choice().isOn && !frame().runs().spec().replays)
            startKms();
        break;
    case State::running:
    case State::paused:
        addRoute();
        break;
    default:
        ++m_starts;
        m_kms.reset();
    }
}

// Beside the boot: the enclave dials later than that takes.
void KmsFeature::startKms() {
    const LaunchSpec &spec = frame().runs().spec();
    kms::StartSettings settings;
    settings.seed = m_panel->choice().policy;
    settings.role = spec.parentRole;
    settings.instanceId = spec.parentId;
    settings.hasImds = true;
    if (spec.parentRole.isEmpty())
        frame().say(
            LogLevel::info,
            u"KMS: the run has no parent's role (Launch Options), so that PCR 3 is zero; calls are those of %1."_s
                .arg(QLatin1String(kms::defaultRole)));
    runInWorker(
        this, [settings] { return kms::prepareKms(settings); },
        [this, start = ++m_starts,
         isRecorded = !spec.recordingPath.isEmpty()](Result<kms::PreparedKms> prepared) {
            if (start != m_starts)
                return; // the run is over
            auto kms = prepared ? EnclaveKms::start(*std::move(prepared))
                                : Result<std::unique_ptr<EnclaveKms>>(tl::unexpected(prepared.error()));
            if (!kms) {
                frame().say(LogLevel::error, u"KMS: "_s + kms.error().text());
                frame().showMessage(u"The KMS could not be started; the log says why."_s);
                return;
            }
            m_kms = *std::move(kms);
            const kms::KmsServer &server = m_kms->server();
            frame().say(
                LogLevel::info,
                u"KMS listens at https://127.0.0.1:%1 and http://127.0.0.1:%2; its metadata service at http://127.0.0.1:%3."_s
                    .arg(server.tlsPort())
                    .arg(server.httpPort())
                    .arg(server.imdsPort()));
            connect(m_kms.get(), &EnclaveKms::refused, this,
                    [this](const QString &why) { frame().say(LogLevel::warning, u"KMS: "_s + why); });
            if (isRecorded) // whose stream is QEMU's own, byte for byte
                connect(m_kms.get(), &EnclaveKms::called, this, [this](const kms::CallRecord &record) {
                    m_panel->model().add(
                        {captured(record), QDateTime::currentMSecsSinceEpoch() * 1'000'000, {}, {}});
                });
            else
                m_kms->follow(qobject_cast<LiveCapture *>(frame().session().capture()));
            addRoute();
        });
}

void KmsFeature::addRoute() {
    VsockControl &vsock = frame().session().vsock();
    if (!m_kms || !vsock.isConnected() || std::exchange(m_hasRoute, true))
        return;
    vsock.addRoute({kmsVsockPort, m_kms->route()});
}

void KmsFeature::begin() {
    m_panel->model().restart();
}

void KmsFeature::take(const RunNews &news) {
    for (const pcapng::Record &record : news.records)
        if (auto call = pcapng::kmsCallOf(record))
            m_panel->model().add({*std::move(call), record.hostNs, record.virtualNs, record.dataOffset});
}

Panel *KmsFeature::show(const Place &place) {
    const auto *record = std::get_if<place::Record>(&place);
    return record && m_panel->showRecord(record->offset) ? m_panel : nullptr;
}

void KmsFeature::follow(const Place &place) {
    if (const auto *record = std::get_if<place::Record>(&place))
        m_panel->showRecord(record->offset);
}

} // namespace nitroscope::app
