// SPDX-License-Identifier: GPL-2.0-or-later
//
// CBOR as a tree beside its bytes, tied both ways: choosing a value marks its bytes, clicking a byte finds
// its value. With tabs for several pieces of CBOR that belong together, such as a request and its response.
#pragma once

#include "app/ui/lists/node_tree_model.hpp"

#include <QWidget>

class QSplitter;
class QTabBar;
class QTreeView;

namespace nitroscope::app {

class ElidedLabel;
class HexView;
class NodeBytesLink;

class CborView : public QWidget {
    Q_OBJECT
public:
    struct Piece {
        QString name; // "Request"
        QByteArray bytes;
        QString nothing; // what to say when there are no bytes
    };

    explicit CborView(QWidget *parent = nullptr);

    // Keeps the tab chosen before; the pieces of two calls should be of the same kinds.
    void setPieces(const std::vector<Piece> &pieces);
    void setCurrentPiece(int number);
    int currentPiece() const;
    // Beside the tabs, e.g. what a fault did.
    void setNote(const QString &note);

    // Bytes of the chosen value, or of the whole piece.
    QByteArray chosenBytes() const;
    const QByteArray &pieceBytes() const { return m_bytes; }
    NodeTreeModel &nodes() { return m_nodes; }
    QTreeView &tree() { return *m_tree; }
    HexView &hexView() { return *m_hex; }

    QString stateText() const;
    void restoreStateText(const QString &text);

private:
    void showPiece();

    std::vector<Piece> m_pieces;
    QByteArray m_bytes;
    NodeTreeModel m_nodes;
    QTabBar *m_tabs;
    ElidedLabel *m_note;
    QTreeView *m_tree;
    HexView *m_hex;
    QSplitter *m_splitter;
    NodeBytesLink *m_link;
};

} // namespace nitroscope::app
