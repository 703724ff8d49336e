// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/files/file_preview_view.hpp"

#include "app/core/output/visible_text.hpp"
#include "app/ui/bytes/buffer_byte_source.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/text/breakable_text.hpp"
#include "app/ui/theme/theme.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QPlainTextEdit>
#include <QScrollArea>
#include <QTabWidget>
#include <QTreeView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

FilePreviewView::FilePreviewView(QWidget *parent)
    : QWidget(parent), m_title(new QLabel), m_tabs(new QTabWidget), m_text(new QPlainTextEdit),
      m_hex(new HexView), m_pictureArea(new QScrollArea), m_picture(new QLabel), m_elfTree(new QTreeView) {
    m_title->setTextFormat(Qt::PlainText);
    m_title->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_title->setContentsMargins(10, 4, 10, 4);
    m_title->setWordWrap(true);
    m_text->setReadOnly(true);
    m_text->setFont(theme::monospace());
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setFrameShape(QFrame::NoFrame);
    m_text->setAccessibleName(u"File as text"_s);
    m_hex->setAccessibleName(u"File as bytes"_s);
    m_picture->setAlignment(Qt::AlignCenter);
    m_picture->setAccessibleName(u"File as picture"_s);
    m_pictureArea->setWidget(m_picture);
    m_pictureArea->setWidgetResizable(true);
    m_pictureArea->setFrameShape(QFrame::NoFrame);
    m_pictureArea->setAccessibleName(u"Picture"_s);
    prepareTree(*m_elfTree);
    m_elfTree->setModel(&m_elfNodes);
    m_elfTree->setAccessibleName(u"ELF header"_s);
    m_elfTree->header()->setStretchLastSection(false);
    m_elfTree->header()->setSectionResizeMode(NodeTreeModel::value, QHeaderView::Stretch);
    m_elfTree->setColumnWidth(NodeTreeModel::name, fontMetrics().averageCharWidth() * 28);
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_text, u"Text"_s);
    m_tabs->addTab(m_hex, u"Bytes"_s);
    m_tabs->addTab(m_pictureArea, u"Picture"_s);
    m_tabs->addTab(m_elfTree, u"ELF"_s);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins({});
    layout->setSpacing(0);
    layout->addWidget(m_title);
    layout->addWidget(m_tabs, 1);
    connect(m_elfTree->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &FilePreviewView::showElfNode);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this](int page) {
        if (page == picture)
            showPicture();
    });
    displayNothing({}, {});
}

void FilePreviewView::display(const FilePreview &preview, const QString &title) {
    QString head = title;
    if (!preview.pictureFormat.isEmpty())
        head += u" · "_s + preview.pictureFormat;
    if (preview.isCut())
        head += u" · the first %1 are shown; Save File As… has all"_s.arg(
            shortSizeText(static_cast<quint64>(preview.head.size())));
    m_title->setText(breakableText(visibleText(head)));
    m_text->setPlainText(preview.textNote.isEmpty() ? preview.text
                                                    : preview.text + u"\n… "_s + preview.textNote);
    m_hex->setHighlights({});
    m_hex->setSource(std::make_shared<BufferByteSource>(preview.head));
    m_image = preview.picture;
    m_elfNodes.setRoot(preview.elf);
    m_elfTree->expandToDepth(0);
    m_tabs->setTabVisible(text, preview.isText);
    m_tabs->setTabVisible(bytes, true);
    m_tabs->setTabVisible(picture, !m_image.isNull());
    m_tabs->setTabVisible(elf, preview.elf != nullptr);
    setPage(preview.isText ? text : !m_image.isNull() ? picture : preview.elf ? elf : bytes);
    showPicture();
}

void FilePreviewView::displayNothing(const QString &title, const QString &why) {
    m_title->setText(breakableText(visibleText(why.isEmpty() ? title : title + u" · "_s + why)));
    m_text->clear();
    m_hex->setSource(nullptr);
    m_image = {};
    m_picture->clear();
    m_elfNodes.setRoot(nullptr);
    for (int page = 0; page < m_tabs->count(); ++page)
        m_tabs->setTabVisible(page, false);
}

bool FilePreviewView::isAvailable(Page page) const {
    return m_tabs->isTabVisible(page);
}

FilePreviewView::Page FilePreviewView::page() const {
    return static_cast<Page>(m_tabs->currentIndex());
}

void FilePreviewView::setPage(Page page) {
    m_tabs->setCurrentIndex(page);
}

QString FilePreviewView::shownText() const {
    return m_text->toPlainText();
}

// Larger pictures are made to fit, smaller ones stay as they are.
void FilePreviewView::showPicture() {
    if (m_image.isNull())
        return;
    const QSize room = m_pictureArea->viewport()->size();
    QPixmap pixmap = QPixmap::fromImage(m_image);
    if (!room.isEmpty() && (pixmap.width() > room.width() || pixmap.height() > room.height()))
        pixmap = pixmap.scaled(room, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    m_picture->setPixmap(pixmap);
}

void FilePreviewView::showElfNode() {
    const formats::Node *node = m_elfNodes.nodeAt(m_elfTree->currentIndex());
    if (!node || node->range.isEmpty())
        return;
    m_hex->setHighlights({{node->range, HexMark::chosen}});
    m_hex->showRange(node->range);
}

void FilePreviewView::copy() {
    if (page() == text)
        m_text->copy();
    else if (page() == elf)
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_elfTree));
    else if (page() == picture)
        QGuiApplication::clipboard()->setImage(m_image);
    else
        m_hex->copy(ByteSpelling::hexDigits);
}

void FilePreviewView::selectAll() {
    if (page() == text)
        m_text->selectAll();
    else
        m_hex->selectAll();
}

void FilePreviewView::resizeEvent(QResizeEvent *event) {
    QWidget::resizeEvent(event);
    showPicture();
}

} // namespace nitroscope::app
