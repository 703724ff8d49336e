// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/window/edit_commands.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/core/worker.hpp"
#include "app/frame/frame.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/dialogs/file_dialogs.hpp"
#include "app/ui/lists/cell_delegate.hpp"
#include "app/ui/lists/table_content.hpp"
#include "app/ui/panel/panel.hpp"
#include "app/ui/text/roles.hpp"

#include <algorithm>
#include <QAbstractItemView>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QLineEdit>
#include <QPlainTextEdit>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
using formats::ByteRange;

namespace {

// In a worker: a section of an image can be gigabytes.
Result<quint64> saveRange(const ByteSource &source, const ByteRange &range, const QString &path) {
    constexpr quint64 step = 4 << 20;
    FileWriter file(path);
    if (auto started = file.start(); !started)
        return tl::unexpected(started.error());
    QByteArray part;
    quint64 at = range.offset;
    while (at < range.end()) {
        part.resize(static_cast<qsizetype>(std::min(step, range.end() - at)));
        const qsizetype count = source.read(at, {part.data(), static_cast<size_t>(part.size())});
        if (count <= 0)
            break; // there are no more bytes
        if (file.write(part.constData(), count) != count)
            return file.problem();
        at += static_cast<quint64>(count);
    }
    if (auto done = file.commit(); !done)
        return tl::unexpected(done.error());
    return at - range.offset;
}

// What a view can do by itself with the selection in it; false when nothing is selected.
bool copyFrom(QWidget &view) {
    if (auto *line = qobject_cast<QLineEdit *>(&view)) {
        line->copy();
        return line->hasSelectedText();
    }
    if (auto *text = qobject_cast<QPlainTextEdit *>(&view)) {
        text->copy();
        return text->textCursor().hasSelection();
    }
    if (const auto *bytes = qobject_cast<HexView *>(&view))
        return bytes->copy(ByteSpelling::hexDigits);
    if (const auto *list = qobject_cast<QAbstractItemView *>(&view); list && list->selectionModel()) {
        const QString chosen = selectedCellsText(*list);
        if (!chosen.isEmpty())
            QGuiApplication::clipboard()->setText(chosen);
        return !chosen.isEmpty();
    }
    return false;
}

bool selectAllIn(QWidget &view) {
    if (auto *line = qobject_cast<QLineEdit *>(&view))
        line->selectAll();
    else if (auto *text = qobject_cast<QPlainTextEdit *>(&view))
        text->selectAll();
    else if (auto *bytes = qobject_cast<HexView *>(&view))
        bytes->selectAll();
    else if (auto *list = qobject_cast<QAbstractItemView *>(&view);
             list && list->selectionMode() == QAbstractItemView::ExtendedSelection)
        list->selectAll();
    else
        return false;
    return true;
}

} // namespace

EditCommands::EditCommands(Frame &frame) : m_frame(frame) {
    using K = QKeySequence;
    const auto add = [this, &frame](const ActionEntry &entry, void (Panel::*effect)()) {
        frame.actions().add(entry, [this, effect] {
            if (m_panel)
                (m_panel->*effect)();
        });
    };
    frame.actions().add(
        {u"edit.copy"_s, u"&Copy"_s, K::Copy, u"copy"_s, u"Copy what is selected where the focus is"_s},
        [this] { copy(); });
    frame.actions().add(
        {u"edit.selectAll"_s, u"Select &All"_s, K::SelectAll, {}, u"Select everything where the focus is"_s},
        [this] { selectAll(); });
    add({u"edit.find"_s, u"&Find…"_s, K::Find, u"find"_s, u"Find in the current panel"_s}, &Panel::find);
    add({u"edit.findNext"_s, u"Find &Next"_s, K(u"F3"_s), {}, u"Find the next match"_s}, &Panel::findNext);
    add({u"edit.findPrevious"_s, u"Find Pre&vious"_s, K(u"Shift+F3"_s), {}, u"Find the previous match"_s},
        &Panel::findPrevious);
    registerBytes();
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *, QWidget *now) { trackFocus(now); });
}

void EditCommands::registerBytes() {
    ActionRegistry &actions = m_frame.actions();
    const auto copyAs = [this, &actions](const QString &id, const QString &text, ByteSpelling spelling) {
        actions.add({id,
                     text,
                     {},
                     {},
                     u"Copy the bytes selected in the current panel"_s,
                     u"Copy Bytes as "_s + QString(text).remove(u'&')},
                    [this, spelling] { copyBytes(spelling); });
    };
    copyAs(u"edit.copyHex"_s, u"&Hex Digits"_s, ByteSpelling::hexDigits);
    copyAs(u"edit.copyDump"_s, u"Hex &Dump"_s, ByteSpelling::hexDump);
    copyAs(u"edit.copyArray"_s, u"&C Array"_s, ByteSpelling::cArray);
    copyAs(u"edit.copyRust"_s, u"&Rust Array"_s, ByteSpelling::rustArray);
    copyAs(u"edit.copyText"_s, u"&Text"_s, ByteSpelling::text);
    actions.add({u"edit.copyValue"_s,
                 u"Copy &Value"_s,
                 QKeySequence(u"Ctrl+Alt+Shift+C"_s),
                 {},
                 u"Copy the cell that is chosen in the current list, and nothing beside it"_s},
                [this] { copyValue(); });
    actions.add({u"file.exportTable"_s, u"&List Shown…"_s, QKeySequence(u"Ctrl+Alt+Shift+E"_s), u"export"_s,
                 u"Save what the current list shows, in its columns: CSV or, by the name of the file, JSON"_s,
                 u"Export List Shown"_s},
                [this] { exportTable(); });
    actions.add({u"file.exportBytes"_s,
                 u"Selected &Bytes…"_s,
                 {},
                 {},
                 u"Save the bytes selected in the current panel"_s,
                 u"Export Selected Bytes"_s},
                [this] { exportBytes(); });
}

void EditCommands::trackFocus(QWidget *now) {
    for (QWidget *at = now; at; at = at->parentWidget())
        if (auto *panel = qobject_cast<Panel *>(at)) {
            m_panel = panel;
            m_view = now;
            return;
        }
}

void EditCommands::copy() {
    if (m_view && copyFrom(*m_view))
        return;
    if (m_panel)
        m_panel->copy();
}

void EditCommands::selectAll() {
    if (m_view && selectAllIn(*m_view))
        return;
    if (m_panel)
        m_panel->selectAll();
}

const HexView *EditCommands::bytes() const {
    if (const auto *focused = qobject_cast<HexView *>(m_view.data()))
        return focused;
    if (m_panel)
        for (const HexView *shown : m_panel->findChildren<HexView *>())
            if (shown->isVisible())
                return shown;
    return nullptr;
}

ByteRange EditCommands::chosenRange(const HexView &view) const {
    const ByteRange marked = view.markedRange(), selected = view.selection();
    const bool isInIt = m_view == &view;
    return isInIt ? (selected.isEmpty() ? marked : selected) : (marked.isEmpty() ? selected : marked);
}

void EditCommands::copyBytes(ByteSpelling spelling) {
    const HexView *view = bytes();
    const ByteRange range = view ? chosenRange(*view) : ByteRange{};
    if (range.isEmpty())
        m_frame.showMessage(u"Select bytes first, in any panel that shows some."_s);
    else if (const QByteArray chosen = view->bytesIn(range); !chosen.isEmpty())
        QGuiApplication::clipboard()->setText(spellBytes(chosen, spelling, range.offset));
    else
        m_frame.showMessage(u"%1 are too many for the clipboard; export them to a file instead."_s.arg(
            shortSizeText(range.length)));
}

void EditCommands::exportBytes() {
    const HexView *view = bytes();
    const ByteRange range = view ? chosenRange(*view) : ByteRange{};
    if (range.isEmpty() || !view->source()) {
        m_frame.showMessage(u"Select bytes first, in any panel that shows some."_s);
        return;
    }
    chooseFileToSave(m_frame.window(), {u"Save Bytes"_s, u"bytes-%1.bin"_s.arg(range.offset, 0, 16)},
                     [this, range, source = view->source()](const QString &path) {
                         runInWorker(
                             this, [path, range, source] { return saveRange(*source, range, path); },
                             [this, path](const Result<quint64> &saved) {
                                 if (saved)
                                     m_frame.showMessage(u"Saved %1 bytes to %2"_s.arg(*saved).arg(path));
                                 else
                                     m_frame.sayNotSaved(path, saved.error().message);
                             });
                     });
}

const QAbstractItemView *EditCommands::list() const {
    if (const auto *focused = qobject_cast<QAbstractItemView *>(m_view.data()))
        return focused;
    if (m_panel)
        for (const QAbstractItemView *shown : m_panel->findChildren<QAbstractItemView *>())
            if (shown->isVisible() && !qobject_cast<const QHeaderView *>(shown) && shown->model())
                return shown;
    return nullptr;
}

void EditCommands::copyValue() {
    const QAbstractItemView *shown = list();
    const QModelIndex cell = shown ? shown->currentIndex() : QModelIndex();
    if (!cell.isValid()) {
        m_frame.showMessage(u"Choose a cell first, in any list."_s);
        return;
    }
    const QVariant copied = cell.data(copyTextRole);
    QGuiApplication::clipboard()->setText(
        (copied.isValid() ? copied : cell.data(Qt::DisplayRole)).toString());
}

void EditCommands::exportTable() {
    const QPointer<const QAbstractItemView> shown = list();
    if (!shown) {
        m_frame.showMessage(u"Click into the list first."_s);
        return;
    }
    chooseFileToSave(m_frame.window(),
                     {u"Save List"_s, u"%1.csv"_s.arg(m_panel->id()), u"csv"_s,
                      u"Comma-separated values (*.csv);;JSON (*.json)"_s},
                     [this, shown](const QString &path) {
                         if (!shown)
                             return;
                         const bool isJson = path.endsWith(".json"_L1, Qt::CaseInsensitive);
                         const auto saved =
                             writeFile(path, tableContent(*shown, isJson ? TableForm::json : TableForm::csv));
                         if (saved)
                             m_frame.showMessage(u"Saved %1"_s.arg(path));
                         else
                             m_frame.sayNotSaved(path, saved.error().message);
                     });
}

} // namespace nitroscope::app
