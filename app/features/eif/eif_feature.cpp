// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/eif_feature.hpp"

#include "app/features/eif/eif_panel.hpp"
#include "app/features/eif/files/eif_files_view.hpp"
#include "app/features/eif/measurement_strip.hpp"
#include "app/frame/frame.hpp"
#include "app/ui/bars/banner.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"

#include <QFileInfo>
#include <QTreeView>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using K = QKeySequence;

EifFeature::EifFeature(Frame &frame) : Feature(frame) {
    registerPages();
    registerFileCommands();
    registerGoTo();
    m_panel = new EifPanel(frame.action("file.open"), frame.action("eif.compareWith"));
    connectImage();
    connectFiles();
    updateActions();
}

std::vector<PanelEntry> EifFeature::panels() {
    return {{m_panel, u"&EIF"_s, K(u"Ctrl+1"_s), {Quarter::leftTop, Tab::shown}, {}}};
}

std::vector<MenuEntry> EifFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {{MenuPlace::goTo, actions.list({"edit.goTo"})},
            {MenuPlace::image,
             actions.list({"eif.structure", "eif.files", "eif.findings", "eif.comparison", "-",
                           "eif.compareWith", "-", "eif.saveFile", "eif.extract", "eif.showBytes"})}};
}

void EifFeature::registerPages() {
    struct PageEntry {
        const char *id, *text, *keys, *help;
        EifPanel::Page page;
    };
    const PageEntry pages[] = {{"eif.structure", "&Structure", "Ctrl+E, S",
                                "Sections, fields and bytes of the image", EifPanel::structure},
                               {"eif.files", "&Files", "Ctrl+E, F", "Files of the ramdisks", EifPanel::files},
                               {"eif.findings", "Fi&ndings", "Ctrl+E, L",
                                "What will go wrong with the image, and what to do about it",
                                EifPanel::findingsPage},
                               {"eif.comparison", "Com&parison", "Ctrl+E, C",
                                "What differs from another image", EifPanel::comparison}};
    for (const PageEntry &entry : pages)
        frame().actions().add({QLatin1String(entry.id),
                               QLatin1String(entry.text),
                               K(QLatin1String(entry.keys)),
                               {},
                               QLatin1String(entry.help),
                               u"EIF: "_s + QString::fromLatin1(entry.text).remove(u'&')},
                              [this, page = entry.page] {
                                  frame().raise(*m_panel);
                                  m_panel->showPage(page);
                              });
}

void EifFeature::registerFileCommands() {
    ActionRegistry &actions = frame().actions();
    actions.add({u"eif.compareWith"_s, u"Compare &With…"_s, K(u"Ctrl+E, W"_s), u"open"_s,
                 u"Say why another image has different PCRs, down to the file in a ramdisk"_s},
                [this] { chooseComparison(); });
    actions.add({u"eif.saveFile"_s, u"Save File &As…"_s, K(u"Ctrl+E, A"_s), u"save"_s,
                 u"Save the chosen file of a ramdisk"_s},
                [this] {
                    EifFilesView &files = m_panel->filesView();
                    chooseFileToSave(frame().window(), {u"Save File"_s, files.suggestedName()},
                                     [&files](const QString &path) { files.saveTo(path); });
                });
    actions.add({u"eif.extract"_s, u"E&xtract All…"_s, K(u"Ctrl+E, X"_s), u"export"_s,
                 u"Write all sections and files of the ramdisks into a new folder"_s},
                [this] { chooseExtractFolder(); });
    actions.add({u"eif.showBytes"_s,
                 u"Show &Bytes of the File"_s,
                 K(u"Ctrl+E, B"_s),
                 {},
                 u"Show where the chosen file of a ramdisk stands in the image"_s},
                [this] { emit m_panel->filesView().rangeChosen(m_panel->filesView().rangeInImage()); });
}

void EifFeature::registerGoTo() {
    frame().actions().add(
        {u"edit.goTo"_s, u"&Go to Offset…"_s, K(u"Ctrl+G"_s), {}, u"Show a byte of the EIF by its offset"_s},
        [this] {
            frame().raise(*m_panel);
            m_panel->goToOffset();
        });
}

void EifFeature::connectImage() {
    EifLoader &image = frame().image();
    MeasurementStrip &strip = m_panel->measurements();
    connect(&image, &EifLoader::loading, m_panel, &EifPanel::showLoading);
    connect(&image, &EifLoader::opened, m_panel, &EifPanel::setDocument);
    // Whatever stood in front of it, or in whichever arrangement.
    connect(&image, &EifLoader::opened, this, [this] { frame().raise(*m_panel); });
    connect(&image, &EifLoader::failed, this, &EifFeature::takeProblem);
    connect(&image, &EifLoader::openingFinished, this, &EifFeature::updateActions);
    connect(&image, &EifLoader::measuring, &strip, &MeasurementStrip::showProgress);
    connect(&image, &EifLoader::measured, m_panel, &EifPanel::setMeasurements);
    connect(&image, &EifLoader::measuringFailed, this, [this, &strip](const Error &error) {
        strip.showProblem(error.message);
        m_panel->setNotMeasured();
    });
    connect(&strip, &MeasurementStrip::cancelRequested, this, [this, &image, &strip] {
        image.cancel();
        strip.showProblem(u"Not measured"_s);
        m_panel->setNotMeasured();
    });
    connect(&strip, &MeasurementStrip::retryRequested, this, [&image, &strip] {
        if (!image.document())
            return;
        strip.showProgress(0, 1);
        image.measure(*image.document());
    });
}

// The byte that the machine complains about, in the EIF that it was started from.
void EifFeature::take(const RunNews &news) {
    if (news.failure && news.failure->offset && m_panel->document() && !frame().showsSavedCapture())
        m_panel->hexView().goTo(*news.failure->offset);
}

void EifFeature::takeProblem(const Error &error) {
    m_panel->showProblem(error);
    frame().banner().display(formats::Severity::error,
                             u"“%1” could not be opened."_s.arg(QFileInfo(frame().image().path()).fileName()),
                             error.text(), {frame().action("file.open"), frame().action("edit.copyDetails")});
    frame().say(LogLevel::error, error.text());
}

void EifFeature::connectFiles() {
    EifFilesView &files = m_panel->filesView();
    connect(&files, &EifFilesView::chosenChanged, this, &EifFeature::updateActions);
    connect(&files, &EifFilesView::told, this, [this](LogLevel level, const QString &text) {
        frame().say(level, text);
        frame().showMessage(text, 8000);
    });
    files.tree().setContextMenuPolicy(Qt::ActionsContextMenu);
    files.tree().addActions(frame().actions().list({"eif.saveFile", "eif.showBytes", "eif.extract"}));
}

void EifFeature::updateActions() {
    const bool isOpen = frame().image().document().has_value();
    for (const char *id : {"eif.compareWith", "eif.extract", "edit.goTo"})
        frame().action(id)->setEnabled(isOpen);
    frame().action("eif.saveFile")->setEnabled(m_panel->filesView().canSave());
    frame().action("eif.showBytes")->setEnabled(!m_panel->filesView().rangeInImage().isEmpty());
}

void EifFeature::chooseComparison() {
    chooseFileToOpen(frame().window(),
                     {u"Compare With"_s, QFileInfo(frame().image().document()->path()).absolutePath(),
                      u"Enclave image files (*.eif);;All files (*)"_s},
                     [this](const QString &path) {
                         frame().raise(*m_panel);
                         m_panel->compareWith(path);
                     });
}

void EifFeature::chooseExtractFolder() {
    chooseFolder(frame().window(), u"Extract Into a New or Empty Folder"_s, [this](const QString &path) {
        frame().raise(*m_panel);
        m_panel->showPage(EifPanel::files);
        m_panel->filesView().extractTo(path);
    });
}

} // namespace nitroscope::app
