// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/attestation/expectations_dialog.hpp"

#include "app/ui/dialogs/file_dialogs.hpp"
#include "app/ui/text/breakable_text.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/theme/icons.hpp"

#include <QAction>
#include <QCheckBox>
#include <QDateTimeEdit>
#include <QDialogButtonBox>
#include <QFile>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace attestation = formats::attestation;

namespace {

QString textOf(const attestation::PcrValues &pcrs) {
    QString text;
    for (const auto &[index, value] : pcrs)
        text += u"PCR%1: %2\n"_s.arg(index).arg(QString::fromLatin1(value.toHex()));
    return text;
}

// Bytes as hex digits; nothing when the field is empty.
Result<std::optional<QByteArray>> bytesIn(const QLineEdit &field) {
    if (field.text().trimmed().isEmpty())
        return std::optional<QByteArray>();
    auto bytes = bytesFromHex(field.text());
    if (!bytes)
        return failure(bytes.error().code, u"%1: %2"_s.arg(field.accessibleName(), bytes.error().message));
    return std::optional(*bytes);
}

} // namespace

ExpectationsDialog::ExpectationsDialog(const DocumentExpectations &present,
                                       const attestation::PcrValues &ofImage, QWidget *parent)
    : QDialog(parent), m_pcrs(new QPlainTextEdit(textOf(present.pcrs))), m_nonce(new QLineEdit),
      m_userData(new QLineEdit), m_isText(new QCheckBox(u"as &text"_s)), m_root(new QLineEdit(present.root)),
      m_hasTime(new QCheckBox(u"&Checked at (UTC)"_s)), m_time(new QDateTimeEdit), m_problem(new QLabel),
      m_buttons(
          new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel | QDialogButtonBox::Reset)) {
    setWindowTitle(u"Expected of the Document"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    m_pcrs->setAccessibleName(u"Expected PCRs"_s);
    m_pcrs->setPlaceholderText(u"PCR0: 3c…, one a line, or what nitro-cli has printed"_s);
    m_pcrs->setTabChangesFocus(true);
    m_nonce->setAccessibleName(u"Nonce"_s);
    m_nonce->setPlaceholderText(u"hex digits"_s);
    m_userData->setAccessibleName(u"User data"_s);
    m_userData->setPlaceholderText(u"hex digits, or text"_s);
    m_root->setAccessibleName(u"Own root"_s);
    m_root->setPlaceholderText(u"file of certificates (PEM or DER); empty: as chosen in the panel"_s);
    m_time->setAccessibleName(u"Time at which the certificates must be valid"_s);
    m_time->setDisplayFormat(u"yyyy-MM-dd HH:mm:ss"_s);
    m_time->setTimeSpec(Qt::UTC);
    m_time->setDateTime(present.atSeconds ? QDateTime::fromSecsSinceEpoch(*present.atSeconds, Qt::UTC)
                                          : QDateTime::currentDateTimeUtc());
    m_hasTime->setChecked(present.atSeconds.has_value());
    m_time->setEnabled(m_hasTime->isChecked());
    if (present.nonce)
        m_nonce->setText(QString::fromLatin1(present.nonce->toHex()));
    if (present.userData)
        m_userData->setText(QString::fromLatin1(present.userData->toHex()));
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    m_problem->setMinimumHeight(fontMetrics().lineSpacing() * 2);

    auto *ofEif = new QPushButton(u"From the Open &EIF"_s);
    ofEif->setEnabled(!ofImage.empty());
    auto *ofFile = new QPushButton(u"From a &File…"_s);
    auto *sources = new QHBoxLayout;
    sources->addWidget(ofEif);
    sources->addWidget(ofFile);
    sources->addStretch(1);
    auto *pcrs = new QVBoxLayout;
    pcrs->addWidget(m_pcrs);
    pcrs->addLayout(sources);
    auto *userData = new QHBoxLayout;
    userData->addWidget(m_userData, 1);
    userData->addWidget(m_isText);
    QAction *browse = m_root->addAction(icons::named(u"open"_s), QLineEdit::TrailingPosition);
    browse->setToolTip(u"Choose a file"_s);
    auto *form = new QFormLayout(this);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(u"PCRs"_s, pcrs);
    form->addRow(u"&Nonce"_s, m_nonce);
    form->addRow(u"User data"_s, userData);
    form->addRow(u"Own &root"_s, m_root);
    form->addRow(m_hasTime, m_time);
    form->addRow(m_problem);
    form->addRow(m_buttons);
    resize(fontMetrics().height() * 40, sizeHint().height());

    connect(ofEif, &QPushButton::clicked, this, [this, ofImage] { m_pcrs->setPlainText(textOf(ofImage)); });
    connect(ofFile, &QPushButton::clicked, this, [this] {
        chooseFileToOpen(*this, {u"Expected PCRs"_s}, [this](const QString &path) { readPcrs(path); });
    });
    connect(browse, &QAction::triggered, this, [this] {
        chooseFileToOpen(*this, {u"Own Root"_s}, [this](const QString &path) { m_root->setText(path); });
    });
    connect(m_pcrs, &QPlainTextEdit::textChanged, this, &ExpectationsDialog::refresh);
    for (QLineEdit *field : {m_nonce, m_userData, m_root})
        connect(field, &QLineEdit::textChanged, this, &ExpectationsDialog::refresh);
    connect(m_isText, &QCheckBox::toggled, this, &ExpectationsDialog::refresh);
    connect(m_hasTime, &QCheckBox::toggled, m_time, &QWidget::setEnabled);
    connect(m_buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(m_buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_buttons->button(QDialogButtonBox::Reset), &QPushButton::clicked, this, [this] {
        m_pcrs->clear();
        for (QLineEdit *field : {m_nonce, m_userData, m_root})
            field->clear();
        m_hasTime->setChecked(false);
    });
    refresh();
}

void ExpectationsDialog::readPcrs(const QString &path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        m_problem->setText(breakableText(visibleText(u"%1: %2"_s.arg(path, file.errorString()))));
        return;
    }
    const QByteArray content = file.read(attestation::maxPcrListBytes + 1);
    if (const auto pcrs = attestation::readPcrList(content))
        m_pcrs->setPlainText(textOf(*pcrs));
    else
        m_problem->setText(breakableText(visibleText(pcrs.error().text())));
}

Result<DocumentExpectations> ExpectationsDialog::expectations() const {
    DocumentExpectations wanted;
    if (const QByteArray typed = m_pcrs->toPlainText().toUtf8(); !typed.trimmed().isEmpty()) {
        auto pcrs = attestation::readPcrList(typed);
        if (!pcrs)
            return tl::unexpected(pcrs.error());
        wanted.pcrs = *std::move(pcrs);
    }
    auto nonce = bytesIn(*m_nonce);
    if (!nonce)
        return tl::unexpected(nonce.error());
    wanted.nonce = *nonce;
    if (m_isText->isChecked()) {
        if (!m_userData->text().isEmpty())
            wanted.userData = m_userData->text().toUtf8();
    } else {
        auto userData = bytesIn(*m_userData);
        if (!userData)
            return tl::unexpected(userData.error());
        wanted.userData = *userData;
    }
    wanted.root = m_root->text().trimmed();
    if (m_hasTime->isChecked())
        wanted.atSeconds = m_time->dateTime().toSecsSinceEpoch();
    return wanted;
}

void ExpectationsDialog::refresh() {
    const auto wanted = expectations();
    m_problem->setText(wanted ? u"What is left empty is not checked."_s
                              : breakableText(visibleText(wanted.error().message)));
    m_buttons->button(QDialogButtonBox::Ok)->setEnabled(wanted.has_value());
}

} // namespace nitroscope::app
