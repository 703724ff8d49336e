// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/log/log_feature.hpp"

#include "app/features/log/log_panel.hpp"
#include "app/frame/frame.hpp"
#include "app/ui/bars/banner.hpp"

#include <algorithm>
#include <QClipboard>
#include <QGuiApplication>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace {

constexpr qsizetype maxDetailLines = 50; // of the log's end, beside the notice

QString detailsOf(const Banner &notice, const LogModel &log) {
    const QStringList lines = log.asText().split(u'\n');
    return notice.details() + u"\n\n"_s +
           lines.mid(std::max<qsizetype>(0, lines.size() - maxDetailLines)).join(u'\n');
}

} // namespace

LogFeature::LogFeature(Frame &frame) : Feature(frame), m_panel(new LogPanel) {
    ActionRegistry &actions = frame.actions();
    actions.add(
        {u"file.exportLog"_s, u"&Log…"_s, {}, {}, u"Save the log shown in the log panel"_s, u"Export Log"_s},
        [this] {
            this->frame().saveText(u"Save Log"_s, u"nitroscope.log"_s, m_panel->model().asText().toUtf8());
        });
    actions.add(
        {u"edit.copyDetails"_s, u"Copy &Details"_s, {}, {}, u"Copy the notice and the end of the log"_s},
        [this] {
            QGuiApplication::clipboard()->setText(detailsOf(this->frame().banner(), m_panel->model()));
        });
    actions.add({u"edit.clearLog"_s, u"Clea&r Log"_s, {}, u"clear"_s, u"Empty the log"_s},
                [this] { m_panel->model().clear(); });
    connect(&frame, &Frame::said, m_panel, &LogPanel::append);
    connect(&frame.session(), &EnclaveSession::logLine, m_panel, [this](const LogEntry &entry) {
        if (!entry.isInStream)
            m_panel->append(entry);
    });
}

std::vector<PanelEntry> LogFeature::panels() {
    return {{m_panel, u"&Log"_s, QKeySequence(u"Ctrl+5"_s), {Quarter::rightBottom, Tab::last}, {}}};
}

std::vector<MenuEntry> LogFeature::actions() {
    const ActionRegistry &actions = frame().actions();
    return {{MenuPlace::exports, actions.list({"file.exportLog"})},
            {MenuPlace::copy, actions.list({"edit.copyDetails"})},
            {MenuPlace::clear, actions.list({"edit.clearLog"})}};
}

// What the stream says beside what other panels show.
void LogFeature::take(const RunNews &news) {
    for (const LogEntry &entry : news.log)
        m_panel->append(entry);
}

} // namespace nitroscope::app
