// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/runs/runs_settings_dialog.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/ui/text/breakable_text.hpp"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QSpinBox>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

RunsSettingsDialog::RunsSettingsDialog(bool on, const KeptRunLimits &limits, const QString &folder,
                                       QWidget *parent)
    : QDialog(parent), m_limits(limits), m_on(new QCheckBox(u"&Keep the capture of every run"_s)),
      m_size(new QSpinBox), m_days(new QSpinBox) {
    setWindowTitle(u"Kept Runs"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    m_on->setChecked(on);
    m_size->setRange(1, 1 << 24);
    m_size->setSuffix(u" MiB"_s);
    m_size->setValue(static_cast<int>(limits.maxBytes >> 20));
    m_size->setAccessibleName(u"Most room for captures"_s);
    m_days->setRange(1, 3650);
    m_days->setSuffix(u" days"_s);
    m_days->setValue(limits.maxDays);
    m_days->setAccessibleName(u"Longest time that they are kept"_s);
    auto *where = new QLabel(breakableText(u"In %1. The oldest go first."_s.arg(visibleText(folder))));
    where->setTextFormat(Qt::PlainText);
    where->setWordWrap(true);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    auto *form = new QFormLayout(this);
    form->addRow(m_on);
    form->addRow(u"&At most"_s, m_size);
    form->addRow(u"&For"_s, m_days);
    form->addRow(where);
    form->addRow(buttons);
    connect(m_on, &QCheckBox::toggled, m_size, &QWidget::setEnabled);
    connect(m_on, &QCheckBox::toggled, m_days, &QWidget::setEnabled);
    m_size->setEnabled(on);
    m_days->setEnabled(on);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

bool RunsSettingsDialog::isOn() const {
    return m_on->isChecked();
}

KeptRunLimits RunsSettingsDialog::limits() const {
    KeptRunLimits limits = m_limits;
    limits.maxBytes = static_cast<quint64>(m_size->value()) << 20;
    limits.maxDays = m_days->value();
    return limits;
}

} // namespace nitroscope::app
