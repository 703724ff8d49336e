// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/eif_panel.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/features/eif/eif_byte_source.hpp"
#include "app/features/eif/eif_compare_view.hpp"
#include "app/features/eif/eif_findings_view.hpp"
#include "app/features/eif/files/eif_files_view.hpp"
#include "app/features/eif/measurement_strip.hpp"
#include "app/ui/bars/elided_label.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/find_bar.hpp"
#include "app/ui/bytes/goto_bar.hpp"
#include "app/ui/bytes/node_bytes_link.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/text/roles.hpp"

#include <QAction>
#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QListView>
#include <QResizeEvent>
#include <QSplitter>
#include <QTabWidget>
#include <QTimer>
#include <QTreeView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::ByteRange;
using formats::EifDocument;
using formats::Node;
using formats::Severity;

EifPanel::EifPanel(QAction *openAction, QAction *compareAction, QWidget *parent)
    : Panel(u"eif"_s, u"EIF"_s, parent), m_tree(new QTreeView), m_findingList(new QListView),
      m_hex(new HexView), m_findBar(new FindBar(FindBar::Kinds::textOrBytes)), m_gotoBar(new GotoBar),
      m_strip(new MeasurementStrip), m_name(new ElidedLabel), m_facts(new ElidedLabel),
      m_verdict(new ElidedLabel(Qt::ElideRight)), m_note(new QLabel), m_splitter(new QSplitter(Qt::Vertical)),
      m_pages(new QTabWidget), m_files(new EifFilesView), m_lint(new EifFindingsView),
      m_compare(new EifCompareView(compareAction)) {
    m_stack = new EmptyStack(buildContent(), u"No enclave image open"_s,
                             u"Drop an EIF anywhere on this window, or choose one."_s, openAction);
    fillColumn(*this, {m_stack});
    connectViews();
    connectPages();
}

QWidget *EifPanel::buildContent() {
    QFont bold = font();
    bold.setBold(true);
    m_name->setFont(bold);
    m_name->setAccessibleName(u"Image"_s);
    m_facts->setAccessibleName(u"Facts of the image"_s);
    m_facts->setTone(Tone::muted);
    m_verdict->setAccessibleName(u"Findings of the image"_s);
    auto *header = new QHBoxLayout;
    header->setContentsMargins(10, 5, 10, 5);
    header->setSpacing(10);
    header->addWidget(m_name);
    header->addWidget(m_facts);
    header->addWidget(m_verdict, 1);

    m_findingList->setModel(&m_findings);
    m_findingList->setItemDelegate(new CellDelegate(m_findingList));
    m_findingList->setFrameShape(QFrame::NoFrame);
    m_findingList->setUniformItemSizes(true);
    m_findingList->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_findingList->setAccessibleName(u"Findings"_s);
    m_findingList->hide();

    m_pages->setDocumentMode(true);
    m_pages->addTab(buildStructure(), u"Structure"_s);
    m_pages->addTab(m_files, u"Files"_s);
    m_pages->addTab(m_lint, u"Findings"_s);
    m_pages->addTab(m_compare, u"Comparison"_s);
    auto *content = new QWidget;
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(header);
    layout->addWidget(m_findingList);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_strip);
    return content;
}

QWidget *EifPanel::buildStructure() {
    m_tree->setAccessibleName(u"EIF contents"_s);
    m_link = new NodeBytesLink(m_nodes, *m_tree, *m_hex, 30, 25, this);
    m_link->setBands([this] { return sectionBands(); });

    // What is wrong with the current node, in full; the list has only the first line.
    m_note->setWordWrap(true);
    m_note->setTextFormat(Qt::PlainText);
    m_note->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_note->setContentsMargins(10, 4, 10, 4);
    m_note->hide();

    auto *bytes = new QWidget;
    auto *bytesLayout = new QVBoxLayout(bytes);
    bytesLayout->setContentsMargins({});
    bytesLayout->setSpacing(0);
    bytesLayout->addWidget(m_gotoBar);
    bytesLayout->addWidget(m_findBar);
    bytesLayout->addWidget(m_hex, 1);

    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_tree);
    m_splitter->addWidget(bytes);
    m_splitter->setStretchFactor(0, 4);
    m_splitter->setStretchFactor(1, 3);
    const int line = fontMetrics().height() * 3 / 2;
    m_splitter->setSizes({line * 13, line * 10});

    auto *content = new QWidget;
    auto *layout = new QVBoxLayout(content);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_splitter, 1);
    layout->addWidget(m_note);
    return content;
}

void EifPanel::connectViews() {
    m_tree->viewport()->installEventFilter(this);
    connect(m_link, &NodeBytesLink::nodeChosen, this,
            [this](const Node *node) { showNote(node ? node->note : QString()); });
    connect(m_findingList, &QListView::clicked, this, [this](const QModelIndex &row) {
        const Node *node = m_findings.nodeAt(row.row());
        showPage(structure);
        const QModelIndex cell = m_nodes.indexOfNode(node);
        if (cell.isValid()) {
            m_link->choose(cell);
        } else {
            m_link->mark(node->range);
            m_hex->showRange(node->range);
        }
        showNote(node->note);
    });
    connect(m_gotoBar, &GotoBar::accepted, m_hex, &HexView::goTo);
    connect(m_gotoBar, &GotoBar::dismissed, m_hex, qOverload<>(&QWidget::setFocus));
    connect(m_findBar, &FindBar::dismissed, m_hex, qOverload<>(&QWidget::setFocus));
    connect(m_findBar, &FindBar::nextRequested, this, [this] { search(SearchDirection::forward); });
    connect(m_findBar, &FindBar::previousRequested, this, [this] { search(SearchDirection::backward); });
    connect(&m_search, &ByteSearch::found, this, [this](quint64 offset, quint64 length, bool wrapped) {
        m_hex->goTo(offset);
        m_hex->select({offset, length});
        m_findBar->setResult(wrapped ? u"Continued from the other end"_s : QString());
    });
    connect(&m_search, &ByteSearch::notFound, this, [this] { m_findBar->setResult(u"No match"_s); });
}

void EifPanel::connectPages() {
    connect(m_files, &EifFilesView::rangeChosen, this, &EifPanel::showRangeInStructure);
    connect(m_lint, &EifFindingsView::rangeChosen, this, &EifPanel::showRangeInStructure);
    connect(m_lint, &EifFindingsView::checked, this, [this] {
        qint64 all = 0;
        for (const Severity severity : {Severity::error, Severity::warning, Severity::note})
            all += m_lint->model().count(severity);
        m_pages->setTabText(findingsPage, all > 0 ? u"Findings (%1)"_s.arg(all) : u"Findings"_s);
        m_pages->setTabToolTip(findingsPage, m_lint->model().summary());
        m_isChecked = true;
        showVerdict();
    });
}

void EifPanel::showPage(Page page) {
    m_pages->setCurrentIndex(page);
}

EifPanel::Page EifPanel::page() const {
    return static_cast<Page>(m_pages->currentIndex());
}

void EifPanel::showRangeInStructure(const ByteRange &range) {
    showPage(structure);
    m_link->showRange(range);
}

void EifPanel::compareWith(const QString &otherPath) {
    if (!m_document)
        return;
    showPage(comparison);
    m_compare->compare(*m_document, otherPath);
}

void EifPanel::showLoading(const QString &path) {
    m_stack->setText(u"Opening…"_s, path);
}

void EifPanel::setDocument(const EifDocument &document) {
    m_document = document;
    m_measured.reset();
    m_nodes.setRoot(document.sharedRoot());
    m_findings.setRoot(document.sharedRoot());
    m_hex->setSource(std::make_shared<EifByteSource>(document));
    m_files->setDocument(document);
    m_lint->clear();
    m_isChecked = false;
    m_compare->clear();
    m_pages->setTabText(findingsPage, u"Findings"_s);
    m_note->hide();
    m_strip->showProgress(0, 1);
    for (int row = 0; row < m_nodes.rowCount(); ++row)
        if (m_nodes.index(row, 0).data().toString() == u"header"_s)
            m_tree->setExpanded(m_nodes.index(row, 0), true);
    refreshHeader();
    m_stack->setEmpty(false);
    m_tree->setCurrentIndex(m_nodes.index(0, 0));
}

void EifPanel::showProblem(const Error &error) {
    m_document.reset();
    m_measured.reset();
    m_nodes.setRoot(nullptr);
    m_findings.setRoot(nullptr);
    m_hex->setSource(nullptr);
    m_files->clear();
    m_lint->clear();
    m_isChecked = false;
    m_compare->clear();
    m_stack->setText(u"This file could not be opened"_s, error.text());
    m_stack->setEmpty(true);
}

void EifPanel::setMeasurements(const formats::EifMeasurements &measurements) {
    m_measured = measurements;
    m_strip->showMeasurements(measurements);
    m_findings.setExtra(measurements.findings);
    refreshHeader();
    m_isChecked = false;
    m_lint->check(*m_document, m_measured);
}

void EifPanel::setNotMeasured() {
    if (m_document && !m_measured)
        m_lint->check(*m_document, std::nullopt);
}

void EifPanel::refreshHeader() {
    if (!m_document)
        return;
    m_name->setText(visibleText(QFileInfo(m_document->path()).fileName()));
    m_name->setToolTip(foreignTip(m_document->path()));
    QStringList facts{shortSizeText(m_document->size())};
    if (m_document->image().header.version != 0)
        facts << u"version %1"_s.arg(m_document->image().header.version);
    facts << (m_document->isSigned() ? u"signed"_s : u"unsigned"_s);
    m_facts->setText(facts.join(u" · "_s));
    m_facts->setToolTip(sizeText(m_document->size()));
    showVerdict();
    const int shown = std::min(m_findings.rowCount(), 4);
    m_findingList->setFixedHeight(std::max(1, shown * (m_findingList->sizeHintForRow(0))) + 2);
    m_findingList->setVisible(shown > 0);
}

// Once the image has been checked, what lint has found is what counts: the page of findings says the same.
void EifPanel::showVerdict() {
    const LintModel &lint = m_lint->model();
    Severity worst = m_findings.rowCount() > 0
                         ? static_cast<Severity>(m_findings.index(0).data(severityRole).toInt())
                         : Severity::none;
    QString summary = m_findings.summary();
    if (m_isChecked && lint.rowCount() > 0) {
        summary = lint.summary();
        worst = lint.count(Severity::error) > 0     ? Severity::error
                : lint.count(Severity::warning) > 0 ? Severity::warning
                                                    : Severity::note;
    }
    const bool proven = worst == Severity::none && m_measured && m_measured->isCrcGood();
    m_verdict->setText(proven ? u"checksum right"_s : summary);
    m_verdict->setTone(proven                       ? Tone::good
                       : worst == Severity::error   ? Tone::bad
                       : worst == Severity::warning ? Tone::attention
                                                    : Tone::muted);
}

// Each section in a hue of its own, behind the mark of what is chosen.
std::vector<HexHighlight> EifPanel::sectionBands() const {
    std::vector<HexHighlight> bands;
    if (const Node *root = m_document ? &m_document->root() : nullptr) {
        int number = 0;
        for (const Node &section : root->children)
            bands.push_back({section.range, HexMark::band, number++});
    }
    return bands;
}

void EifPanel::showNote(const QString &note) {
    m_note->setText(note);
    m_note->setVisible(!note.isEmpty());
}

// Notes and notices take room from the tree; its current row, if it could be seen, must stay in sight.
bool EifPanel::eventFilter(QObject *watched, QEvent *event) {
    if (watched == m_tree->viewport() && event->type() == QEvent::Resize) {
        const QRect before(QPoint(), static_cast<QResizeEvent *>(event)->oldSize());
        if (before.intersects(m_tree->visualRect(m_tree->currentIndex())))
            QTimer::singleShot(0, this, [this] { m_tree->scrollTo(m_tree->currentIndex()); });
    }
    return Panel::eventFilter(watched, event);
}

void EifPanel::goToOffset() {
    showPage(structure);
    if (m_document)
        m_gotoBar->open(m_hex->cursor(), m_document->size());
}

void EifPanel::copy() {
    if (!m_findingList->hasFocus() && page() == files)
        m_files->copy();
    else if (!m_findingList->hasFocus() && page() == findingsPage)
        m_lint->copy();
    else if (!m_findingList->hasFocus() && page() == comparison)
        m_compare->copy();
    else if (m_tree->hasFocus())
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_tree));
    else if (m_findingList->hasFocus())
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_findingList));
    else
        m_hex->copy(ByteSpelling::hexDigits);
}

void EifPanel::selectAll() {
    if (page() == files)
        m_files->selectAll();
    else
        m_hex->selectAll();
}

void EifPanel::find() {
    if (page() == files) {
        m_files->find();
        return;
    }
    showPage(structure);
    if (m_document)
        m_findBar->open();
}

void EifPanel::findNext() {
    m_findBar->findNext();
}

void EifPanel::findPrevious() {
    m_findBar->findPrevious();
}

void EifPanel::search(SearchDirection direction) {
    QByteArray needle = m_findBar->text().toUtf8();
    if (m_findBar->readsBytes()) {
        const auto bytes = bytesFromHex(m_findBar->text());
        if (!bytes) {
            m_findBar->setResult(bytes.error().message);
            return;
        }
        needle = *bytes;
    }
    const ByteRange chosen = m_hex->selection();
    quint64 from = chosen.isEmpty() ? m_hex->cursor() : chosen.offset;
    if (direction == SearchDirection::forward && !chosen.isEmpty())
        ++from;
    m_findBar->setResult(u"Searching…"_s);
    m_search.start(m_hex->source(), needle, from, direction);
}

QJsonObject EifPanel::viewState() const {
    return {{u"columns"_s, stateText(*m_tree->header())},
            {u"splitter"_s, stateText(*m_splitter)},
            {u"files"_s, stateText(m_files->splitter())},
            {u"file-columns"_s, stateText(*m_files->tree().header())}};
}

void EifPanel::restoreViewState(const QJsonObject &state) {
    restoreStateText(*m_tree->header(), state[u"columns"_s].toString());
    restoreStateText(*m_splitter, state[u"splitter"_s].toString());
    restoreStateText(m_files->splitter(), state[u"files"_s].toString());
    restoreStateText(*m_files->tree().header(), state[u"file-columns"_s].toString());
}

} // namespace nitroscope::app
