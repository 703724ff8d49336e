// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/base/place_edit.hpp"

#include "app/ui/text/roles.hpp"
#include "app/ui/theme/theme.hpp"

#include <QAbstractItemView>
#include <QCompleter>
#include <QKeyEvent>
#include <QStringListModel>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr int maxCandidates = 200;
constexpr int minPrefixLength = 2; // letters before names are offered

bool isNamePart(QChar c) {
    return c.isLetterOrNumber() || c == QLatin1Char('_') || c == QLatin1Char('.') || c == QLatin1Char('$');
}

} // namespace

PlaceEdit::PlaceEdit(const QString &accessibleName, QWidget *parent)
    : QLineEdit(parent), m_names(new QStringListModel(this)), m_completer(new QCompleter(m_names, this)) {
    setAccessibleName(accessibleName);
    setPlaceholderText(u"Symbol, address or expression: start_kernel+0x10"_s);
    setClearButtonEnabled(true);
    setFont(theme::monospace());
    m_completer->setWidget(this);
    m_completer->setCompletionMode(QCompleter::UnfilteredPopupCompletion);
    m_completer->popup()->setFont(theme::monospace());
    connect(m_completer, qOverload<const QString &>(&QCompleter::activated), this, &PlaceEdit::complete);
    connect(this, &QLineEdit::textEdited, this, [this] {
        setProblem({});
        offer();
    });
}

void PlaceEdit::setArchitecture(const arch::Architecture &architecture) {
    m_architecture = &architecture;
    const arch::RegisterTable &table = architecture.registers;
    setPlaceholderText(u"Symbol, address or expression: start_kernel+0x10, $%1, *($%2+8)"_s.arg(
        QLatin1String(table.at(table.programCounter)->name),
        QLatin1String(table.at(table.stackPointer)->name)));
}

qsizetype PlaceEdit::wordStart() const {
    const QString all = text();
    qsizetype at = cursorPosition();
    while (at > 0 && isNamePart(all[at - 1]))
        --at;
    return at;
}

QStringList PlaceEdit::candidates() const {
    const QString word = text().mid(wordStart(), cursorPosition() - wordStart());
    QStringList names;
    if (word.startsWith(QLatin1Char('$'))) {
        for (const arch::Register &one :
             m_architecture ? m_architecture->registers.registers : std::span<const arch::Register>())
            if (const QString name = QLatin1Char('$') + QLatin1String(one.name); name.startsWith(word))
                names << name;
    } else if (word.size() >= minPrefixLength && !word[0].isDigit() && m_symbols) {
        for (const QString &name : m_symbols->complete(word, maxCandidates))
            names << name;
    }
    return names;
}

void PlaceEdit::offer() {
    const QStringList names = candidates();
    m_names->setStringList(names);
    if (names.isEmpty() || (names.size() == 1 && text().endsWith(names.first()))) {
        m_completer->popup()->hide();
        return;
    }
    QRect box = rect();
    box.setWidth(std::max(box.width() / 2, fontMetrics().averageCharWidth() * 40));
    m_completer->complete(box);
}

void PlaceEdit::complete(const QString &name) {
    const qsizetype start = wordStart();
    QString all = text();
    all.replace(start, cursorPosition() - start, name);
    setText(all);
    setCursorPosition(static_cast<int>(start + name.size()));
}

void PlaceEdit::setProblem(const QString &problem) {
    setToolTip(foreignTip(problem));
    QPalette colors = palette();
    if (problem.isEmpty())
        setPalette({});
    else {
        colors.setColor(QPalette::Text, theme::toneColor(colors, Tone::bad));
        setPalette(colors);
    }
}

void PlaceEdit::keyPressEvent(QKeyEvent *event) {
    const bool isReturn = event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    if (m_completer->popup()->isVisible() &&
        (event->key() == Qt::Key_Tab || (isReturn && m_completer->popup()->currentIndex().isValid()))) {
        event->ignore(); // the popup's
        return;
    }
    if (isReturn && !text().trimmed().isEmpty()) {
        m_completer->popup()->hide();
        emit entered(text().trimmed());
        return;
    }
    QLineEdit::keyPressEvent(event);
}

void PlaceEdit::focusInEvent(QFocusEvent *event) {
    QLineEdit::focusInEvent(event);
    if (event->reason() != Qt::PopupFocusReason)
        selectAll();
}

} // namespace nitroscope::app
