// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/source/source_panel.hpp"

#include "app/core/worker.hpp"
#include "app/features/debug/source/source_view.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/panel/column.hpp"

#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

struct Loaded {
    QString path, text;
};

// The file itself, or its longest ending that exists below one of the folders.
Loaded load(const QString &file, const QStringList &folders) {
    QStringList candidates{file};
    for (const QString &folder : folders) {
        const QStringList parts = file.split(QLatin1Char('/'), Qt::SkipEmptyParts);
        for (qsizetype from = 0; from < parts.size(); ++from)
            candidates << folder + QLatin1Char('/') + parts.mid(from).join(QLatin1Char('/'));
    }
    for (const QString &path : candidates) {
        QFile source(path);
        if (QFileInfo(path).isFile() && source.open(QIODevice::ReadOnly))
            return {path, QString::fromUtf8(source.read(SourcePanel::maxBytes))};
    }
    return {};
}

} // namespace

SourcePanel::SourcePanel(QWidget *parent)
    : DebugPanel(u"source"_s, u"Source"_s, parent), m_inlines(new QComboBox), m_text(new SourceView) {
    m_text->setAccessibleName(u"Source text"_s);
    m_inlines->setAccessibleName(u"Function, innermost inline first"_s);
    auto *content = new QWidget;
    auto *inner = new QVBoxLayout(content);
    inner->setContentsMargins({});
    inner->setSpacing(0);
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 4);
    bar->addWidget(m_inlines, 1);
    inner->addLayout(bar);
    inner->addWidget(m_text, 1);
    m_stack = new EmptyStack(content, {}, {});
    m_stack->setEmpty(true);
    m_stack->setText(u"No source"_s,
                     u"Source lines appear for code that has DWARF: Debug › Load Debug File takes "
                     "a vmlinux of this kernel."_s);
    fillColumn(*this, {m_stack});
    setFocusProxy(m_text);
    connect(m_text, &SourceView::breakpointToggled, this, &SourcePanel::breakpointToggled);
    connect(m_inlines, &QComboBox::activated, this, [this](int index) {
        if (index >= 0 && index < m_places.size())
            showPlace(m_places[index]);
    });
}

void SourcePanel::showAddress(quint64 address) {
    m_address = address;
    refreshSoon();
}

void SourcePanel::addFolder(const QString &folder) {
    m_folders << folder;
    m_file.clear();
    refreshSoon();
}

void SourcePanel::setImage(const QString &path) {
    constexpr int levels = 4;
    m_imageFolders.clear();
    QDir folder = QFileInfo(path).absoluteDir();
    for (int i = 0; i < levels && !folder.isRoot(); ++i) {
        m_imageFolders << folder.path();
        folder.setPath(QFileInfo(folder.path()).path());
    }
}

bool SourcePanel::hasCursor() const {
    return m_text->hasFocus();
}

void SourcePanel::toggleBreakpoint() {
    if (const auto code = m_text->codeAt(m_text->cursorLine()))
        emit breakpointToggled(code->second);
    else
        emit problem({u"no-code"_s, u"No code is known that comes from this line or one below it."_s,
                      std::nullopt, m_file});
}

void SourcePanel::refresh() {
    m_places = target()->symbols()->source(m_address);
    m_inlines->clear();
    for (const SourcePlace &place : m_places)
        m_inlines->addItem(u"%1   %2:%3"_s.arg(place.function, place.file).arg(place.line));
    if (m_places.isEmpty()) {
        m_message = u"Nothing says which source line this code comes from. Debug › Load Debug "
                    "File takes a vmlinux of this kernel."_s;
        m_stack->setText(u"No source line"_s, m_message);
        m_stack->setEmpty(true);
        return;
    }
    showPlace(m_places.first());
}

void SourcePanel::showPlace(const SourcePlace &place) {
    m_line = place.line;
    m_wanted = place.file;
    if (!m_file.isEmpty() && m_shown == place.file) {
        m_stack->setEmpty(false);
        markLine();
        return;
    }
    runInWorker(
        this, [file = place.file, folders = m_folders + m_imageFolders] { return load(file, folders); },
        [this, file = place.file](const Loaded &loaded) {
            if (file != m_wanted)
                return; // another place was asked for meanwhile
            if (!loaded.path.isEmpty()) {
                m_shown = file;
                showText(loaded.path, loaded.text);
                return;
            }
            m_file.clear();
            m_message =
                u"%1:%2 is not on this computer. Debug › Add Source Folder says where the sources are."_s
                    .arg(file)
                    .arg(m_line);
            m_stack->setText(u"Source file not found"_s, m_message);
            m_stack->setEmpty(true);
        });
}

void SourcePanel::showText(const QString &path, const QString &text) {
    m_file = path;
    m_message.clear();
    m_text->setText(text);
    m_stack->setEmpty(false);
    markLine();
}

void SourcePanel::markLine() {
    if (!target())
        return;
    const SymbolSourcePointer symbols = target()->symbols();
    m_text->setCodeLines(symbols->codeLines(m_address, m_shown));
    const bool standsHere = target()->stop() && target()->stop()->pc == m_address;
    m_text->setCurrentLine(standsHere ? m_line : 0);
    m_text->showLine(m_line);
    markBreakpoints();
}

// Those whose code comes from the file shown.
void SourcePanel::markBreakpoints() {
    QSet<int> lines;
    if (target() && !m_shown.isEmpty())
        for (const DebugBreakpoint &each : target()->breakpoints())
            if (each.kind == DebugBreakpoint::Kind::code && each.enabled && each.address != 0)
                for (const SourcePlace &place : target()->symbols()->source(each.address))
                    if (place.file == m_shown)
                        lines.insert(place.line);
    m_text->setBreakpoints(std::move(lines));
}

void SourcePanel::setStale(bool) {
    if (!isStopped())
        m_text->setCurrentLine(0);
}

QString SourcePanel::message() const {
    return m_message;
}

void SourcePanel::copy() {
    m_text->copy();
}

void SourcePanel::selectAll() {
    m_text->selectAll();
}

} // namespace nitroscope::app
