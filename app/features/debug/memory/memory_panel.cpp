// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/memory/memory_panel.hpp"

#include "app/core/output/file_writer.hpp"
#include "app/core/worker.hpp"
#include "app/features/debug/base/place_edit.hpp"
#include "app/ui/actions/menus.hpp"
#include "app/ui/bars/empty_state.hpp"
#include "app/ui/bars/find_bar.hpp"
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/panel/column.hpp"
#include "app/ui/text/byte_text.hpp"
#include "app/ui/text/roles.hpp"
#include "app/ui/theme/theme.hpp"

#include <array>
#include <QComboBox>
#include <QContextMenuEvent>
#include <QFileDialog>
#include <QKeyEvent>
#include <QLabel>
#include <QMenu>
#include <QtEndian>
#include <QVBoxLayout>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

constexpr quint64 dumpBytes = 4096;         // when nothing is selected
constexpr quint64 maxDumpBytes = 256 << 20; // of one file
constexpr int againMilliseconds = 500;      // while the machine runs

} // namespace

MemoryPanel::MemoryPanel(QWidget *parent)
    : DebugPanel(u"memory"_s, u"Memory"_s, parent),
      m_virtual(std::make_unique<TargetMemory>(AddressSpace::guestVirtual)),
      m_physical(std::make_unique<TargetMemory>(AddressSpace::guestPhysical)),
      m_place(new PlaceEdit(u"Memory to show"_s)), m_spaceBox(new QComboBox), m_hex(new HexView),
      m_find(new FindBar(FindBar::Kinds::textOrBytes)), m_writeBar(nullptr), m_write(new QLineEdit),
      m_status(new QLabel), m_translation(new QLabel) {
    auto *content = new QWidget;
    auto *inner = new QVBoxLayout(content);
    inner->setContentsMargins({});
    inner->setSpacing(0);
    inner->addWidget(buildBar());
    inner->addWidget(m_hex, 1);
    inner->addWidget(m_find);
    m_writeBar = buildWriting();
    inner->addWidget(m_writeBar);
    m_translation->setTextFormat(Qt::PlainText);
    m_translation->setContentsMargins(8, 2, 8, 3);
    m_translation->setFont(theme::caption());
    m_translation->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_translation->setAccessibleName(u"Page walk of the address"_s);
    m_translation->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    inner->addWidget(m_translation);
    m_stack = new EmptyStack(content, u"No memory to show"_s,
                             u"Run an enclave under the debugger to look into its memory, while "
                             "it runs or stands still."_s);
    m_stack->setEmpty(true);
    fillColumn(*this, {m_stack});
    m_find->hide();
    m_writeBar->hide();
    m_hex->setAccessibleName(u"Guest memory"_s);
    m_hex->setSource(std::make_shared<MemorySource>(*m_virtual));
    setFocusProxy(m_hex);

    m_again.setInterval(againMilliseconds);
    connect(&m_again, &QTimer::timeout, this, [this] {
        if (isSeen())
            refreshSoon();
    });
    for (TargetMemory *each : {m_virtual.get(), m_physical.get()})
        connect(each, &TargetMemory::arrived, this, &MemoryPanel::showArrived);
    connect(m_hex, &HexView::cursorMoved, this, &MemoryPanel::cursorMoved);
    connect(&m_search, &MemorySearch::found, this, [this](quint64 address, quint64 length) {
        m_find->setResult({});
        m_hex->goTo(address);
        m_hex->select({address, length});
    });
    connect(&m_search, &MemorySearch::notFound, this,
            [this](quint64 bytes) { m_find->setResult(u"Not in %1"_s.arg(shortSizeText(bytes))); });
    connect(&m_search, &MemorySearch::progressed, this,
            [this](quint64 bytes) { m_find->setResult(u"%1…"_s.arg(shortSizeText(bytes))); });
    connect(m_find, &FindBar::nextRequested, this, [this] { search(MemorySearch::Direction::forward); });
    connect(m_find, &FindBar::previousRequested, this, [this] { search(MemorySearch::Direction::backward); });
    connect(m_find, &FindBar::dismissed, this, [this] {
        m_search.cancel();
        m_hex->setFocus();
    });
}

MemoryPanel::~MemoryPanel() = default;

QWidget *MemoryPanel::buildBar() {
    m_spaceBox->addItem(u"Virtual"_s);
    m_spaceBox->addItem(u"Physical"_s);
    m_spaceBox->setAccessibleName(u"Kind of address"_s);
    connect(m_spaceBox, &QComboBox::currentIndexChanged, this, [this](int index) {
        setSpace(index == 0 ? AddressSpace::guestVirtual : AddressSpace::guestPhysical);
    });
    connect(m_place, &PlaceEdit::entered, this, [this](const QString &text) {
        evaluate(
            text,
            [this](quint64 address) {
                goTo(address);
                m_hex->setFocus();
            },
            [this](const QString &problem) {
                m_place->setProblem(problem);
                m_status->setText(problem);
            });
    });
    m_status->setTextFormat(Qt::PlainText);
    m_status->setAccessibleName(u"What the address is"_s);
    auto *widget = new QWidget;
    auto *bar = new QHBoxLayout(widget);
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(6);
    bar->addWidget(m_spaceBox);
    bar->addWidget(m_place, 1);
    bar->addWidget(m_status);
    return widget;
}

QWidget *MemoryPanel::buildWriting() {
    m_write->setFont(theme::monospace());
    m_write->setPlaceholderText(u"Bytes in hex, e.g. 90 90 eb fe"_s);
    m_write->setAccessibleName(u"Bytes to write"_s);
    connect(m_write, &QLineEdit::returnPressed, this, &MemoryPanel::write);
    auto *widget = new QWidget;
    auto *bar = new QHBoxLayout(widget);
    bar->setContentsMargins(8, 4, 8, 4);
    bar->addWidget(new QLabel(u"Write at the cursor"_s));
    bar->addWidget(m_write, 1);
    return widget;
}

void MemoryPanel::attach() {
    m_stack->setEmpty(false);
    m_virtual->setTarget(target());
    m_physical->setTarget(target());
    m_hex->refresh(); // how far addresses go
    m_search.setTarget(target());
    m_walk.forget();
    m_dump.forget();
    connect(target(), &DebugTarget::translated, this, [this](quint64 token, const QStringList &steps) {
        if (!m_walk.take(token))
            return;
        // What came of it first: the way there may not fit.
        QStringList line = steps;
        if (!line.isEmpty())
            line.prepend(line.takeLast());
        m_translation->setText(line.join(u"  ‹  "_s));
        m_translation->setToolTip(foreignTip(steps.join(QLatin1Char('\n'))));
    });
    connect(target(), &DebugTarget::targetChanged, this, [this] {
        m_virtual->markStale();
        m_physical->markStale();
    });
    connect(target(), &DebugTarget::memoryRead, this,
            [this](quint64 token, quint64, const Result<QByteArray> &bytes) {
                if (!m_dump.take(token))
                    return;
                if (bytes)
                    storeDump(*bytes);
                else
                    m_status->setText(bytes.error().message);
            });
}

void MemoryPanel::targetStopped(const DebugStop &stop) {
    m_virtual->markStale();
    m_physical->markStale();
    // Something to look at before the user has chosen: the stack, once there is one.
    if (m_hex->cursor() != 0 || m_space != AddressSpace::guestVirtual)
        return;
    const auto begin = [this, pc = stop.pc](quint64 sp) {
        if (m_hex->cursor() == 0 && m_space == AddressSpace::guestVirtual)
            goTo(sp != 0 ? sp : pc);
    };
    const arch::RegisterTable &registers = target()->architecture().registers;
    evaluate(QLatin1Char('$') + QLatin1String(registers.at(registers.stackPointer)->name), begin,
             [begin](const QString &) { begin(0); });
}

void MemoryPanel::refresh() {
    const bool runs = target()->state() == DebugTarget::State::running;
    if (runs && m_again.isActive() && !memory().isWaiting()) { // a slow answer is waited for
        m_virtual->markStale();
        m_physical->markStale();
    }
    if (runs && !m_again.isActive())
        m_again.start();
    else if (!runs)
        m_again.stop();
    m_hex->viewport()->update();
    cursorMoved(m_hex->cursor());
}

void MemoryPanel::setStale(bool) {
    m_walk.forget();
    if (!target())
        m_again.stop();
    m_hex->setStale(!target());
}

bool MemoryPanel::isUpToDate() const {
    const TargetMemory &shown = m_space == AddressSpace::guestVirtual ? *m_virtual : *m_physical;
    return DebugPanel::isUpToDate() && !m_walk.isWaiting() && !shown.isWaiting();
}

void MemoryPanel::symbolsChanged() {
    m_place->setSymbols(target()->symbols());
    m_place->setArchitecture(target()->architecture());
    cursorMoved(m_hex->cursor());
}

// Bytes that are other than at the stop before are marked; old bytes are shown dimmed until new ones come.
void MemoryPanel::showArrived() {
    TargetMemory &shown = memory();
    const quint64 top = m_hex->topOffset();
    const quint64 bytes = static_cast<quint64>(m_hex->geometry64().visibleRows + 1) * 16;
    std::vector<HexHighlight> changed;
    for (quint64 at = top; at - top < bytes; ++at) {
        if (!shown.hasChangedAt(at))
            continue;
        if (!changed.empty() && changed.back().range.end() == at)
            ++changed.back().range.length;
        else
            changed.push_back({{at, 1}, HexMark::changed});
    }
    m_hex->setHighlights(std::move(changed));
    m_hex->setStale(!target() || shown.isStaleAt(top));
    m_hex->viewport()->update();
}

void MemoryPanel::setSpace(AddressSpace space) {
    if (m_space == space)
        return;
    m_space = space;
    const QSignalBlocker quiet(m_spaceBox);
    m_spaceBox->setCurrentIndex(space == AddressSpace::guestVirtual ? 0 : 1);
    m_search.cancel();
    m_hex->setSource(std::make_shared<MemorySource>(memory()));
    m_translation->clear();
    m_hex->goTo(0);
}

void MemoryPanel::goTo(quint64 address) {
    m_hex->showRange({address, 1});
    cursorMoved(address);
}

void MemoryPanel::cursorMoved(quint64 address) {
    QString text = offsetText(address);
    if (m_space == AddressSpace::guestVirtual && target()) {
        if (const auto place = target()->symbols()->place(address))
            text = place->text();
        if (isVisible())
            m_walk.expect(target()->translate(address));
    }
    if (const QString problem = memory().problemAt(address); !problem.isEmpty())
        text = problem;
    m_status->setText(text);
}

void MemoryPanel::focusPlace() {
    m_place->setFocus(Qt::ShortcutFocusReason);
    m_place->selectAll();
}

QString MemoryPanel::translation() const {
    return m_translation->text();
}

QString MemoryPanel::status() const {
    return m_status->text();
}

void MemoryPanel::search(MemorySearch::Direction direction) {
    QByteArray needle = m_find->text().toUtf8();
    if (m_find->readsBytes()) {
        const auto bytes = bytesFromHex(m_find->text());
        if (!bytes) {
            m_find->setResult(bytes.error().message);
            return;
        }
        needle = *bytes;
    }
    if (needle.isEmpty() || !target())
        return;
    const quint64 cursor = m_hex->cursor();
    const auto chosen = m_hex->selection();
    const quint64 first = chosen.isEmpty() ? cursor : chosen.offset;
    m_search.start(m_space, needle,
                   direction == MemorySearch::Direction::forward ? first + (chosen.isEmpty() ? 0 : 1) : first,
                   direction);
}

void MemoryPanel::find() {
    m_find->open();
}

void MemoryPanel::findNext() {
    search(MemorySearch::Direction::forward);
}

void MemoryPanel::findPrevious() {
    search(MemorySearch::Direction::backward);
}

void MemoryPanel::openWriting() {
    m_writeBar->show();
    const QByteArray chosen = m_hex->selectedBytes();
    if (!chosen.isEmpty() && chosen.size() <= 4096)
        m_write->setText(QString::fromLatin1(chosen.toHex(' ')));
    m_write->setFocus();
    m_write->selectAll();
}

void MemoryPanel::write() {
    const auto bytes = bytesFromHex(m_write->text());
    if (!bytes || bytes->isEmpty()) {
        m_status->setText(bytes ? u"No bytes to write."_s : bytes.error().message);
        return;
    }
    if (!target())
        return;
    const auto chosen = m_hex->selection();
    target()->writeMemory(m_space, chosen.isEmpty() ? m_hex->cursor() : chosen.offset, *bytes);
    m_writeBar->hide();
    m_hex->setFocus();
}

void MemoryPanel::keyPressEvent(QKeyEvent *event) {
    if (event->key() == Qt::Key_Escape && m_writeBar->isVisible()) {
        m_writeBar->hide();
        m_hex->setFocus();
        return;
    }
    DebugPanel::keyPressEvent(event);
}

void MemoryPanel::saveToFile() {
    auto *dialog = new QFileDialog(this, u"Save Memory"_s);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->selectFile(u"memory-%1.bin"_s.arg(m_hex->cursor(), 0, 16));
    connect(dialog, &QFileDialog::fileSelected, this, &MemoryPanel::saveTo);
    dialog->open();
}

void MemoryPanel::saveTo(const QString &path) {
    if (!target())
        return;
    auto range = m_hex->selection();
    if (range.length < 2)
        range = {m_hex->cursor(), dumpBytes};
    if (range.length > maxDumpBytes) {
        m_status->setText(u"More than 256 MiB is selected; select less."_s);
        return;
    }
    m_dumpPath = path;
    m_dump.expect(target()->readMemory(m_space, range.offset, range.length));
}

void MemoryPanel::storeDump(const QByteArray &bytes) {
    runInWorker(
        this,
        [path = m_dumpPath, bytes]() -> QString {
            const auto saved = writeFile(path, bytes);
            return saved ? u"Saved %1"_s.arg(sizeText(static_cast<quint64>(bytes.size())))
                         : saved.error().text();
        },
        [this](const QString &result) { m_status->setText(result); });
}

void MemoryPanel::copy() {
    if (m_place->hasFocus())
        m_place->copy();
    else
        m_hex->copy(ByteSpelling::hexDigits);
}

void MemoryPanel::selectAll() {
    // Everything in view: all of an address space is nothing that anybody could want.
    m_hex->select({m_hex->topOffset(), static_cast<quint64>(m_hex->geometry64().visibleRows) * 16});
}

void MemoryPanel::contextMenuEvent(QContextMenuEvent *event) {
    if (m_stack->isEmpty())
        return;
    QMenu *menu = makeContextMenu(this);
    menu->addAction(u"Show as C&ode"_s, this, [this] { emit codeChosen(m_hex->cursor()); })
        ->setEnabled(m_space == AddressSpace::guestVirtual);
    menu->addAction(u"&Follow as Pointer"_s, this, [this] {
        std::array<char, 8> pointer{};
        if (memory().read(m_hex->cursor(), pointer) == 8)
            goTo(qFromLittleEndian<quint64>(pointer.data()));
    });
    menu->addSeparator();
    addQuestions(*menu, m_space, m_hex->cursor(), 1);
    menu->addSeparator();
    for (const auto &[text, spelling] : {std::pair("Copy as &Hex Digits", ByteSpelling::hexDigits),
                                         std::pair("Copy as Hex &Dump", ByteSpelling::hexDump),
                                         std::pair("Copy as C &Array", ByteSpelling::cArray),
                                         std::pair("Copy as &Text", ByteSpelling::text)})
        menu->addAction(QString::fromLatin1(text), this, [this, as = spelling] { m_hex->copy(as); });
    menu->addSeparator();
    menu->addAction(u"&Write Bytes…"_s, this, &MemoryPanel::openWriting);
    menu->addAction(u"&Save to File…"_s, this, &MemoryPanel::saveToFile);
    menu->popup(event->globalPos());
}

} // namespace nitroscope::app
