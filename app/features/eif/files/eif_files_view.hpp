// SPDX-License-Identifier: GPL-2.0-or-later
//
// The files of an EIF's ramdisks, down to single ones: tree with a filter, preview, saving one or all.
// Nothing is read before somebody looks; everything long runs on a worker and can be cancelled.
#pragma once

#include "app/features/eif/files/ramdisk_model.hpp"
#include "app/formats/extract/extract.hpp"
#include "app/session/account/session_types.hpp"
#include "app/ui/bars/task_page.hpp"

#include <QTimer>

class QLineEdit;
class QSplitter;
class QTreeView;

namespace nitroscope::app {

class FilePreviewView;

class EifFilesView : public TaskPage {
    Q_OBJECT
public:
    explicit EifFilesView(QWidget *parent = nullptr);

    void setDocument(const formats::EifDocument &document);
    void clear();
    // Reads the ramdisks, unless that is done or under way. Becoming visible does it.
    void load();

    // False when there is no such file; the current filter does not matter.
    bool selectPath(int ramdisk, const QByteArray &path);
    bool canSave() const; // a file with content is chosen
    QString suggestedName() const;
    void saveTo(const QString &path);
    // Into a new or empty folder.
    void extractTo(const QString &folder);
    // Bytes of the chosen file in the EIF; empty when it is packed.
    formats::ByteRange rangeInImage() const;

    void find();
    void copy();
    void selectAll();

    RamdiskModel &model() { return m_model; }
    QTreeView &tree() { return *m_tree; }
    QLineEdit &filter() { return *m_filter; }
    FilePreviewView &preview() { return *m_preview; }
    QSplitter &splitter() { return *m_splitter; }

signals:
    void loaded();
    void previewed();
    void chosenChanged();
    void rangeChosen(const nitroscope::formats::ByteRange &range);
    // Something was written, or could not be.
    void told(nitroscope::app::LogLevel level, const QString &text);

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *buildContent();
    void makeTree();
    void showChosen();
    int chosen() const; // item of the tree, 0 = none
    QString titleOf(int item) const;
    void takeIndex(formats::RamdiskIndexPointer index);

    std::optional<formats::EifDocument> m_document;
    formats::RamdiskIndexPointer m_index;
    RamdiskModel m_model;
    BackgroundTask m_reading, m_arranging, m_previewing, m_saving;
    QTimer m_filterDelay;
    QByteArray m_keptPath; // of the chosen file while the tree is made anew
    int m_keptRamdisk = -1;
    QLineEdit *m_filter;
    QTreeView *m_tree;
    FilePreviewView *m_preview;
    QSplitter *m_splitter;
};

} // namespace nitroscope::app
