// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/breakpoints/breakpoint_dialog.hpp"

#include "app/features/debug/base/place_edit.hpp"
#include "app/session/debug/expression.hpp"
#include "app/ui/theme/theme.hpp"

#include <QCheckBox>
#include <QComboBox>
#include <QCompleter>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

BreakpointDialog::BreakpointDialog(const DebugBreakpoint &breakpoint, SymbolSourcePointer symbols,
                                   const arch::Architecture &architecture, QWidget *parent)
    : QDialog(parent), m_breakpoint(breakpoint), m_symbols(symbols), m_architecture(architecture),
      m_place(new PlaceEdit(u"Place"_s)), m_kind(new QComboBox), m_length(new QComboBox),
      m_condition(new QLineEdit(breakpoint.condition)), m_process(new QLineEdit(breakpoint.process)),
      m_ignore(new QSpinBox), m_once(new QCheckBox(u"Only &once: gone after the first stop"_s)),
      m_problem(new QLabel) {
    setWindowTitle(breakpoint.number == 0 ? u"New Breakpoint"_s : u"Breakpoint %1"_s.arg(breakpoint.number));
    m_place->setSymbols(m_symbols);
    m_place->setArchitecture(architecture);
    m_place->setText(breakpoint.place);
    const std::pair<const char *, DebugBreakpoint::Kind> kinds[] = {
        {"Execution of the code there", DebugBreakpoint::Kind::code},
        {"A write to the memory there", DebugBreakpoint::Kind::write},
        {"A read of the memory there", DebugBreakpoint::Kind::read},
        {"Any access to the memory there", DebugBreakpoint::Kind::access}};
    for (const auto &[text, kind] : kinds)
        m_kind->addItem(QString::fromLatin1(text), static_cast<int>(kind));
    m_kind->setCurrentIndex(m_kind->findData(static_cast<int>(breakpoint.kind)));
    for (const int length : {1, 2, 4, 8})
        m_length->addItem(length == 1 ? u"1 byte"_s : u"%1 bytes"_s.arg(length), length);
    m_length->setCurrentIndex(std::max(0, m_length->findData(static_cast<int>(breakpoint.length))));
    m_condition->setPlaceholderText(u"always; or an expression that must not be 0: $%1 & 0x10"_s.arg(
        QLatin1String(architecture.registers.at(architecture.functions.arguments[0])->name)));
    m_process->setPlaceholderText(u"any; or its name or number: init, 27"_s);
    m_ignore->setRange(0, 1'000'000'000);
    m_ignore->setSuffix(u" hits"_s);
    m_ignore->setSpecialValueText(u"none"_s);
    m_ignore->setValue(static_cast<int>(std::min<quint64>(breakpoint.ignoreCount, 1'000'000'000)));
    m_once->setChecked(breakpoint.once);
    m_kind->setAccessibleName(u"Stops on"_s);
    m_length->setAccessibleName(u"Length"_s);
    m_condition->setAccessibleName(u"Condition"_s);
    m_process->setAccessibleName(u"Process"_s);
    m_ignore->setAccessibleName(u"Pass over first"_s);

    auto *form = new QFormLayout(this);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(u"&Place"_s, m_place);
    form->addRow(u"&Stops on"_s, m_kind);
    form->addRow(u"&Length"_s, m_length);
    form->addRow(u"&Condition"_s, m_condition);
    form->addRow(u"P&rocess"_s, m_process);
    form->addRow(u"Pass over &first"_s, m_ignore);
    form->addRow(QString(), m_once);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setWordWrap(true);
    m_problem->setAccessibleName(u"What is wrong"_s);
    form->addRow(m_problem);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_place, &PlaceEdit::entered, this, &QDialog::accept);
    connect(m_place, &QLineEdit::textChanged, this, &BreakpointDialog::refresh);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &BreakpointDialog::refresh);
    for (QLineEdit *edit : {m_condition, m_process})
        connect(edit, &QLineEdit::textChanged, this, &BreakpointDialog::refresh);
    resize(fontMetrics().averageCharWidth() * 92, sizeHint().height());
    refresh();
}

void BreakpointDialog::refresh() {
    const QString condition = conditionProblem(), process = processProblem();
    const QPair<QLineEdit *, QString> fields[] = {{m_condition, condition}, {m_process, process}};
    for (const auto &[edit, why] : fields) {
        QPalette colors = edit->parentWidget() ? edit->parentWidget()->palette() : palette();
        if (!why.isEmpty())
            colors.setColor(QPalette::Text, theme::toneColor(colors, Tone::bad));
        edit->setPalette(colors);
    }
    m_problem->setText(condition.isEmpty() ? process : condition);
    m_problem->setVisible(!m_problem->text().isEmpty());
    m_ok->setEnabled(!m_place->text().trimmed().isEmpty() && m_problem->text().isEmpty());
    m_length->setEnabled(m_kind->currentData().toInt() != static_cast<int>(DebugBreakpoint::Kind::code));
}

QString BreakpointDialog::problem() const {
    return m_problem->text();
}

void BreakpointDialog::accept() {
    if (m_ok->isEnabled())
        QDialog::accept();
}

// Registers are known beforehand; a name that nothing has yet may be that of a program not started so far.
QString BreakpointDialog::conditionProblem() const {
    const QString text = m_condition->text().trimmed();
    if (text.isEmpty())
        return {};
    const auto error = checkExpression(text, m_architecture.registers);
    return error ? u"Condition: "_s + error->message : QString();
}

// A process is told by what the kernel keeps of its name, or by its number.
QString BreakpointDialog::processProblem() const {
    constexpr qsizetype maxName = 15;      // bytes; the kernel's TASK_COMM_LEN without the zero
    constexpr quint64 maxNumber = 1 << 22; // the kernel's PID_MAX_LIMIT on 64 bits
    const QString text = m_process->text().trimmed();
    const QByteArray name = text.toUtf8();
    bool isNumber = false;
    const quint64 number = text.toULongLong(&isNumber);
    if (text.isEmpty())
        return {};
    if (isNumber && number > maxNumber)
        return u"Process: no process has a number above %1."_s.arg(maxNumber);
    if (text.contains(u'/'))
        return u"Process: give the program's name without its folder."_s;
    if (name.size() > maxName)
        return u"Process: the kernel keeps %1 bytes of a name: type “%2”."_s.arg(maxName).arg(
            QString::fromUtf8(name.first(maxName)));
    return {};
}

void BreakpointDialog::offerProcesses(const QVector<KernelTask> &tasks) {
    QStringList names;
    for (const KernelTask &task : tasks)
        names << task.name;
    names.removeDuplicates();
    names.sort();
    auto *completer = new QCompleter(names, this);
    completer->setFilterMode(Qt::MatchContains);
    m_process->setCompleter(completer);
}

DebugBreakpoint BreakpointDialog::breakpoint() const {
    DebugBreakpoint changed = m_breakpoint;
    changed.place = m_place->text().trimmed();
    changed.kind = static_cast<DebugBreakpoint::Kind>(m_kind->currentData().toInt());
    changed.length = changed.kind == DebugBreakpoint::Kind::code
                         ? 1
                         : static_cast<quint64>(m_length->currentData().toInt());
    changed.condition = m_condition->text().trimmed();
    changed.process = m_process->text().trimmed();
    changed.ignoreCount = static_cast<quint64>(m_ignore->value());
    changed.once = m_once->isChecked();
    return changed;
}

} // namespace nitroscope::app
