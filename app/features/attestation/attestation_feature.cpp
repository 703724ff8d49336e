// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/attestation/attestation_feature.hpp"

#include "app/features/attestation/attestation_panel.hpp"
#include "app/features/attestation/expectations_dialog.hpp"
#include "app/formats/document_forms/input.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QClipboard>
#include <QFile>
#include <QFileInfo>
#include <QGuiApplication>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

AttestationFeature::AttestationFeature(Frame &frame) : Feature(frame) {
    ActionRegistry &actions = frame.actions();
    QAction *open =
        actions.add({u"file.openDocument"_s, u"Open A&ttestation Document…"_s, K(u"Ctrl+Shift+A"_s),
                     u"open"_s, u"Check an attestation document from a file: raw, or as text in any form"_s},
                    [this] { chooseFile(); });
    m_panel = new AttestationPanel(open);
    actions.add(
        {u"file.pasteDocument"_s,
         u"Attestation &Document from Clipboard"_s,
         K(u"Ctrl+Alt+V"_s),
         {},
         u"Check the attestation document on the clipboard: hex, base64, JSON or what a program has printed"_s},
        [&frame] {
            frame.show(place::Document{QGuiApplication::clipboard()->text().toUtf8(), u"Clipboard"_s},
                       Reveal::raise);
        });
    actions.add({u"file.exportVerdict"_s,
                 u"&Attestation Verdict…"_s,
                 {},
                 {},
                 u"Save the verdict over the attestation document as JSON"_s,
                 u"Export Attestation Verdict"_s},
                [this] { this->frame().saveText(u"Save Verdict"_s, u"verdict.json"_s, m_panel->asJson()); });
    actions.add({u"file.exportDocument"_s,
                 u"Attestation &Document…"_s,
                 {},
                 {},
                 u"Save the attestation document as its bytes"_s,
                 u"Export Attestation Document"_s},
                [this] { saveDocument(); });
    actions.add({u"file.exportChain"_s,
                 u"&Certificate Chain…"_s,
                 {},
                 {},
                 u"Save the certificates of the attestation document as PEM, the enclave's first"_s,
                 u"Export Certificate Chain"_s},
                [this] { this->frame().saveText(u"Save Chain"_s, u"chain.pem"_s, m_panel->chainAsPem()); });
    actions.add({u"attestation.expect"_s, u"E&xpected of the Document…"_s, K(u"Ctrl+Alt+X"_s), u"options"_s,
                 u"PCRs, nonce, user data, root and time that attestation documents are held against"_s},
                [this] { editExpectations(); });
    updateActions();
}

void AttestationFeature::updateActions() {
    const bool has = m_panel->document().has_value();
    for (const char *id : {"file.exportVerdict", "file.exportDocument", "file.exportChain"})
        frame().actions().allow(QLatin1String(id), has, u"Open an attestation document first."_s);
}

void AttestationFeature::saveDocument() {
    if (const auto &document = m_panel->document())
        frame().saveText(u"Save Document"_s, u"document.bin"_s, document->bytes);
}

void AttestationFeature::editExpectations() {
    formats::attestation::PcrValues ofImage;
    if (const auto &measured = frame().image().measurements()) {
        const std::pair<quint64, const QByteArray &> values[] = {
            {0, measured->pcr0}, {1, measured->pcr1}, {2, measured->pcr2}, {8, measured->pcr8}};
        for (const auto &[index, value] : values)
            if (!value.isEmpty())
                ofImage.emplace(index, value);
    }
    auto *dialog = new ExpectationsDialog(m_panel->expectations(), ofImage, &frame().window());
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        if (const auto wanted = dialog->expectations()) {
            frame().raise(*m_panel);
            m_panel->setExpectations(*wanted);
        }
    });
    dialog->open();
}

std::vector<PanelEntry> AttestationFeature::panels() {
    return {{m_panel, u"&Attestation"_s, K(u"Ctrl+7"_s), {Quarter::leftTop, Tab::shown}, {}}};
}

std::vector<MenuEntry> AttestationFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {
        {MenuPlace::open, actions.list({"file.openDocument", "file.pasteDocument", "attestation.expect"})},
        {MenuPlace::exports,
         actions.list({"file.exportVerdict", "file.exportDocument", "file.exportChain"})}};
}

// A document of the enclave that runs is held against the EIF that it was started from. In debug mode PCR 0-2
// and 8 are zero and say nothing.
std::map<quint64, QByteArray> AttestationFeature::pcrsOfTheImage() const {
    std::map<quint64, QByteArray> pcrs;
    const auto &measured = frame().image().measurements();
    if (!measured || !frame().runs().isActive() || !frame().showsSession() || frame().runs().spec().debugMode)
        return pcrs;
    const std::pair<quint64, const QByteArray &> values[] = {
        {0, measured->pcr0}, {1, measured->pcr1}, {2, measured->pcr2}, {8, measured->pcr8}};
    for (const auto &[index, value] : values)
        if (!value.isEmpty())
            pcrs.emplace(index, value);
    return pcrs;
}

void AttestationFeature::begin() {
    if (std::exchange(m_isOfRun, false))
        m_panel->setOfEarlierRun();
}

Panel *AttestationFeature::show(const Place &place) {
    const auto *document = std::get_if<place::Document>(&place);
    if (!document)
        return nullptr;
    m_isOfRun = document->origin == place::Document::Origin::run;
    m_panel->setExpectedPcrs(m_isOfRun ? pcrsOfTheImage() : std::map<quint64, QByteArray>());
    m_panel->open(document->bytes, document->name);
    updateActions();
    return m_panel;
}

// A small file that is no EIF but decodes to a document. Larger ones are left to the EIF loader's words.
bool AttestationFeature::openFile(const QString &path) {
    constexpr qint64 maxBytes = 256 * 1024; // as text in a line for each byte
    QFile file(path);
    const QFileInfo facts(path);
    if (!facts.isFile() || facts.size() > maxBytes || !file.open(QIODevice::ReadOnly))
        return false;
    const QByteArray content = file.read(maxBytes);
    if (content.startsWith(".eif") || !formats::attestation::readInput(content))
        return false;
    return frame().show(place::Document{content, facts.fileName()}, Reveal::raise);
}

void AttestationFeature::chooseFile() {
    chooseFileToOpen(frame().window(), {u"Open Attestation Document"_s}, [this](const QString &path) {
        QFile file(path);
        const QString name = QFileInfo(path).fileName();
        if (!file.open(QIODevice::ReadOnly)) {
            frame().banner().display(formats::Severity::error, u"“%1” could not be opened."_s.arg(name),
                                     file.errorString(), {frame().action("file.openDocument")});
            return;
        }
        frame().show(place::Document{file.read(formats::attestation::maxInputBytes + 1), name},
                     Reveal::raise);
    });
}

} // namespace nitroscope::app
