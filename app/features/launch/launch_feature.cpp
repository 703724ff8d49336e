// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/launch/launch_feature.hpp"

#include "app/features/launch/launch_dialog.hpp"
#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

LaunchFeature::LaunchFeature(Frame &frame) : Feature(frame) {
    frame.actions().add({u"enclave.options"_s, u"Launch &Options…"_s, QKeySequence(u"Ctrl+L"_s), u"options"_s,
                         u"Memory, CPUs, debug mode and more for the next run"_s},
                        [this] { edit(); });
}

std::vector<MenuEntry> LaunchFeature::actions() {
    const QList<QAction *> options = frame().actions().list({"enclave.options"});
    return {{MenuPlace::toolBar, options}, {MenuPlace::options, options}};
}

void LaunchFeature::edit() {
    const auto &image = frame().image().document();
    const quint64 neededMiB = image ? (image->memoryNeeded() + (1 << 20) - 1) >> 20 : 0;
    auto *dialog = new LaunchDialog(frame().runs().options(), neededMiB, &frame().window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog] {
        frame().runs().setOptions(dialog->spec());
        frame().preferences().setLaunchOptions(dialog->spec());
    });
    dialog->open();
}

} // namespace nitroscope::app
