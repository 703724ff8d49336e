// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/launch/launch_field.hpp"

#include "app/ui/theme/icons.hpp"

#include <limits>
#include <QAbstractItemView>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRegularExpressionValidator>
#include <QSpinBox>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

QString placeholderOf(const LaunchOption &option) {
    return QString::fromUtf8(*option.placeholder ? option.placeholder : option.otherwise);
}

} // namespace

LaunchField::LaunchField(const LaunchOption &option, const LaunchSpec &spec, QWidget *parent)
    : QObject(parent), m_option(option), m_editor(makeEditor(spec, parent)) {
    m_editor->setAccessibleName(optionTitle(option));
    m_editor->setToolTip(QString::fromUtf8(option.hint));
}

QWidget *LaunchField::makeEditor(const LaunchSpec &spec, QWidget *parent) {
    const QVariant value = valueOf(m_option, spec);
    switch (m_option.kind) {
    case OptionKind::flag:
    case OptionKind::onOff: {
        auto *box = new QCheckBox(QString::fromUtf8(m_option.label));
        box->setChecked(value.toBool());
        connect(box, &QCheckBox::toggled, this, &LaunchField::changed);
        return box;
    }
    case OptionKind::number:
    case OptionKind::mebibytes:
        return makeNumber(value);
    case OptionKind::word:
        return makeWords(value);
    case OptionKind::list:
        return makeLines(value);
    case OptionKind::text:
        return makeLine(value.toString());
    case OptionKind::path:
    case OptionKind::newPath:
        break;
    }
    QLineEdit *line = makeLine(value.toString());
    addBrowser(*line, parent);
    return line;
}

QWidget *LaunchField::makeNumber(const QVariant &value) {
    const qint64 unset = valueOf(m_option, LaunchSpec()).toLongLong();
    if (m_option.max > quint64(std::numeric_limits<int>::max())) {
        QLineEdit *line = makeLine(value == unset ? QString() : value.toString());
        static const QRegularExpression digits(u"[0-9]{1,10}"_s);
        line->setValidator(new QRegularExpressionValidator(digits, line));
        return line;
    }
    auto *box = new QSpinBox;
    box->setRange(int(qMin(unset, qint64(m_option.min))), int(m_option.max));
    box->setSingleStep(m_option.step);
    box->setSuffix(QString::fromUtf8(m_option.suffix));
    if (unset < qint64(m_option.min))
        box->setSpecialValueText(placeholderOf(m_option));
    box->setValue(value.toInt());
    connect(box, &QSpinBox::valueChanged, this, &LaunchField::changed);
    return box;
}

QWidget *LaunchField::makeWords(const QVariant &value) {
    auto *box = new QComboBox;
    for (const auto &[word, meaning] : optionWords(m_option))
        box->addItem(meaning, word);
    box->setCurrentIndex(qMax(0, box->findData(value)));
    box->view()->setAccessibleName(optionTitle(m_option));
    connect(box, &QComboBox::currentIndexChanged, this, &LaunchField::changed);
    return box;
}

QWidget *LaunchField::makeLines(const QVariant &value) {
    auto *lines = new QPlainTextEdit(value.toStringList().join(u'\n'));
    lines->setPlaceholderText(placeholderOf(m_option));
    lines->setTabChangesFocus(true);
    lines->setLineWrapMode(QPlainTextEdit::NoWrap);
    lines->setMinimumHeight(lines->fontMetrics().lineSpacing() * 6);
    connect(lines, &QPlainTextEdit::textChanged, this, &LaunchField::changed);
    return lines;
}

QLineEdit *LaunchField::makeLine(const QString &text) {
    auto *line = new QLineEdit(text);
    line->setPlaceholderText(placeholderOf(m_option));
    connect(line, &QLineEdit::textChanged, this, &LaunchField::changed);
    return line;
}

void LaunchField::addBrowser(QLineEdit &line, QWidget *parent) {
    QAction *browse = line.addAction(icons::named(u"open"_s), QLineEdit::TrailingPosition);
    const bool isNew = m_option.kind == OptionKind::newPath;
    browse->setToolTip(isNew ? u"Choose a place"_s : u"Choose a file"_s);
    connect(browse, &QAction::triggered, this, [this, &line, parent, isNew] {
        auto *chooser = new QFileDialog(parent, optionTitle(m_option));
        chooser->setAttribute(Qt::WA_DeleteOnClose);
        if (isNew) {
            chooser->setAcceptMode(QFileDialog::AcceptSave);
            chooser->setOption(QFileDialog::DontConfirmOverwrite);
        } else {
            chooser->setFileMode(QFileDialog::ExistingFile);
        }
        connect(chooser, &QFileDialog::fileSelected, &line, &QLineEdit::setText);
        chooser->open();
    });
}

QString LaunchField::word() const {
    const auto *box = qobject_cast<QComboBox *>(m_editor);
    return box ? box->currentData().toString() : QString();
}

QVariant LaunchField::entered() const {
    if (const auto *box = qobject_cast<QCheckBox *>(m_editor))
        return box->isChecked();
    if (const auto *box = qobject_cast<QSpinBox *>(m_editor))
        return box->specialValueText().isEmpty() || box->value() != box->minimum() ? QVariant(box->value())
                                                                                   : QVariant();
    if (const auto *lines = qobject_cast<QPlainTextEdit *>(m_editor)) {
        QStringList texts;
        for (const QString &line : lines->toPlainText().split(u'\n'))
            if (const QString text = line.trimmed(); !text.isEmpty())
                texts << text;
        return texts;
    }
    if (const auto *line = qobject_cast<QLineEdit *>(m_editor)) {
        const QString text = line->text().trimmed();
        return text.isEmpty() ? QVariant() : QVariant(text);
    }
    return word();
}

void LaunchField::writeTo(LaunchSpec &spec) const {
    resetToDefault(m_option, spec);
    if (const QVariant value = entered(); m_editor->isEnabled() && value.isValid())
        (void)setValue(m_option, spec, value);
}

QString LaunchField::problem() const {
    const QVariant value = entered();
    if (!value.isValid())
        return {};
    const QString text = value.toString();
    if (m_option.kind == OptionKind::path && !(QFileInfo(text).isFile() && QFileInfo(text).isReadable()))
        return u"%1: %2 cannot be read. Choose another file, or leave it empty."_s.arg(optionTitle(m_option),
                                                                                       text);
    if (m_option.kind == OptionKind::newPath && QDir::isRelativePath(text))
        return u"%1: Give the whole path, such as /tmp/%2."_s.arg(optionTitle(m_option), text);
    LaunchSpec trial;
    const auto taken = setValue(m_option, trial, value);
    if (taken)
        return {};
    QString sentence = u"%1: %2"_s.arg(optionTitle(m_option), taken.error().message);
    if (m_option.isNumber() && *m_option.otherwise)
        sentence += u"; leave it empty for %1."_s.arg(QString::fromUtf8(m_option.otherwise));
    return sentence;
}

} // namespace nitroscope::app
