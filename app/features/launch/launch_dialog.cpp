// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/launch/launch_dialog.hpp"

#include "app/features/launch/launch_vsock_page.hpp"
#include "app/ui/theme/icons.hpp"

#include <QAction>
#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QGroupBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTabWidget>
#include <QVBoxLayout>

namespace nitroscope::app {
namespace {

QLineEdit *textField(const QString &name, const QString &placeholder, const QString &value) {
    auto *field = new QLineEdit(value);
    field->setPlaceholderText(placeholder);
    field->setAccessibleName(name);
    return field;
}

QFormLayout *group(QVBoxLayout &page, const QString &title) {
    auto *box = new QGroupBox(title);
    auto *form = new QFormLayout(box);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    page.addWidget(box);
    return form;
}

} // namespace

LaunchDialog::LaunchDialog(const LaunchSpec &spec, quint64 memoryNeededMiB, QWidget *parent)
    : QDialog(parent), m_spec(spec), m_memory(new QSpinBox), m_cpus(new QSpinBox),
      m_debugMode(new QCheckBox(QStringLiteral("Debug mode: PCR 0-2 and 8 read as zero, as on EC2"))),
      m_strict(new QCheckBox(QStringLiteral("Strict: refuse what the real platform refuses"))),
      m_debugger(new QCheckBox(QStringLiteral("Debugger: stop before the first instruction"))),
      m_systemCalls(new QCheckBox(QStringLiteral("Trace the system calls of the enclave's programs"))),
      m_moduleId(
          textField(QStringLiteral("Module ID"), QStringLiteral("made up by the machine"), spec.moduleId)),
      m_parentRole(textField(QStringLiteral("IAM role"), QStringLiteral("arn:aws:iam::… measured into PCR 3"),
                             spec.parentRole)),
      m_parentId(
          textField(QStringLiteral("Instance ID"), QStringLiteral("i-… measured into PCR 4"), spec.parentId)),
      m_append(textField(QStringLiteral("Extra command line"),
                         QStringLiteral("appended to the EIF's; is measured"), spec.append)),
      m_initrd(pathField(QStringLiteral("Extra ramdisk"), QStringLiteral("after the EIF's own; is measured"),
                         spec.initrdPath)),
      m_qemu(pathField(QStringLiteral("QEMU"), QStringLiteral("the one that came with Nitroscope"),
                       spec.qemuPath)),
      m_firstCalls(pathField(QStringLiteral("First calls of kernel functions"),
                             QStringLiteral("a System.map; needs nokaslr above"), spec.firstCallsPath)),
      m_vsock(new LaunchVsockPage(spec.vsock)), m_note(new QLabel),
      m_buttons(new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel)) {
    setWindowTitle(QStringLiteral("Launch Options"));
    m_memory->setRange(0, 1 << 20);
    m_memory->setSingleStep(64);
    m_memory->setSuffix(QStringLiteral(" MiB"));
    m_memory->setSpecialValueText(QStringLiteral("As much as EC2 requires for the EIF"));
    m_memory->setValue(static_cast<int>(spec.memoryMiB));
    m_memory->setAccessibleName(QStringLiteral("Memory"));
    m_cpus->setRange(1, 255);
    m_cpus->setValue(static_cast<int>(spec.cpuCount));
    m_cpus->setAccessibleName(QStringLiteral("CPUs"));
    m_debugMode->setChecked(spec.debugMode);
    m_strict->setChecked(spec.strict);
    m_debugger->setChecked(spec.debugger);
    m_systemCalls->setChecked(spec.traceSystemCalls);
    m_systemCalls->setToolTip(QStringLiteral("In the timeline and the capture; the enclave runs slower."));

    auto *all = new QVBoxLayout(this);
    auto *tabs = new QTabWidget;
    tabs->setAccessibleName(QStringLiteral("Launch options"));
    auto *machine = new QWidget;
    auto *page = new QVBoxLayout(machine);
    QFormLayout *enclave = group(*page, QStringLiteral("Enclave"));
    enclave->addRow(QStringLiteral("&Memory"), m_memory);
    if (memoryNeededMiB > 0)
        enclave->addRow(
            QString(),
            new QLabel(QStringLiteral("The open EIF needs at least %1 MiB.").arg(memoryNeededMiB)));
    enclave->addRow(QStringLiteral("&CPUs"), m_cpus);
    enclave->addRow(QString(), m_debugMode);
    enclave->addRow(QString(), m_strict);
    enclave->addRow(QString(), m_debugger);
    enclave->addRow(QString(), m_systemCalls);
    QFormLayout *identity = group(*page, QStringLiteral("Identity"));
    identity->addRow(QStringLiteral("Mod&ule ID"), m_moduleId);
    identity->addRow(QStringLiteral("Parent's IAM &role"), m_parentRole);
    identity->addRow(QStringLiteral("Parent's &instance ID"), m_parentId);
    QFormLayout *experiments = group(*page, QStringLiteral("Experiments"));
    experiments->addRow(QStringLiteral("&Extra command line"), m_append);
    experiments->addRow(QStringLiteral("E&xtra ramdisk"), m_initrd);
    experiments->addRow(QStringLiteral("Trace &first calls"), m_firstCalls);
    experiments->addRow(QStringLiteral("&QEMU program"), m_qemu);
    page->addStretch(1);
    tabs->addTab(machine, QStringLiteral("M&achine"));
    tabs->addTab(m_vsock, QStringLiteral("&vsock"));
    m_note->setWordWrap(true);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setMinimumHeight(fontMetrics().lineSpacing() * 3); // a problem takes more than a line
    m_note->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    all->addWidget(tabs, 1);
    all->addWidget(m_note);
    all->addWidget(m_buttons);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_vsock, &LaunchVsockPage::changed, this, &LaunchDialog::refresh);
    connect(m_firstCalls, &QLineEdit::textChanged, this, &LaunchDialog::refresh);
    refresh();
    resize(fontMetrics().height() * 34, sizeHint().height());
}

QLineEdit *LaunchDialog::pathField(const QString &name, const QString &placeholder, const QString &value) {
    QLineEdit *field = textField(name, placeholder, value);
    QAction *browse = field->addAction(icons::named(QStringLiteral("open")), QLineEdit::TrailingPosition);
    browse->setToolTip(QStringLiteral("Choose a file"));
    connect(browse, &QAction::triggered, this, [this, field, name] {
        auto *chooser = new QFileDialog(this, name);
        chooser->setAttribute(Qt::WA_DeleteOnClose);
        chooser->setFileMode(QFileDialog::ExistingFile);
        connect(chooser, &QFileDialog::fileSelected, field, &QLineEdit::setText);
        chooser->open();
    });
    return field;
}

QString LaunchDialog::problem() const {
    const QFileInfo symbols(m_firstCalls->text().trimmed());
    if (!symbols.filePath().isEmpty() && (!symbols.isFile() || !symbols.isReadable()))
        return QStringLiteral(
                   "First calls: %1 cannot be read. Choose the kernel's System.map, or leave it empty.")
            .arg(symbols.filePath());
    const QString vsock = m_vsock->problem();
    return vsock.isEmpty() ? vsock : QStringLiteral("vsock: ") + vsock;
}

void LaunchDialog::refresh() {
    const QString wrong = problem();
    m_note->setText(wrong.isEmpty() ? QStringLiteral("Changes take effect with the next run.") : wrong);
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(wrong.isEmpty());
}

LaunchSpec LaunchDialog::spec() const {
    LaunchSpec spec = m_spec;
    spec.memoryMiB = static_cast<quint64>(m_memory->value());
    spec.cpuCount = static_cast<unsigned>(m_cpus->value());
    spec.debugMode = m_debugMode->isChecked();
    spec.strict = m_strict->isChecked();
    spec.debugger = m_debugger->isChecked();
    spec.traceSystemCalls = m_systemCalls->isChecked();
    spec.firstCallsPath = m_firstCalls->text().trimmed();
    spec.moduleId = m_moduleId->text().trimmed();
    spec.parentRole = m_parentRole->text().trimmed();
    spec.parentId = m_parentId->text().trimmed();
    spec.append = m_append->text().trimmed();
    spec.initrdPath = m_initrd->text().trimmed();
    spec.qemuPath = m_qemu->text().trimmed();
    spec.vsock = m_vsock->options();
    return spec;
}

} // namespace nitroscope::app
