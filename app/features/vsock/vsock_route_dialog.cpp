// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/vsock/vsock_route_dialog.hpp"

#include <QAbstractItemView>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

struct KindText {
    const char *text, *prefix, *example;
    bool hasAddress;
};
const KindText kinds[] = {
    {"Publish the enclave's port on TCP", "listen:tcp:", "127.0.0.1:%1", true},
    {"Publish the enclave's port on a Unix socket", "listen:unix:", "/run/user/1000/app.sock", true},
    {"Send what the enclave dials to TCP", "tcp:", "127.0.0.1:%1", true},
    {"Send what the enclave dials to a Unix socket", "unix:", "/run/user/1000/app.sock", true},
    {"Refuse what the enclave dials", "refuse", "", false},
    {"Echo what the enclave sends", "echo", "", false}};
constexpr int firstConnectKind = 2;

} // namespace

VsockRouteDialog::VsockRouteDialog(VsockControl &control, Kind kind, quint32 port, QWidget *parent)
    : QDialog(parent), m_control(control), m_port(new QLineEdit(port ? QString::number(port) : QString())),
      m_kind(new QComboBox), m_address(new QLineEdit), m_summary(new QLabel), m_list(new QListWidget),
      m_add(new QPushButton(u"&Add Route"_s)), m_remove(new QPushButton(u"&Remove Chosen"_s)) {
    setWindowTitle(u"vsock Routes"_s);
    static const QRegularExpression digits(u"[0-9]{1,10}"_s);
    m_port->setValidator(new QRegularExpressionValidator(digits, m_port));
    m_port->setAccessibleName(u"vsock port"_s);
    m_kind->setAccessibleName(u"Where it leads"_s);
    m_kind->view()->setAccessibleName(m_kind->accessibleName());
    m_address->setAccessibleName(u"Address"_s);
    m_list->setAccessibleName(u"Routes that are set"_s);
    m_summary->setTextFormat(Qt::PlainText);
    m_summary->setWordWrap(true);
    for (const KindText &each : kinds)
        m_kind->addItem(QLatin1String(each.text));
    m_kind->setCurrentIndex(kind == Kind::publish ? 0 : firstConnectKind);

    auto *page = new QVBoxLayout(this);
    auto *form = new QFormLayout;
    form->addRow(u"&vsock port"_s, m_port);
    form->addRow(u"&Where it leads"_s, m_kind);
    form->addRow(u"A&ddress"_s, m_address);
    page->addLayout(form);
    page->addWidget(m_summary);
    page->addWidget(m_add);
    page->addWidget(new QLabel(u"Set now:"_s));
    page->addWidget(m_list, 1);
    page->addWidget(m_remove);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    page->addWidget(buttons);
    m_add->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(m_add, &QPushButton::clicked, this, [this] { m_control.addRoute(route()); });
    connect(m_remove, &QPushButton::clicked, this, &VsockRouteDialog::removeChosen);
    connect(m_list, &QListWidget::currentRowChanged, this, &VsockRouteDialog::refresh);
    connect(m_port, &QLineEdit::textChanged, this, &VsockRouteDialog::refresh);
    connect(m_address, &QLineEdit::textChanged, this, &VsockRouteDialog::refresh);
    connect(m_kind, &QComboBox::currentIndexChanged, this, &VsockRouteDialog::refresh);
    connect(&m_control, &VsockControl::routesChanged, this, &VsockRouteDialog::listRoutes);
    connect(&m_control, &VsockControl::refused, this,
            [this](const Error &error) { m_summary->setText(error.message); });
    resize(fontMetrics().height() * 32, fontMetrics().height() * 22);
    listRoutes();
    m_control.refresh();
}

qmp::VsockRoute VsockRouteDialog::route() const {
    const KindText &kind = kinds[m_kind->currentIndex()];
    QString address = m_address->text().trimmed();
    if (address.isEmpty() && kind.hasAddress)
        address = QString::fromLatin1(kind.example).replace("%1"_L1, m_port->text());
    return {static_cast<quint32>(m_port->text().toULongLong()),
            QLatin1String(kind.prefix) + (kind.hasAddress ? address : QString())};
}

void VsockRouteDialog::refresh() {
    const KindText &kind = kinds[m_kind->currentIndex()];
    m_address->setEnabled(kind.hasAddress);
    m_address->setPlaceholderText(QString::fromLatin1(kind.example).replace("%1"_L1, m_port->text()));
    const bool isPort = m_port->hasAcceptableInput() && m_port->text().toULongLong() < 0xffffffff;
    m_add->setEnabled(isPort && m_control.isConnected());
    m_remove->setEnabled(m_list->currentRow() >= 0);
    m_summary->setText(!isPort                    ? u"A vsock port is between 0 and 4294967294."_s
                       : !m_control.isConnected() ? u"Routes can be set while an enclave runs or is paused."_s
                                                  : u"Port %1: %2"_s.arg(route().port).arg(route().route));
}

void VsockRouteDialog::listRoutes() {
    m_routes = m_control.routes();
    m_list->clear();
    for (const qmp::VsockRoute &route : std::as_const(m_routes))
        m_list->addItem(u"Port %1: %2"_s.arg(route.port).arg(route.route));
    refresh();
}

void VsockRouteDialog::removeChosen() {
    if (const int row = m_list->currentRow(); row >= 0 && row < m_routes.size())
        m_control.removeRoute(m_routes[row]);
}

} // namespace nitroscope::app
