// SPDX-License-Identifier: GPL-2.0-or-later
//
// One launch option in the dialog: the widget that suits its kind, what has been entered, and what is wrong
// with it.
#pragma once

#include "app/session/launch/launch_options.hpp"

#include <QObject>

class QLineEdit;
class QWidget;

namespace nitroscope::app {

class LaunchField : public QObject {
    Q_OBJECT
public:
    // Shows the value in `spec`. The editor is not put anywhere yet; `parent` is where file choosers open.
    LaunchField(const LaunchOption &option, const LaunchSpec &spec, QWidget *parent);

    const LaunchOption &option() const { return m_option; }
    QWidget *editor() const { return m_editor; }
    // The word that is chosen, of an option that has words.
    QString word() const;
    // What is entered, or the default where nothing is or it makes no sense.
    void writeTo(LaunchSpec &spec) const;
    // Why it cannot be started, and what to do; empty = nothing.
    QString problem() const;

signals:
    void changed();

private:
    QWidget *makeEditor(const LaunchSpec &spec, QWidget *parent);
    QWidget *makeNumber(const QVariant &value);
    QWidget *makeWords(const QVariant &value);
    QWidget *makeLines(const QVariant &value);
    QLineEdit *makeLine(const QString &text);
    void addBrowser(QLineEdit &line, QWidget *parent);
    QVariant entered() const; // invalid = nothing

    const LaunchOption &m_option;
    QWidget *m_editor;
};

} // namespace nitroscope::app
