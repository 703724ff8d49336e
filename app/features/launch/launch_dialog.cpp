// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/launch/launch_dialog.hpp"

#include "app/features/launch/launch_field.hpp"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTabWidget>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QLabel *explanation(const QString &text) {
    auto *label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    return label;
}

// The option that stands beside the one of `field` only makes sense with one of its words.
void putBeside(LaunchField &field, QFormLayout &form, LaunchField &beside) {
    auto *row = new QHBoxLayout;
    row->addWidget(field.editor());
    row->addWidget(beside.editor(), 1);
    auto *label = new QLabel(QString::fromUtf8(field.option().label));
    label->setBuddy(field.editor());
    form.addRow(label, row);
    const auto enable = [&field, &beside] {
        beside.editor()->setEnabled(field.word() == QLatin1String(beside.option().besideWhen));
    };
    QObject::connect(&field, &LaunchField::changed, &beside, enable);
    enable();
}

} // namespace

LaunchDialog::LaunchDialog(const LaunchSpec &spec, quint64 memoryNeededMiB, QWidget *parent)
    : QDialog(parent), m_spec(spec), m_memoryNeededMiB(memoryNeededMiB), m_note(new QLabel),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel)) {
    setWindowTitle(u"Launch Options"_s);
    auto *machine = new QWidget;
    auto *groups = new QVBoxLayout(machine);
    addGroup(*groups, u"Enclave"_s, OptionPage::enclave);
    addGroup(*groups, u"Identity"_s, OptionPage::identity);
    addGroup(*groups, u"Experiments"_s, OptionPage::experiments);
    groups->addStretch(1);
    auto *vsock = new QWidget;
    auto *form = new QFormLayout(vsock);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    addFields(*form, OptionPage::vsock);

    auto *tabs = new QTabWidget;
    tabs->setAccessibleName(u"Launch options"_s);
    tabs->addTab(machine, u"M&achine"_s);
    tabs->addTab(vsock, u"&vsock"_s);
    m_note->setWordWrap(true);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setMinimumHeight(fontMetrics().lineSpacing() * 3); // a problem takes more than a line
    m_note->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    auto *all = new QVBoxLayout(this);
    all->addWidget(tabs, 1);
    all->addWidget(m_note);
    all->addWidget(m_buttons);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    refresh();
    resize(fontMetrics().height() * 34, sizeHint().height());
}

void LaunchDialog::addGroup(QVBoxLayout &page, const QString &title, OptionPage options) {
    auto *box = new QGroupBox(title);
    auto *form = new QFormLayout(box);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    page.addWidget(box);
    addFields(*form, options);
}

void LaunchDialog::addFields(QFormLayout &form, OptionPage page) {
    QList<LaunchField *> fields;
    for (const LaunchOption &option : launchOptions())
        if (option.page == page)
            fields << new LaunchField(option, m_spec, this);
    for (int i = 0; i < fields.size(); ++i) {
        LaunchField &field = *fields[i];
        connect(&field, &LaunchField::changed, this, &LaunchDialog::refresh);
        const LaunchOption &option = field.option();
        if (*option.besideWhen)
            continue;
        if (i + 1 < fields.size() && *fields[i + 1]->option().besideWhen)
            putBeside(field, form, *fields[i + 1]);
        else if (option.isSwitch())
            form.addRow(QString(), field.editor());
        else
            form.addRow(QString::fromUtf8(option.label), field.editor());
        if (*option.explanation)
            form.addRow(QString(), explanation(QString::fromUtf8(option.explanation)));
        if (option.kind == OptionKind::mebibytes && m_memoryNeededMiB > 0)
            form.addRow(QString(),
                        new QLabel(u"The open EIF needs at least %1 MiB."_s.arg(m_memoryNeededMiB)));
    }
    m_fields += fields;
}

QString LaunchDialog::problem() const {
    for (const LaunchField *field : m_fields)
        if (const QString problem = field->problem(); !problem.isEmpty())
            return problem;
    return {};
}

void LaunchDialog::refresh() {
    const QString wrong = problem();
    m_note->setText(wrong.isEmpty() ? u"Changes take effect with the next run."_s : wrong);
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(wrong.isEmpty());
}

LaunchSpec LaunchDialog::spec() const {
    LaunchSpec spec = m_spec;
    for (const LaunchField *field : m_fields)
        field->writeTo(spec);
    return spec;
}

} // namespace nitroscope::app
