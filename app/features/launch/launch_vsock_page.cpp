// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/launch/launch_vsock_page.hpp"

#include "app/session/launch/vsock_options.hpp"
#include "app/ui/theme/icons.hpp"

#include <QAbstractItemView>
#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QRegularExpressionValidator>
#include <QSpinBox>

namespace nitroscope::app {
namespace {

const std::pair<const char *, const char *> heartbeats[] = {{"on", "Answered at once"},
                                                            {"delay", "Answered late"},
                                                            {"wrong", "Answered with a wrong byte"},
                                                            {"off", "Refused"}};

QLabel *hint(const QString &text) {
    auto *label = new QLabel(text);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    return label;
}

} // namespace

LaunchVsockPage::LaunchVsockPage(const VsockOptions &options, QWidget *parent)
    : QWidget(parent), m_cid(new QLineEdit(options.cid ? QString::number(options.cid) : QString())),
      m_path(new QLineEdit(options.path)), m_routes(new QPlainTextEdit(options.routes.join(u'\n'))),
      m_heartbeat(new QComboBox), m_delay(new QSpinBox),
      m_seqpacket(new QCheckBox(QStringLiteral("Offer SOCK_&SEQPACKET to the enclave"))),
      m_refuseCid2(new QCheckBox(QStringLiteral("Nobody is at CID &2, as on EC2"))),
      m_headersOnly(new QCheckBox(QStringLiteral("Record packets &without what they carry"))) {
    static const QRegularExpression digits(QStringLiteral("[0-9]{1,10}"));
    m_cid->setValidator(new QRegularExpressionValidator(digits, m_cid));
    m_cid->setPlaceholderText(QStringLiteral("the first from 16 on that no other enclave has"));
    m_cid->setAccessibleName(QStringLiteral("Enclave's CID"));
    m_path->setPlaceholderText(QStringLiteral("in the runtime folder of the run"));
    m_path->setAccessibleName(QStringLiteral("Socket"));
    QAction *browse = m_path->addAction(icons::named(QStringLiteral("open")), QLineEdit::TrailingPosition);
    browse->setToolTip(QStringLiteral("Choose a place"));
    connect(browse, &QAction::triggered, this, [this] {
        auto *chooser = new QFileDialog(this, QStringLiteral("Socket of the Enclave"));
        chooser->setAttribute(Qt::WA_DeleteOnClose);
        chooser->setAcceptMode(QFileDialog::AcceptSave);
        chooser->setOption(QFileDialog::DontConfirmOverwrite);
        connect(chooser, &QFileDialog::fileSelected, m_path, &QLineEdit::setText);
        chooser->open();
    });
    m_routes->setPlaceholderText(QStringLiteral("8000=tcp:127.0.0.1:80\n"
                                                "8001=unix:/run/user/1000/app.sock\n"
                                                "8002=refuse\n"
                                                "5000=listen:tcp:127.0.0.1:15000"));
    m_routes->setAccessibleName(QStringLiteral("Routes"));
    m_routes->setTabChangesFocus(true);
    m_routes->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_routes->setMinimumHeight(fontMetrics().lineSpacing() * 6);
    for (const auto &[word, text] : heartbeats)
        m_heartbeat->addItem(QLatin1String(text), QLatin1String(word));
    m_heartbeat->setCurrentIndex(qMax(0, m_heartbeat->findData(options.heartbeat)));
    m_heartbeat->setAccessibleName(QStringLiteral("Heartbeat"));
    m_heartbeat->view()->setAccessibleName(m_heartbeat->accessibleName());
    m_delay->setRange(0, int(mostHeartbeatDelay));
    m_delay->setSingleStep(1000);
    m_delay->setSuffix(QStringLiteral(" ms"));
    m_delay->setSpecialValueText(QStringLiteral("after 10 seconds"));
    m_delay->setValue(int(qMin(options.heartbeatDelay, mostHeartbeatDelay)));
    m_delay->setAccessibleName(QStringLiteral("Heartbeat's delay"));
    m_seqpacket->setChecked(options.seqpacket);
    m_refuseCid2->setChecked(options.refuseCid2);
    m_headersOnly->setChecked(options.headersOnly);

    auto *heartbeat = new QHBoxLayout;
    heartbeat->addWidget(m_heartbeat);
    heartbeat->addWidget(m_delay, 1);
    auto *form = new QFormLayout(this);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    form->addRow(QStringLiteral("Enclave's C&ID"), m_cid);
    form->addRow(QStringLiteral("So&cket"), m_path);
    form->addRow(QString(),
                 hint(QStringLiteral("Programs reach the enclave by it; what port 8000 is dialed for waits "
                                     "at the same path with _8000 after it.")));
    form->addRow(QStringLiteral("&Routes"), m_routes);
    form->addRow(QString(), hint(QStringLiteral("One in a line: where a port leads that the enclave dials, "
                                                "or, with listen:, where one that it serves is published.")));
    auto *heartbeatLabel = new QLabel(QStringLiteral("&Heartbeat"));
    heartbeatLabel->setBuddy(m_heartbeat);
    form->addRow(heartbeatLabel, heartbeat);
    form->addRow(QString(), m_seqpacket);
    form->addRow(QString(), m_refuseCid2);
    form->addRow(QString(), m_headersOnly);

    const auto setDelayEnabled = [this] {
        m_delay->setEnabled(m_heartbeat->currentData() == QLatin1String("delay"));
    };
    setDelayEnabled();
    connect(m_heartbeat, &QComboBox::currentIndexChanged, this, setDelayEnabled);
    connect(m_heartbeat, &QComboBox::currentIndexChanged, this, &LaunchVsockPage::changed);
    connect(m_cid, &QLineEdit::textChanged, this, &LaunchVsockPage::changed);
    connect(m_path, &QLineEdit::textChanged, this, &LaunchVsockPage::changed);
    connect(m_routes, &QPlainTextEdit::textChanged, this, &LaunchVsockPage::changed);
}

QStringList LaunchVsockPage::routes() const {
    QStringList routes;
    for (const QString &line : m_routes->toPlainText().split(u'\n'))
        if (const QString route = line.trimmed(); !route.isEmpty())
            routes << route;
    return routes;
}

VsockOptions LaunchVsockPage::options() const {
    VsockOptions options;
    options.cid = m_cid->text().toULongLong();
    options.path = m_path->text().trimmed();
    options.routes = routes();
    options.heartbeat = m_heartbeat->currentData().toString();
    if (m_delay->isEnabled())
        options.heartbeatDelay = quint32(m_delay->value());
    if (options.heartbeat == QLatin1String("on"))
        options.heartbeat.clear(); // what the machine does anyway
    options.seqpacket = m_seqpacket->isChecked();
    options.refuseCid2 = m_refuseCid2->isChecked();
    options.headersOnly = m_headersOnly->isChecked();
    return options;
}

QString LaunchVsockPage::problem() const {
    const VsockOptions wanted = options();
    // 0 in the record says "none"; somebody who types it means a CID.
    if (!m_cid->text().isEmpty() && wanted.cid < leastEnclaveCid)
        return QStringLiteral("An enclave's CID is from %1 to %2; leave it empty for the first free one.")
            .arg(leastEnclaveCid)
            .arg(mostEnclaveCid);
    if (!wanted.path.isEmpty() && QDir::isRelativePath(wanted.path))
        return QStringLiteral("Give the socket's whole path, such as /tmp/%1.").arg(wanted.path);
    const auto checked = checkVsockOptions(wanted);
    return checked ? QString() : checked.error().message;
}

} // namespace nitroscope::app
