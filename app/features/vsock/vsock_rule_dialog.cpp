// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/vsock_rule_dialog.hpp"

#include "app/core/vocabulary.hpp"
#include "app/proto/pcapng/record.hpp"
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

using namespace Qt::Literals::StringLiterals;
namespace {

// The numbers of an action: its field's name, what is to be entered, whether it needs it.
struct Parameter {
    const char *action, *name, *hint;
    bool isNeeded;
};
const Parameter parameters[] = {{"delay", "Delay", "milliseconds", true},
                                {"delay", "Jitter", "up to this many milliseconds more", false},
                                {"throttle", "Rate", "bytes per second", true},
                                {"slice", "Packet size", "bytes", true}};

constexpr WordText actionTexts[] = {{"delay", "Hold it back"},
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
constexpr std::string_view actionWords[] = {VSOCK_ACTION_LIST(NITROSCOPE_WORD)};
static_assert(hasTexts(actionTexts, std::span(actionWords).subspan(VSOCK_BREAK + 1)));

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

VsockRuleDialog::VsockRuleDialog(qmp::MachineRule::Kind kind, const qmp::VsockMatch &match, QWidget *parent)
    : QDialog(parent), m_kind(kind), m_text(new QLineEdit(match.text)), m_hex(new QLineEdit(match.hex)),
      m_summary(new QLabel) {
    const bool isFault = kind == qmp::MachineRule::Kind::fault;
    setWindowTitle(isFault ? u"vsock Fault"_s : u"Break on vsock Packets"_s);
    auto *page = new QVBoxLayout(this);
    if (isFault)
        addActionRows(*group(*page, u"What happens"_s));
    addMatchRows(*group(*page, u"To which packets"_s), match);
    QFormLayout *often = group(*page, u"How often"_s);
    often->addRow(u"&Let pass first"_s, numberField(u"Skip"_s, u"none"_s));
    often->addRow(isFault ? u"Then act so o&ften"_s : u"Then stop so o&ften"_s,
                  numberField(u"Count"_s, u"always"_s));
    if (isFault) {
        often->addRow(u"Cha&nce"_s, numberField(u"Chance"_s, u"100 per cent"_s));
        often->addRow(u"See&d"_s, numberField(u"Seed"_s, u"of chance, jitter and bits; as it is"_s));
    }
    m_summary->setWordWrap(true);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setAccessibleName(u"What the rule does"_s);
    m_summary->setMinimumHeight(2 * fontMetrics().height());
    page->addWidget(m_summary);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    m_ok = buttons->button(QDialogButtonBox::Ok);
    m_ok->setText(isFault ? u"&Add Fault"_s : u"&Add Break"_s);
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
    static const QRegularExpression digits(u"[0-9]{0,18}"_s);
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
        items.append({textOf(actionTexts, action), action});
    m_action = chooser(u"Action"_s, items, {});
    form.addRow(u"&Action"_s, m_action);
    for (const Parameter &parameter : parameters)
        form.addRow(QLatin1String(parameter.name),
                    numberField(QLatin1String(parameter.name), QLatin1String(parameter.hint)));
    m_numbers[u"Delay"_s]->setText(u"1000"_s);
    m_violate = new QCheckBox(u"Also what a real transport never does (lost or doubled data)"_s);
    form.addRow(QString(), m_violate);
}

void VsockRuleDialog::addMatchRows(QFormLayout &form, const qmp::VsockMatch &match) {
    const QString any = u"any"_s;
    m_direction = chooser(
        u"Direction"_s,
        {{u"Both ways"_s, {}}, {u"From the guest"_s, u"from-guest"_s}, {u"To the guest"_s, u"to-guest"_s}},
        match.direction);
    QList<std::pair<QString, QString>> operations{{u"Any"_s, {}}};
    for (const QString &word : qmp::vsockOperations())
        operations.append({word == "rw"_L1 ? u"RW (data)"_s : word.toUpper().replace(u'-', u'_'), word});
    m_operation = chooser(u"Operation"_s, operations, match.operation);
    m_type =
        chooser(u"Socket type"_s,
                {{u"Any"_s, {}}, {u"Stream"_s, u"stream"_s}, {u"Seqpacket"_s, u"seqpacket"_s}}, match.kind);
    form.addRow(u"&Direction"_s, m_direction);
    form.addRow(u"&Operation"_s, m_operation);
    form.addRow(u"Socket &type"_s, m_type);
    form.addRow(u"&Port that was dialed"_s, numberField(u"Port"_s, any, match.port));
    form.addRow(u"up &to port"_s, numberField(u"Last port"_s, u"only that one"_s, match.lastPort));
    form.addRow(u"Peer's &CID"_s, numberField(u"CID"_s, any, match.cid));
    form.addRow(u"&Flow"_s, numberField(u"Flow"_s, any, match.flow));
    form.addRow(u"Only the &nth packet"_s,
                numberField(u"Nth packet"_s, u"of its direction in each flow, from 1"_s, match.nth));
    form.addRow(u"Only with &byte"_s,
                numberField(u"Byte offset"_s, u"of its direction of the flow, from 0"_s, match.offset));
    m_text->setAccessibleName(u"Payload text"_s);
    m_text->setPlaceholderText(u"contained in the payload"_s);
    m_hex->setAccessibleName(u"Payload bytes"_s);
    m_hex->setPlaceholderText(u"hexadecimal digits, likewise"_s);
    form.addRow(u"Payload te&xt"_s, m_text);
    form.addRow(u"Payload b&ytes"_s, m_hex);
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
    match.port = narrowed<quint32>(number(u"Port"_s));
    match.lastPort = narrowed<quint32>(number(u"Last port"_s));
    match.cid = number(u"CID"_s);
    match.flow = number(u"Flow"_s);
    match.nth = narrowed<quint32>(number(u"Nth packet"_s));
    match.offset = number(u"Byte offset"_s);
    match.text = m_text->text();
    if (const auto bytes = bytesFromHex(m_hex->text()))
        match.hex = QString::fromLatin1(bytes->toHex());
    return match;
}

qmp::VsockBreakRule VsockRuleDialog::breakRule() const {
    return {match(), static_cast<quint32>(number(u"Skip"_s).value_or(0)),
            static_cast<quint32>(number(u"Count"_s).value_or(0)), 0, 0};
}

qmp::VsockFaultRule VsockRuleDialog::faultRule() const {
    qmp::VsockFaultRule rule;
    rule.action = m_action ? m_action->currentData().toString() : QString();
    rule.packet = match();
    rule.milliseconds = narrowed<quint32>(number(u"Delay"_s));
    rule.jitter = narrowed<quint32>(number(u"Jitter"_s));
    rule.rate = number(u"Rate"_s);
    rule.bytes = narrowed<quint32>(number(u"Packet size"_s));
    rule.violate = m_violate && m_violate->isEnabled() && m_violate->isChecked();
    rule.skip = static_cast<quint32>(number(u"Skip"_s).value_or(0));
    rule.count = static_cast<quint32>(number(u"Count"_s).value_or(0));
    rule.chance = static_cast<quint32>(number(u"Chance"_s).value_or(100));
    return rule;
}

std::optional<quint64> VsockRuleDialog::seed() const {
    return number(u"Seed"_s);
}

QString VsockRuleDialog::problem() const {
    constexpr quint64 most32 = std::numeric_limits<quint32>::max();
    for (const char *name :
         {"Port", "Last port", "Nth packet", "Skip", "Count", "Delay", "Jitter", "Packet size"})
        if (number(QLatin1String(name)).value_or(0) > most32)
            return u"%1 is at most %2."_s.arg(QLatin1String(name)).arg(most32);
    const auto port = number(u"Port"_s), last = number(u"Last port"_s);
    if (last && !port)
        return u"A range of ports needs its first port."_s;
    if (last && *last < *port)
        return u"The last port is before the first."_s;
    if (number(u"Nth packet"_s) == 0)
        return u"Packets count from 1."_s;
    if (!m_text->text().isEmpty() && !m_hex->text().isEmpty())
        return u"Give either text or bytes of the payload."_s;
    if (!m_hex->text().isEmpty() && !bytesFromHex(m_hex->text()))
        return u"The payload bytes are not hexadecimal digits in pairs."_s;
    if (!m_action)
        return {};
    const QString action = m_action->currentData().toString();
    for (const Parameter &parameter : parameters)
        if (action == QLatin1String(parameter.action) && parameter.isNeeded &&
            number(QLatin1String(parameter.name)).value_or(0) == 0)
            return u"%1 (%2) is missing."_s.arg(QLatin1String(parameter.name), QLatin1String(parameter.hint));
    const quint64 chance = number(u"Chance"_s).value_or(100);
    return chance < 1 || chance > 100 ? u"A chance is between 1 and 100 per cent."_s : QString();
}

void VsockRuleDialog::refresh() {
    if (m_action) {
        const QString action = m_action->currentData().toString();
        for (const Parameter &parameter : parameters)
            m_numbers[QLatin1String(parameter.name)]->setEnabled(action == QLatin1String(parameter.action));
        m_violate->setEnabled(action == "drop"_L1 || action == "duplicate"_L1);
    }
    const QString wrong = problem();
    m_ok->setEnabled(wrong.isEmpty());
    m_summary->setText(!wrong.isEmpty()                          ? wrong
                       : m_kind == qmp::MachineRule::Kind::fault ? ruleText(faultRule())
                                                                 : ruleText(breakRule()));
}

} // namespace nitroscope::app
