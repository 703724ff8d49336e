// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/vsock_rule_dialog.hpp"

#include "app/ui/text/byte_text.hpp"

#include <limits>
#include <QAbstractItemView>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QGroupBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QVBoxLayout>

namespace nitroscope::app {
namespace {

// The numbers of an action: its field's name, what is to be entered, whether it needs it.
struct Parameter {
    const char *action, *name, *hint;
    bool isNeeded;
};
const Parameter parameters[] = {{"delay", "Delay", "milliseconds", true},
                                {"delay", "Jitter", "up to so many milliseconds more", false},
                                {"throttle", "Rate", "bytes per second", true},
                                {"slice", "Packet size", "bytes", true}};

const std::pair<const char *, const char *> actionTexts[] = {
    {"delay", "Hold it back"},
    {"drop", "Lose it"},
    {"reset", "Reset the flow"},
    {"refuse", "Refuse the connection"},
    {"blackhole", "Drop it and everything after it in the flow"},
    {"throttle", "Throttle"},
    {"slice", "Cut data into small packets"},
    {"corrupt", "Flip a bit of the payload"},
    {"duplicate", "Deliver it twice"},
    {"freeze-credit", "Freeze the credit"},
    {"transport-reset", "Reset the transport (all flows)"}};

QFormLayout *group(QVBoxLayout &page, const QString &title) {
    auto *box = new QGroupBox(title);
    auto *form = new QFormLayout(box);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    page.addWidget(box);
    return form;
}

QComboBox *chooser(const QString &name, const QList<std::pair<QString, QString>> &items,
                   const QString &value) {
    auto *box = new QComboBox;
    box->setAccessibleName(name);
    box->view()->setAccessibleName(name);
    for (const auto &[text, word] : items)
        box->addItem(text, word);
    box->setCurrentIndex(std::max(0, box->findData(value)));
    return box;
}

template <class Number>
std::optional<Number> narrowed(const std::optional<quint64> &value) {
    return value ? std::optional(static_cast<Number>(*value)) : std::nullopt;
}

} // namespace

VsockRuleDialog::VsockRuleDialog(VsockRule::Kind kind, const qmp::VsockMatch &match, QWidget *parent)
    : QDialog(parent), m_kind(kind), m_text(new QLineEdit(match.text)), m_hex(new QLineEdit(match.hex)),
      m_summary(new QLabel) {
    const bool isFault = kind == VsockRule::Kind::fault;
    setWindowTitle(isFault ? QStringLiteral("vsock Fault") : QStringLiteral("Break on vsock Packets"));
    auto *page = new QVBoxLayout(this);
    if (isFault)
        addActionRows(*group(*page, QStringLiteral("What happens")));
    addMatchRows(*group(*page, QStringLiteral("To which packets")), match);
    QFormLayout *often = group(*page, QStringLiteral("How often"));
    often->addRow(QStringLiteral("&Let pass first"),
                  numberField(QStringLiteral("Skip"), QStringLiteral("none")));
    often->addRow(isFault ? QStringLiteral("Then act so o&ften") : QStringLiteral("Then stop so o&ften"),
                  numberField(QStringLiteral("Count"), QStringLiteral("always")));
    if (isFault) {
        often->addRow(QStringLiteral("Cha&nce"),
                      numberField(QStringLiteral("Chance"), QStringLiteral("100 per cent")));
        often->addRow(
            QStringLiteral("See&d"),
            numberField(QStringLiteral("Seed"), QStringLiteral("of chance, jitter and bits; as it is")));
    }
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setAccessibleName(QStringLiteral("What the rule does"));
    m_summary->setMinimumHeight(2 * fontMetrics().height());
    page->addWidget(m_summary);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    m_ok->setText(isFault ? QStringLiteral("&Add Fault") : QStringLiteral("&Add Break"));
    page->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    for (QLineEdit *field : findChildren<QLineEdit *>())
        connect(field, &QLineEdit::textChanged, this, &VsockRuleDialog::refresh);
    for (QComboBox *box : findChildren<QComboBox *>())
        connect(box, &QComboBox::currentIndexChanged, this, &VsockRuleDialog::refresh);
    if (m_violate)
        connect(m_violate, &QCheckBox::toggled, this, &VsockRuleDialog::refresh);
    resize(fontMetrics().height() * 30, sizeHint().height());
    refresh();
}

QLineEdit *VsockRuleDialog::numberField(const QString &name, const QString &placeholder,
                                        const std::optional<quint64> &value) {
    static const QRegularExpression digits(QStringLiteral("[0-9]{0,18}"));
    auto *field = new QLineEdit(value ? QString::number(*value) : QString());
    field->setAccessibleName(name);
    field->setPlaceholderText(placeholder);
    field->setValidator(new QRegularExpressionValidator(digits, field));
    m_numbers.insert(name, field);
    return field;
}

void VsockRuleDialog::addActionRows(QFormLayout &form) {
    QList<std::pair<QString, QString>> items;
    for (const QString &action : qmp::vsockFaultActions())
        for (const auto &[word, text] : actionTexts)
            if (action == QLatin1String(word))
                items.append({QString::fromLatin1(text), action});
    m_action = chooser(QStringLiteral("Action"), items, {});
    form.addRow(QStringLiteral("&Action"), m_action);
    for (const Parameter &parameter : parameters)
        form.addRow(QLatin1String(parameter.name),
                    numberField(QLatin1String(parameter.name), QLatin1String(parameter.hint)));
    m_numbers[QStringLiteral("Delay")]->setText(QStringLiteral("1000"));
    m_violate = new QCheckBox(QStringLiteral("Also what a real transport never does (lost or doubled data)"));
    form.addRow(QString(), m_violate);
}

void VsockRuleDialog::addMatchRows(QFormLayout &form, const qmp::VsockMatch &match) {
    const QString any = QStringLiteral("any");
    m_direction = chooser(QStringLiteral("Direction"),
                          {{QStringLiteral("Both ways"), {}},
                           {QStringLiteral("From the guest"), QStringLiteral("from-guest")},
                           {QStringLiteral("To the guest"), QStringLiteral("to-guest")}},
                          match.direction);
    QList<std::pair<QString, QString>> operations{{QStringLiteral("Any"), {}}};
    for (const QString &word : qmp::vsockOperations())
        operations.append(
            {word == QLatin1String("rw") ? QStringLiteral("RW (data)") : word.toUpper().replace(u'-', u'_'),
             word});
    m_operation = chooser(QStringLiteral("Operation"), operations, match.operation);
    m_type = chooser(QStringLiteral("Socket type"),
                     {{QStringLiteral("Any"), {}},
                      {QStringLiteral("Stream"), QStringLiteral("stream")},
                      {QStringLiteral("Seqpacket"), QStringLiteral("seqpacket")}},
                     match.kind);
    form.addRow(QStringLiteral("&Direction"), m_direction);
    form.addRow(QStringLiteral("&Operation"), m_operation);
    form.addRow(QStringLiteral("Socket &type"), m_type);
    form.addRow(QStringLiteral("&Port that was dialed"),
                numberField(QStringLiteral("Port"), any, match.port));
    form.addRow(QStringLiteral("up &to port"),
                numberField(QStringLiteral("Last port"), QStringLiteral("only that one"), match.lastPort));
    form.addRow(QStringLiteral("Peer's &CID"), numberField(QStringLiteral("CID"), any, match.cid));
    form.addRow(QStringLiteral("&Flow"), numberField(QStringLiteral("Flow"), any, match.flow));
    form.addRow(QStringLiteral("Only the &nth packet"),
                numberField(QStringLiteral("Nth packet"),
                            QStringLiteral("of its direction in each flow, from 1"), match.nth));
    form.addRow(QStringLiteral("Only with &byte"),
                numberField(QStringLiteral("Byte offset"),
                            QStringLiteral("of its direction of the flow, from 0"), match.offset));
    m_text->setAccessibleName(QStringLiteral("Payload text"));
    m_text->setPlaceholderText(QStringLiteral("contained in the payload"));
    m_hex->setAccessibleName(QStringLiteral("Payload bytes"));
    m_hex->setPlaceholderText(QStringLiteral("hexadecimal digits, likewise"));
    form.addRow(QStringLiteral("Payload te&xt"), m_text);
    form.addRow(QStringLiteral("Payload b&ytes"), m_hex);
}

std::optional<quint64> VsockRuleDialog::number(const QString &name) const {
    const QLineEdit *field = m_numbers.value(name);
    return field && field->isEnabled() && !field->text().isEmpty()
               ? std::optional(field->text().toULongLong())
               : std::nullopt;
}

qmp::VsockMatch VsockRuleDialog::match() const {
    qmp::VsockMatch match;
    match.direction = m_direction->currentData().toString();
    match.operation = m_operation->currentData().toString();
    match.kind = m_type->currentData().toString();
    match.port = narrowed<quint32>(number(QStringLiteral("Port")));
    match.lastPort = narrowed<quint32>(number(QStringLiteral("Last port")));
    match.cid = number(QStringLiteral("CID"));
    match.flow = number(QStringLiteral("Flow"));
    match.nth = narrowed<quint32>(number(QStringLiteral("Nth packet")));
    match.offset = number(QStringLiteral("Byte offset"));
    match.text = m_text->text();
    if (const auto bytes = bytesFromHex(m_hex->text()))
        match.hex = QString::fromLatin1(bytes->toHex());
    return match;
}

qmp::VsockBreakRule VsockRuleDialog::breakRule() const {
    return {match(), static_cast<quint32>(number(QStringLiteral("Skip")).value_or(0)),
            static_cast<quint32>(number(QStringLiteral("Count")).value_or(0)), 0, 0};
}

qmp::VsockFaultRule VsockRuleDialog::faultRule() const {
    qmp::VsockFaultRule rule;
    rule.action = m_action ? m_action->currentData().toString() : QString();
    rule.packet = match();
    rule.milliseconds = narrowed<quint32>(number(QStringLiteral("Delay")));
    rule.jitter = narrowed<quint32>(number(QStringLiteral("Jitter")));
    rule.rate = number(QStringLiteral("Rate"));
    rule.bytes = narrowed<quint32>(number(QStringLiteral("Packet size")));
    rule.violate = m_violate && m_violate->isEnabled() && m_violate->isChecked();
    rule.skip = static_cast<quint32>(number(QStringLiteral("Skip")).value_or(0));
    rule.count = static_cast<quint32>(number(QStringLiteral("Count")).value_or(0));
    rule.chance = static_cast<quint32>(number(QStringLiteral("Chance")).value_or(100));
    return rule;
}

std::optional<quint64> VsockRuleDialog::seed() const {
    return number(QStringLiteral("Seed"));
}

QString VsockRuleDialog::problem() const {
    constexpr quint64 most32 = std::numeric_limits<quint32>::max();
    for (const char *name :
         {"Port", "Last port", "Nth packet", "Skip", "Count", "Delay", "Jitter", "Packet size"})
        if (number(QLatin1String(name)).value_or(0) > most32)
            return QStringLiteral("%1 is at most %2.").arg(QLatin1String(name)).arg(most32);
    const auto port = number(QStringLiteral("Port")), last = number(QStringLiteral("Last port"));
    if (last && !port)
        return QStringLiteral("A range of ports needs its first port.");
    if (last && *last < *port)
        return QStringLiteral("The last port is before the first.");
    if (number(QStringLiteral("Nth packet")) == 0)
        return QStringLiteral("Packets count from 1.");
    if (!m_text->text().isEmpty() && !m_hex->text().isEmpty())
        return QStringLiteral("Give either text or bytes of the payload.");
    if (!m_hex->text().isEmpty() && !bytesFromHex(m_hex->text()))
        return QStringLiteral("The payload bytes are not hexadecimal digits in pairs.");
    if (!m_action)
        return {};
    const QString action = m_action->currentData().toString();
    for (const Parameter &parameter : parameters)
        if (action == QLatin1String(parameter.action) && parameter.isNeeded &&
            number(QLatin1String(parameter.name)).value_or(0) == 0)
            return QStringLiteral("%1 (%2) is missing.")
                .arg(QLatin1String(parameter.name), QLatin1String(parameter.hint));
    const quint64 chance = number(QStringLiteral("Chance")).value_or(100);
    return chance < 1 || chance > 100 ? QStringLiteral("A chance is between 1 and 100 per cent.") : QString();
}

void VsockRuleDialog::refresh() {
    if (m_action) {
        const QString action = m_action->currentData().toString();
        for (const Parameter &parameter : parameters)
            m_numbers[QLatin1String(parameter.name)]->setEnabled(action == QLatin1String(parameter.action));
        m_violate->setEnabled(action == QLatin1String("drop") || action == QLatin1String("duplicate"));
    }
    const QString wrong = problem();
    m_ok->setEnabled(wrong.isEmpty());
    m_summary->setText(!wrong.isEmpty()                   ? wrong
                       : m_kind == VsockRule::Kind::fault ? ruleText(faultRule())
                                                          : ruleText(breakRule()));
}

} // namespace nitroscope::app
