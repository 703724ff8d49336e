// SPDX-License-Identifier: GPL-2.0-or-later
//
// A page whose content is made by work in the background: a strip that says how far it is and stops it, above
// the content or, while there is none, the reason.
#pragma once

#include "app/core/result.hpp"
#include "app/ui/work/background_task.hpp"

#include <functional>
#include <QWidget>

class QAction;

namespace nitroscope::app {

class EmptyStack;
class TaskStrip;

class TaskPage : public QWidget {
    Q_OBJECT
public:
    // Why there is no content: a title, and what to do or what was wrong.
    struct Absence {
        QString title, text = {};
    };

    explicit TaskPage(QWidget *parent = nullptr);

protected:
    // Once, before anything else. `action` becomes a button beside the first absence.
    void setContent(QWidget *content, const Absence &absence, QAction *action = nullptr);
    // Shows this task whenever it runs; `text` is "Reading the ramdisks…". No two of them run at once.
    void watch(BackgroundTask &task, const QString &text);
    // What to show when the user has stopped a task; it is asked then. Nothing: what is shown stays.
    void setCancelled(std::function<std::optional<Absence>()> absence);

    void showContent();
    void showAbsence(const Absence &absence);
    // Hands what came of the work to `show`, or shows why nothing came.
    template <class T, class Show>
    void take(Result<T> result, const QString &failedTitle, Show show) {
        if (result)
            show(*std::move(result));
        else
            showAbsence({failedTitle, result.error().text()});
    }

private:
    TaskStrip *m_strip;
    EmptyStack *m_stack = nullptr;
};

} // namespace nitroscope::app
