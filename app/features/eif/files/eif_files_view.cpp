// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/eif/files/eif_files_view.hpp"

#include "app/features/eif/files/file_preview_view.hpp"
#include "app/formats/tree/value_text.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/work/unpack_limits.hpp"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLineEdit>
#include <QSplitter>
#include <QTreeView>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;

using formats::EifDocument;
using formats::Ramdisk;
using formats::RamdiskEntry;

EifFilesView::EifFilesView(QWidget *parent)
    : TaskPage(parent), m_filter(new QLineEdit), m_tree(new QTreeView), m_preview(new FilePreviewView),
      m_splitter(new QSplitter(Qt::Horizontal)) {
    setContent(buildContent(), {u"No files"_s});
    watch(m_reading, u"Reading the ramdisks…"_s);
    watch(m_saving, u"Saving…"_s);
    setCancelled([this]() -> std::optional<Absence> {
        if (m_index)
            return std::nullopt;
        return Absence{u"The ramdisks were not read"_s,
                       u"Reading was cancelled. Choose this page again to read them."_s};
    });
    constexpr int filterDelayMs = 150;
    m_filterDelay.setSingleShot(true);
    m_filterDelay.setInterval(filterDelayMs);
    connect(&m_filterDelay, &QTimer::timeout, this, &EifFilesView::makeTree);
    connect(m_filter, &QLineEdit::textChanged, &m_filterDelay, qOverload<>(&QTimer::start));
    connect(m_tree->selectionModel(), &QItemSelectionModel::currentChanged, this, &EifFilesView::showChosen);
    connect(m_tree, &QTreeView::doubleClicked, this, [this] {
        if (const auto range = rangeInImage(); !range.isEmpty())
            emit rangeChosen(range);
    });
}

QWidget *EifFilesView::buildContent() {
    m_filter->setPlaceholderText(u"Filter by path"_s);
    m_filter->setClearButtonEnabled(true);
    m_filter->setAccessibleName(u"Filter by path"_s);
    prepareTree(*m_tree);
    m_tree->setModel(&m_model);
    m_tree->setAccessibleName(u"Files of the ramdisks"_s);
    m_tree->setSelectionMode(QAbstractItemView::SingleSelection);
    m_tree->header()->setStretchLastSection(false);
    const int em = fontMetrics().averageCharWidth();
    const int widths[] = {32, 14, 16, 12, 26};
    for (int column = 0; column < RamdiskModel::columnCountValue; ++column)
        m_tree->setColumnWidth(column, em * widths[column]);
    auto *left = new QWidget;
    auto *leftLayout = new QVBoxLayout(left);
    leftLayout->setContentsMargins({});
    leftLayout->setSpacing(0);
    leftLayout->addWidget(m_filter);
    leftLayout->addWidget(m_tree, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->addWidget(left);
    m_splitter->addWidget(m_preview);
    m_splitter->setSizes({em * 60, em * 60});
    return m_splitter;
}

void EifFilesView::clear() {
    for (BackgroundTask *task : {&m_reading, &m_arranging, &m_previewing, &m_saving})
        task->cancel();
    m_document.reset();
    m_index.reset();
    m_keptPath.clear();
    m_model.setTree(nullptr);
    m_preview->displayNothing({}, {});
    showAbsence({u"No files"_s});
    emit chosenChanged();
}

void EifFilesView::setDocument(const EifDocument &document) {
    clear();
    m_document = document;
    if (isVisible())
        load();
}

void EifFilesView::showEvent(QShowEvent *event) {
    QWidget::showEvent(event);
    load();
}

void EifFilesView::load() {
    if (!m_document || m_index || m_reading.isBusy())
        return;
    showAbsence({u"Reading the ramdisks…"_s});
    m_reading.start(
        [document = *m_document](const BackgroundTask::Control &control) {
            return document.ramdisks(limitsUnder(control));
        },
        [this](Result<formats::RamdiskIndexPointer> index) {
            take(std::move(index), u"The ramdisks could not be read"_s,
                 [this](formats::RamdiskIndexPointer read) { takeIndex(std::move(read)); });
        });
}

void EifFilesView::takeIndex(formats::RamdiskIndexPointer index) {
    m_index = std::move(index);
    if (m_index->ramdisks().empty()) {
        showAbsence({u"This image has no ramdisk"_s});
        emit loaded();
        return;
    }
    makeTree();
}

void EifFilesView::makeTree() {
    if (!m_index)
        return;
    if (const int item = chosen(); item > 0) {
        m_keptPath = m_model.tree()->pathOf(item);
        m_keptRamdisk = m_model.tree()->item(item).ramdisk;
    }
    const QByteArray filter = m_filter->text().toUtf8();
    m_arranging.start(
        [index = m_index, filter](const BackgroundTask::Control &control) {
            return RamdiskTree::make(index, filter, control.stop);
        },
        [this, filter](std::shared_ptr<const RamdiskTree> tree) {
            if (!tree) {
                showAbsence({u"The files cannot be listed"_s, u"There is not enough memory for this."_s});
                return;
            }
            const bool isFirst = !m_model.tree();
            m_model.setTree(std::move(tree));
            showContent();
            // A filter's few matches are shown opened; a whole archive is not.
            constexpr int maxOpened = 2000;
            if (!filter.isEmpty() && m_model.tree()->fileCount() <= maxOpened)
                m_tree->expandAll();
            else
                m_tree->expandToDepth(0);
            if (!m_keptPath.isEmpty())
                selectPath(m_keptRamdisk, m_keptPath);
            if (isFirst && !m_tree->currentIndex().isValid())
                m_tree->setCurrentIndex(m_model.index(0, 0));
            emit loaded();
        });
}

int EifFilesView::chosen() const {
    const QModelIndex cell = m_tree->currentIndex();
    return cell.isValid() ? RamdiskModel::itemAt(cell) : 0;
}

bool EifFilesView::selectPath(int ramdisk, const QByteArray &path) {
    if (!m_model.tree())
        return false;
    const QModelIndex cell = m_model.indexOf(m_model.tree()->find(ramdisk, path));
    if (!cell.isValid())
        return false;
    m_tree->setCurrentIndex(cell);
    m_tree->scrollTo(cell);
    return true;
}

QString EifFilesView::titleOf(int item) const {
    const RamdiskTree &tree = *m_model.tree();
    const RamdiskTree::Item &chosenItem = tree.item(item);
    const RamdiskEntry *entry = tree.entryOf(chosenItem);
    QStringList parts{u'/' + formats::printableText(tree.pathOf(item))};
    if (!entry)
        return parts.first();
    parts << QString::fromLatin1(formats::modeText(entry->mode));
    const Ramdisk &ramdisk = tree.ramdiskOf(chosenItem);
    if (entry->isRegular())
        parts << shortSizeText(ramdisk.contentOf(static_cast<quint32>(chosenItem.entry)).size);
    if (entry->isRegular() && entry->links > 1)
        parts << u"%1 hard links"_s.arg(entry->links);
    return parts.join(u" · "_s);
}

void EifFilesView::showChosen() {
    emit chosenChanged();
    m_previewing.cancel();
    const int number = chosen();
    if (number == 0)
        return;
    const RamdiskTree::Item &item = m_model.tree()->item(number);
    const Ramdisk &ramdisk = m_model.tree()->ramdiskOf(item);
    if (item.parent == 0) {
        m_preview->displayNothing(m_model.data(m_model.indexOf(number)).toString(),
                                  ramdisk.problem ? ramdisk.problem->text() : QString());
        emit previewed();
        return;
    }
    const QString title = titleOf(number);
    const RamdiskEntry *entry = m_model.tree()->entryOf(item);
    if (!entry || !(entry->isRegular() || entry->isLink())) {
        m_preview->displayNothing(
            title, !entry || entry->isFolder()
                       ? u"folder"_s
                       : u"no content (device %1:%2)"_s.arg(entry->specialMajor).arg(entry->specialMinor));
        emit previewed();
        return;
    }
    m_previewing.start(
        [index = m_index, r = item.ramdisk, e = item.entry](const BackgroundTask::Control &control) {
            return makePreview(index->ramdisks()[static_cast<size_t>(r)], static_cast<quint32>(e),
                               control.stop);
        },
        [this, title, isLink = entry->isLink()](const Result<FilePreview> &preview) {
            if (!preview)
                m_preview->displayNothing(title, preview.error().text());
            else if (isLink)
                m_preview->display(*preview, title + u" → "_s + formats::printableText(preview->head));
            else
                m_preview->display(*preview, title);
            emit previewed();
        });
}

bool EifFilesView::canSave() const {
    const int number = chosen();
    const RamdiskEntry *entry = number > 0 ? m_model.tree()->entryOf(m_model.tree()->item(number)) : nullptr;
    return entry && entry->isRegular();
}

QString EifFilesView::suggestedName() const {
    QString name = canSave() ? QString::fromUtf8(m_model.tree()->item(chosen()).name) : QString();
    return name.remove(u'/');
}

void EifFilesView::saveTo(const QString &path) {
    if (!canSave())
        return;
    const RamdiskTree::Item &item = m_model.tree()->item(chosen());
    m_saving.start(
        [index = m_index, r = item.ramdisk, e = item.entry, path](const BackgroundTask::Control &control) {
            return formats::saveContent(index->ramdisks()[static_cast<size_t>(r)], static_cast<quint32>(e),
                                        path, limitsUnder(control).unpack);
        },
        [this, path](const Result<quint64> &written) {
            if (written)
                emit told(LogLevel::info, u"Saved %1 (%2)"_s.arg(path, shortSizeText(*written)));
            else
                emit told(LogLevel::error, written.error().text());
        });
}

void EifFilesView::extractTo(const QString &folder) {
    if (!m_document)
        return;
    m_saving.start(
        [document = *m_document, folder](const BackgroundTask::Control &control) {
            formats::ExtractOptions options;
            options.limits = limitsUnder(control);
            options.progress = control.progress;
            return formats::extractEif(document, folder, options);
        },
        [this, folder](const Result<formats::ExtractReport> &report) {
            if (!report) {
                emit told(LogLevel::error, report.error().text());
                return;
            }
            emit told(report->skippedCount > 0 ? LogLevel::warning : LogLevel::info,
                      u"Extracted to %1: %2 sections, %3 files, %4 left out"_s.arg(folder)
                          .arg(report->sections.size())
                          .arg(report->files)
                          .arg(report->skippedCount));
            for (const QString &skipped : report->skipped.mid(0, 20))
                emit told(LogLevel::warning, u"Left out: "_s + skipped);
        });
}

formats::ByteRange EifFilesView::rangeInImage() const {
    const int number = chosen();
    if (number == 0)
        return {};
    const RamdiskTree::Item &item = m_model.tree()->item(number);
    const Ramdisk &ramdisk = m_model.tree()->ramdiskOf(item);
    if (item.parent == 0)
        return {ramdisk.region.offset, ramdisk.region.size};
    if (item.entry == RamdiskTree::none)
        return {};
    const RamdiskEntry &content = ramdisk.contentOf(static_cast<quint32>(item.entry));
    const auto offset = ramdisk.sourceOffset(content);
    return offset ? formats::ByteRange{*offset, content.size} : formats::ByteRange{};
}

void EifFilesView::find() {
    m_filter->setFocus();
    m_filter->selectAll();
}

void EifFilesView::copy() {
    if (m_tree->hasFocus())
        QGuiApplication::clipboard()->setText(selectedCellsText(*m_tree));
    else if (m_filter->hasFocus())
        m_filter->copy();
    else
        m_preview->copy();
}

void EifFilesView::selectAll() {
    if (m_filter->hasFocus())
        m_filter->selectAll();
    else
        m_preview->selectAll();
}

} // namespace nitroscope::app
