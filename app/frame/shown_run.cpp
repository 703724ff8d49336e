// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/frame/shown_run.hpp"

#include "app/frame/frame.hpp"
#include "app/frame/run_control.hpp"

namespace nitroscope::app {

namespace {

// Of the run that is shown; empty when it is not known, or zero as in debug mode.
QByteArray measuredImage(const RunAccount &account) {
    const auto &first = account.pcrs().value(0);
    return !first || first->value.count('\0') == first->value.size() ? QByteArray() : first->value;
}

} // namespace

ShownRun shownRun(Frame &frame) {
    const auto &image = frame.image().document();
    if (frame.showsSavedCapture()) {
        const auto &measured = frame.image().measurements();
        return {ShownRun::Kind::capture, frame.savedCapture().path(),
                measured && !measured->pcr0.isEmpty() && measuredImage(frame.account()) == measured->pcr0};
    }
    if (!frame.account().bytes() && !frame.account().failure())
        return {};
    const QString path = frame.runs().spec().eifPath;
    return {ShownRun::Kind::session, path, path.isEmpty() || !image || image->path() == path};
}

} // namespace nitroscope::app
