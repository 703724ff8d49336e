// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/attestation/attestation_panel.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/core/worker.hpp"
#include "app/formats/attestation/report.hpp"
#include "app/ui/bars/elided_label.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bytes/buffer_byte_source.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"

#include <QAbstractItemView>
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QLabel>
#include <QScopedValueRollback>
#include <QTableView>
#include <QTreeView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

namespace attestation = formats::attestation;
using formats::ByteRange;

namespace {

enum RootChoice { everyKnown, awsOnly, govOnly, localOnly };

// On a worker: the local root is a file.
Result<attestation::Verification> verifyBy(const attestation::Document &document,
                                           attestation::VerifyOptions options, int choice,
                                           const QString &ownRoot) {
    options.roots.clear();
    if (!ownRoot.isEmpty()) {
        auto roots = attestation::trustedRoots(ownRoot);
        if (!roots)
            return tl::unexpected(roots.error());
        options.roots = *std::move(roots);
        return attestation::verify(document, options);
    }
    if (choice == everyKnown || choice == awsOnly)
        options.roots.push_back(attestation::awsRoot());
    if (choice == everyKnown || choice == govOnly)
        options.roots.push_back(attestation::awsGovRoot());
    if (choice == everyKnown || choice == localOnly)
        if (auto local = attestation::localRoot())
            options.roots.push_back(*local);
    return attestation::verify(document, options);
}

} // namespace

AttestationPanel::AttestationPanel(QAction *openAction, QWidget *parent)
    : Panel(u"attestation"_s, u"Attestation"_s, parent), m_name(new ElidedLabel),
      m_verdict(new ElidedLabel(Qt::ElideRight)), m_root(new QComboBox), m_time(new QComboBox),
      m_checkTable(new QTableView), m_tree(new QTreeView), m_hex(new HexView),
      m_upper(new QSplitter(Qt::Vertical)), m_lower(new QSplitter(Qt::Horizontal)) {
    m_stack = new EmptyStack(buildContent(), u"No attestation document"_s,
                             u"Double-click an Attestation request in the NSM panel, drop a document "
                             "on this window, or open one: raw, hex and base64 are understood."_s,
                             openAction);
    fillColumn(*this, {m_stack});
    connect(m_root, &QComboBox::currentIndexChanged, this, &AttestationPanel::verify);
    connect(m_time, &QComboBox::currentIndexChanged, this, &AttestationPanel::verify);
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &AttestationPanel::showNode);
    connect(m_checkTable->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &AttestationPanel::showCheck);
    connect(m_checkTable, &QTableView::clicked, this, &AttestationPanel::showCheck);
    connect(m_hex, &HexView::cursorMoved, this, &AttestationPanel::revealByte);
}

QWidget *AttestationPanel::buildContent() {
    QFont bold = font();
    bold.setBold(true);
    m_verdict->setFont(bold);
    m_name->setTone(Tone::muted);
    m_name->setAccessibleName(u"Document"_s);
    m_verdict->setAccessibleName(u"Verdict in a word"_s);
    m_root->addItems({u"Any known root"_s, u"AWS root"_s, u"AWS GovCloud root"_s, u"Local root"_s});
    m_root->setAccessibleName(u"Trusted root"_s);
    m_root->setToolTip(u"Which root the chain must end in; the document's own proves nothing"_s);
    m_time->addItems({u"At the document's time"_s, u"Now"_s});
    m_time->setAccessibleName(u"When the certificates must be valid"_s);
    for (QComboBox *box : {m_root, m_time})
        box->view()->setAccessibleName(box->accessibleName());
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(10, 4, 8, 4);
    bar->setSpacing(8);
    bar->addWidget(m_verdict);
    bar->addWidget(m_name, 1);
    bar->addWidget(m_root);
    bar->addWidget(m_time);

    const int em = fontMetrics().averageCharWidth();
    prepareTable(*m_checkTable);
    m_checkTable->setModel(&m_checks);
    m_checkTable->setAccessibleName(u"Verdict"_s);
    m_checkTable->setSelectionMode(QAbstractItemView::SingleSelection);
    m_checkTable->setColumnWidth(CheckListModel::outcome, em * 14);
    m_checkTable->setColumnWidth(CheckListModel::subject, em * 18);
    prepareTree(*m_tree);
    m_tree->setModel(&m_nodes);
    m_tree->setAccessibleName(u"Attestation document"_s);
    m_tree->setSelectionMode(QAbstractItemView::SingleSelection);
    m_tree->header()->setSectionResizeMode(NodeTreeModel::value, QHeaderView::Stretch);
    m_tree->setColumnWidth(NodeTreeModel::name, em * 26);
    m_tree->setColumnWidth(NodeTreeModel::bytes, em * 16);

    m_lower->setChildrenCollapsible(false);
    m_lower->addWidget(m_tree);
    m_lower->addWidget(m_hex);
    m_lower->setSizes({em * 64, em * 56});
    m_upper->setChildrenCollapsible(false);
    m_upper->addWidget(m_checkTable);
    m_upper->addWidget(m_lower);
    m_upper->setStretchFactor(0, 2);
    m_upper->setStretchFactor(1, 3);
    auto *content = new QWidget;
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_upper, 1);
    return content;
}

void AttestationPanel::open(const QByteArray &foreign, const QString &name) {
    ++m_generation;
    m_isOfEarlierRun = false;
    const auto input = attestation::readInput(foreign);
    if (!input) {
        m_document.reset();
        m_verification.reset();
        m_nodes.setRoot(nullptr);
        m_checks.setChecks({});
        m_hex->setSource(nullptr);
        m_stack->setText(u"%1 is not an attestation document"_s.arg(name), input.error().text());
        m_stack->setEmpty(true);
        return;
    }
    m_document = attestation::decode(input->document);
    m_verification.reset();
    QString how = shortSizeText(static_cast<quint64>(input->document.size()));
    if (input->encoding != attestation::Encoding::raw)
        how += u", from "_s + attestation::encodingText(input->encoding);
    if (!input->wrapping.isEmpty())
        how += u" (%1)"_s.arg(input->wrapping);
    m_title = u"%1 · %2"_s.arg(name, how);
    showName();
    m_hex->setHighlights({});
    m_hex->setSource(std::make_shared<BufferByteSource>(input->document));
    auto root = std::make_shared<formats::Node>();
    root->add(attestation::documentTree(*m_document));
    m_nodes.setRoot(std::move(root));
    m_tree->expandToDepth(1);
    m_tree->setCurrentIndex(m_nodes.index(0, 0));
    m_stack->setEmpty(false);
    verify();
}

void AttestationPanel::setOfEarlierRun() {
    m_isOfEarlierRun = true;
    showName();
}

void AttestationPanel::showName() {
    m_name->setText(visibleText(m_isOfEarlierRun ? u"of an earlier run: "_s + m_title : m_title));
}

void AttestationPanel::setExpectedPcrs(const std::map<quint64, QByteArray> &pcrs) {
    m_expectedPcrs = pcrs;
    verify();
}

void AttestationPanel::setExpectations(const DocumentExpectations &wanted) {
    m_wanted = wanted;
    m_root->setEnabled(wanted.root.isEmpty());
    m_time->setEnabled(!wanted.atSeconds);
    verify();
}

QByteArray AttestationPanel::chainAsPem() const {
    QByteArray pem;
    const auto add = [&pem](const QByteArray &der) {
        constexpr qsizetype width = 64;
        const QByteArray digits = der.toBase64();
        pem += "-----BEGIN CERTIFICATE-----\n";
        for (qsizetype at = 0; at < digits.size(); at += width)
            pem += digits.mid(at, width) + '\n';
        pem += "-----END CERTIFICATE-----\n";
    };
    if (!m_document)
        return {};
    if (m_document->certificate)
        add(m_document->certificate->bytes);
    for (auto part = m_document->cabundle.rbegin(); part != m_document->cabundle.rend(); ++part)
        add(part->bytes);
    return pem;
}

void AttestationPanel::verify() {
    if (!m_document)
        return;
    showVerdict();
    attestation::VerifyOptions options;
    options.time =
        m_time->currentIndex() == 0 ? attestation::CheckTime::document : attestation::CheckTime::now;
    if (m_wanted.atSeconds) {
        options.time = attestation::CheckTime::at;
        options.atSeconds = *m_wanted.atSeconds;
    }
    options.pcrs = m_wanted.pcrs.empty() ? m_expectedPcrs : m_wanted.pcrs;
    options.nonce = m_wanted.nonce;
    options.userData = m_wanted.userData;
    runInWorker(
        this,
        [document = *m_document, options, choice = m_root->currentIndex(), root = m_wanted.root] {
            return verifyBy(document, options, choice, root);
        },
        [this, generation = ++m_generation](const Result<attestation::Verification> &verification) {
            if (generation != m_generation)
                return;
            if (!verification) {
                m_verification.reset();
                m_checks.setChecks({});
                m_verdict->setText(visibleText(u"Not checked: "_s + verification.error().text()));
                m_verdict->setTone(Tone::bad);
                emit verified();
                return;
            }
            m_verification = *verification;
            m_checks.setChecks(verification->checks);
            showVerdict();
            emit verified();
        });
}

QString AttestationPanel::verdictText() const {
    if (!m_verification)
        return u"Checking…"_s;
    QString text = attestation::verdictText(m_verification->verdict);
    text[0] = text[0].toUpper();
    if (!m_verification->rootName.isEmpty())
        text += u" · "_s + m_verification->rootName;
    return text;
}

void AttestationPanel::showVerdict() {
    m_verdict->setText(verdictText());
    Tone tone = Tone::muted;
    if (m_verification)
        tone = m_verification->verdict == attestation::Verdict::valid        ? Tone::good
               : m_verification->verdict == attestation::Verdict::surprising ? Tone::attention
                                                                             : Tone::bad;
    m_verdict->setTone(tone);
}

void AttestationPanel::showRange(const ByteRange &range) {
    if (range.isEmpty()) {
        m_hex->setHighlights({});
        return;
    }
    m_hex->setHighlights({{range, HexMark::chosen}});
}

void AttestationPanel::showNode() {
    const formats::Node *node = m_nodes.nodeAt(m_tree->currentIndex());
    if (!node || m_following)
        return;
    const QScopedValueRollback guard(m_following, true);
    showRange(node->range);
    if (!node->range.isEmpty())
        m_hex->showRange(node->range);
}

void AttestationPanel::showCheck() {
    const QModelIndex row = m_checkTable->currentIndex();
    if (!row.isValid() || m_following)
        return;
    const ByteRange range = m_checks.checkAt(row.row()).range;
    if (range.isEmpty())
        return;
    const QScopedValueRollback guard(m_following, true);
    const QModelIndex cell = m_nodes.indexOfByte(range.offset);
    if (cell.isValid()) {
        // The outermost value that begins there is what the check speaks of.
        QModelIndex best = cell;
        for (QModelIndex at = cell; at.isValid(); at = at.parent())
            if (const formats::Node *node = m_nodes.nodeAt(at);
                node->range.offset == range.offset && node->range.length <= range.length)
                best = at;
        m_tree->setCurrentIndex(best);
        m_tree->scrollTo(best);
    }
    showRange(range);
    m_hex->showRange(range);
}

void AttestationPanel::revealByte(quint64 offset) {
    if (m_following)
        return;
    const QScopedValueRollback guard(m_following, true);
    const QModelIndex cell = m_nodes.indexOfByte(offset);
    if (!cell.isValid())
        return;
    m_tree->setCurrentIndex(cell);
    m_tree->scrollTo(cell);
    showRange(m_nodes.nodeAt(cell)->range);
}

void AttestationPanel::copy() {
    if (m_checkTable->hasFocus()) {
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_checkTable));
        return;
    }
    if (m_hex->hasFocus() && m_hex->copy(ByteSpelling::hexDigits))
        return;
    if (m_tree->hasFocus())
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_tree));
    else if (m_document && m_verification)
        QGuiApplication::clipboard()->setText(attestation::verificationText(*m_document, *m_verification));
}

void AttestationPanel::selectAll() {
    m_hex->selectAll();
}

QByteArray AttestationPanel::asJson() const {
    return m_document && m_verification ? attestation::verificationJson(*m_document, *m_verification)
                                        : QByteArray();
}

QJsonObject AttestationPanel::viewState() const {
    return {{u"upper"_s, stateText(*m_upper)},
            {u"lower"_s, stateText(*m_lower)},
            {u"columns"_s, stateText(*m_tree->header())}};
}

void AttestationPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_upper, state[u"upper"_s].toString());
    restoreStateText(*m_lower, state[u"lower"_s].toString());
    restoreStateText(*m_tree->header(), state[u"columns"_s].toString());
}

} // namespace nitroscope::app
