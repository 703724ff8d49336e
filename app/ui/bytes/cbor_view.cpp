// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/ui/bytes/cbor_view.hpp"

#include "app/formats/cbor/cbor_tree.hpp"
#include "app/ui/bars/elided_label.hpp"
#include "app/ui/bytes/buffer_byte_source.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/bytes/node_bytes_link.hpp"
#include "app/ui/panel/view_state.hpp"
#include "app/ui/text/byte_text.hpp"

#include <QHeaderView>
#include <QTabBar>
#include <QTreeView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

CborView::CborView(QWidget *parent)
    : QWidget(parent), m_tabs(new QTabBar), m_note(new ElidedLabel(Qt::ElideRight)), m_tree(new QTreeView),
      m_hex(new HexView), m_splitter(new QSplitter(Qt::Horizontal)),
      m_link(new NodeBytesLink(m_nodes, *m_tree, *m_hex, 22, 14, this)) {
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    m_tabs->setAccessibleName(u"Request or response"_s);
    m_note->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_tree->setAccessibleName(u"CBOR values"_s);
    const int em = fontMetrics().averageCharWidth();
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(m_tree);
    m_splitter->addWidget(m_hex);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setSizes({em * 60, em * 60});

    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(2, 0, 10, 0);
    bar->addWidget(m_tabs);
    bar->addWidget(m_note, 1);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_splitter, 1);
    connect(m_tabs, &QTabBar::currentChanged, this, &CborView::showPiece);
}

void CborView::setPieces(const std::vector<Piece> &pieces) {
    m_pieces = pieces;
    const QSignalBlocker quiet(m_tabs);
    while (m_tabs->count() > static_cast<int>(pieces.size()))
        m_tabs->removeTab(m_tabs->count() - 1);
    for (int i = 0; i < static_cast<int>(pieces.size()); ++i) {
        const Piece &piece = pieces[static_cast<size_t>(i)];
        if (i == m_tabs->count())
            m_tabs->addTab({});
        m_tabs->setTabText(
            i, piece.bytes.isEmpty()
                   ? piece.name
                   : u"%1  ·  %2"_s.arg(piece.name, shortSizeText(static_cast<quint64>(piece.bytes.size()))));
    }
    showPiece();
}

void CborView::setCurrentPiece(int number) {
    m_tabs->setCurrentIndex(number);
}

int CborView::currentPiece() const {
    return m_tabs->currentIndex();
}

void CborView::setNote(const QString &note) {
    m_note->setText(visibleText(note));
}

void CborView::showPiece() {
    const int number = m_tabs->currentIndex();
    const Piece piece = number >= 0 && number < static_cast<int>(m_pieces.size())
                            ? m_pieces[static_cast<size_t>(number)]
                            : Piece();
    m_bytes = piece.bytes;
    auto root = std::make_shared<formats::Node>();
    if (m_bytes.isEmpty()) {
        if (!piece.nothing.isEmpty())
            root->add({.name = QString(QChar(0x2013)), .value = piece.nothing});
    } else {
        *root = formats::cborTree(m_bytes);
    }
    m_hex->setHighlights({});
    m_hex->setSource(std::make_shared<BufferByteSource>(m_bytes));
    m_nodes.setRoot(std::move(root));
    // Two levels say what it is; documents inside stay closed.
    m_tree->expandToDepth(m_bytes.size() > 2048 ? 1 : 3);
    if (m_nodes.rowCount() > 0)
        m_tree->setCurrentIndex(m_nodes.index(0, 0));
}

QByteArray CborView::chosenBytes() const {
    const formats::Node *node = m_nodes.nodeAt(m_tree->currentIndex());
    if (!node || node->range.isEmpty())
        return m_bytes;
    return m_bytes.mid(static_cast<qsizetype>(node->range.offset),
                       static_cast<qsizetype>(node->range.length));
}

QString CborView::stateText() const {
    return app::stateText(*m_splitter) + QLatin1Char(' ') + app::stateText(*m_tree->header());
}

void CborView::restoreStateText(const QString &text) {
    app::restoreStateText(*m_splitter, text.section(QLatin1Char(' '), 0, 0));
    app::restoreStateText(*m_tree->header(), text.section(QLatin1Char(' '), 1, 1));
}

} // namespace nitroscope::app
