// SPDX-License-Identifier: GPL-2.0-or-later
//
// The open EIF: tree of everything in it, tied to its bytes both ways, what is wrong with it, and what it
// measures to. On pages of their own: the files of its ramdisks, lint's findings, another image beside it.
#pragma once

#include "app/features/eif/finding_model.hpp"
#include "app/formats/eif/eif_document.hpp"
#include "app/ui/bytes/byte_search.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/node_tree_model.hpp"
#include "app/ui/panel/panel.hpp"

#include <optional>

class QAction;
class QLabel;
class QListView;
class QSplitter;
class QTabWidget;
class QTreeView;

namespace nitroscope::app {

class EifCompareView;
class EifFilesView;
class EifFindingsView;
class ElidedLabel;
class EmptyStack;
class FindBar;
class GotoBar;
class MeasurementStrip;
class NodeBytesLink;

class EifPanel : public Panel {
    Q_OBJECT
public:
    enum Page { structure, files, findingsPage, comparison };

    // `openAction` becomes the button of the empty panel, `compareAction` that of the empty comparison.
    EifPanel(QAction *openAction, QAction *compareAction, QWidget *parent = nullptr);

    void showLoading(const QString &path);
    void setDocument(const formats::EifDocument &document);
    // Empties the panel and says why there is nothing.
    void showProblem(const Error &error);
    void setMeasurements(const formats::EifMeasurements &measurements);
    // Measuring was cancelled or failed; lint then does without.
    void setNotMeasured();
    void showPage(Page page);
    Page page() const;
    void compareWith(const QString &otherPath);
    const std::optional<formats::EifDocument> &document() const { return m_document; }

    HexView &hexView() { return *m_hex; }
    QTreeView &tree() { return *m_tree; }
    NodeTreeModel &nodes() { return m_nodes; }
    FindingModel &findings() { return m_findings; }
    MeasurementStrip &measurements() { return *m_strip; }
    EifFilesView &filesView() { return *m_files; }
    EifFindingsView &findingsView() { return *m_lint; }
    EifCompareView &compareView() { return *m_compare; }

    void goToOffset();
    void copy() override;
    void selectAll() override;
    void find() override;
    void findNext() override;
    void findPrevious() override;
    QJsonObject viewState() const override;
    void restoreViewState(const QJsonObject &state) override;

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    QWidget *buildContent();
    QWidget *buildStructure();
    void connectViews();
    void connectPages();
    void showRangeInStructure(const formats::ByteRange &range);
    std::vector<HexHighlight> sectionBands() const;
    void search(SearchDirection direction);
    void refreshHeader();
    void showVerdict();
    void showNote(const QString &note);

    std::optional<formats::EifDocument> m_document;
    std::optional<formats::EifMeasurements> m_measured;
    bool m_isChecked = false; // lint has looked at what is shown
    NodeTreeModel m_nodes;
    FindingModel m_findings;
    ByteSearch m_search;
    QTreeView *m_tree;
    QListView *m_findingList;
    HexView *m_hex;
    NodeBytesLink *m_link = nullptr;
    FindBar *m_findBar;
    GotoBar *m_gotoBar;
    MeasurementStrip *m_strip;
    ElidedLabel *m_name;
    ElidedLabel *m_facts;
    ElidedLabel *m_verdict;
    QLabel *m_note;
    QSplitter *m_splitter;
    QTabWidget *m_pages;
    EifFilesView *m_files;
    EifFindingsView *m_lint;
    EifCompareView *m_compare;
    EmptyStack *m_stack;
};

} // namespace nitroscope::app
