// SPDX-License-Identifier: GPL-2.0-or-later
//
// One file of a ramdisk: as text, as bytes, as a picture, and by its ELF header, as far as each makes sense.
// The ELF tree and the bytes are tied together.
#pragma once

#include "app/features/eif/files/file_preview.hpp"
#include "app/ui/lists/node_tree_model.hpp"

#include <QWidget>

class QLabel;
class QPlainTextEdit;
class QScrollArea;
class QTabWidget;
class QTreeView;

namespace nitroscope::app {

class HexView;

class FilePreviewView : public QWidget {
    Q_OBJECT
public:
    enum Page { text, bytes, picture, elf };

    explicit FilePreviewView(QWidget *parent = nullptr);

    // `title`: the path and what else is worth saying of the file.
    void display(const FilePreview &preview, const QString &title);
    // Nothing to show, and why.
    void displayNothing(const QString &title, const QString &why);

    bool isAvailable(Page page) const;
    Page page() const;
    void setPage(Page page);
    QString shownText() const;
    HexView &hexView() { return *m_hex; }
    NodeTreeModel &elfNodes() { return m_elfNodes; }
    void copy();
    void selectAll();

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void showPicture();
    void showElfNode();

    QLabel *m_title;
    QTabWidget *m_tabs;
    QPlainTextEdit *m_text;
    HexView *m_hex;
    QScrollArea *m_pictureArea;
    QLabel *m_picture;
    QTreeView *m_elfTree;
    NodeTreeModel m_elfNodes;
    QImage m_image;
};

} // namespace nitroscope::app
