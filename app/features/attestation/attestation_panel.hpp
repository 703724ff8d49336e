// SPDX-License-Identifier: GPL-2.0-or-later
//
// One attestation document: the verdict line by line, COSE headers, payload and certificate chain as a tree,
// and the bytes, all three tied together.
#pragma once

#include "app/features/attestation/expectations.hpp"
#include "app/ui/lists/check_list_model.hpp"
#include "app/ui/lists/node_tree_model.hpp"
#include "app/ui/panel/panel.hpp"

#include <optional>

class QComboBox;
class QSplitter;
class QTableView;
class QTreeView;

namespace nitroscope::app {

class ElidedLabel;
class EmptyStack;
class HexView;

class AttestationPanel : public Panel {
    Q_OBJECT
public:
    // `openAction` becomes the button of the empty panel.
    explicit AttestationPanel(QAction *openAction, QWidget *parent = nullptr);

    // Any form of a document: raw, an NSM response around it, hex, base64. Says in the panel what is wrong
    // with it otherwise.
    void open(const QByteArray &foreign, const QString &name);
    // The run that it was made in is no longer the one that is shown: the panel says so.
    void setOfEarlierRun();
    // Values to hold against the document's PCRs; empty: nothing is expected.
    void setExpectedPcrs(const std::map<quint64, QByteArray> &pcrs);
    // What the user expects, which goes before that.
    void setExpectations(const DocumentExpectations &wanted);
    const DocumentExpectations &expectations() const { return m_wanted; }

    const std::optional<formats::attestation::Document> &document() const { return m_document; }
    const std::optional<formats::attestation::Verification> &verification() const { return m_verification; }
    CheckListModel &checks() { return m_checks; }
    QTreeView &tree() { return *m_tree; }
    HexView &hexView() { return *m_hex; }
    QString verdictText() const;

    void copy() override;
    void selectAll() override;
    // The leaf and its bundle from there to the root, as PEM; empty without a document.
    QByteArray chainAsPem() const;
    // The verdict as JSON, for saving; empty without a document.
    QByteArray asJson() const;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

signals:
    void verified();

private:
    QWidget *buildContent();
    void showName();
    void verify();
    void showVerdict();
    void showRange(const formats::ByteRange &range);
    void showNode();
    void showCheck();
    void revealByte(quint64 offset);

    std::optional<formats::attestation::Document> m_document;
    std::optional<formats::attestation::Verification> m_verification;
    std::map<quint64, QByteArray> m_expectedPcrs;
    DocumentExpectations m_wanted;
    QString m_title; // where the document came from, and how
    bool m_isOfEarlierRun = false;
    CheckListModel m_checks;
    NodeTreeModel m_nodes;
    quint64 m_generation = 0; // of the document or its options; late verdicts are dropped
    ElidedLabel *m_name;
    ElidedLabel *m_verdict;
    QComboBox *m_root;
    QComboBox *m_time;
    QTableView *m_checkTable;
    QTreeView *m_tree;
    HexView *m_hex;
    QSplitter *m_upper;
    QSplitter *m_lower;
    EmptyStack *m_stack;
    bool m_following = false;
};

} // namespace nitroscope::app
