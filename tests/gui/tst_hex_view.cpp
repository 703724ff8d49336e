// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hex view over a source of 10 GiB that only counts what is asked of it.
#include "app/ui/bytes/hex_view.hpp"
#include "app/ui/theme/theme.hpp"

#include <atomic>
#include <QApplication>
#include <QClipboard>
#include <QGuiApplication>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTest>

using namespace nitroscope::app;
using nitroscope::formats::ByteRange;

namespace {

// Each byte is the low byte of its offset's row number.
class HugeSource : public ByteSource {
public:
    explicit HugeSource(quint64 size) : m_size(size) {}
    quint64 size() const override { return m_size; }
    qsizetype read(quint64 offset, std::span<char> out) const override {
        qsizetype count = 0;
        for (; count < static_cast<qsizetype>(out.size()) && offset < m_size; ++count, ++offset)
            out[static_cast<size_t>(count)] = static_cast<char>(offset >> 4);
        m_bytesRead += static_cast<quint64>(count);
        return count;
    }
    quint64 bytesRead() const { return m_bytesRead; }

private:
    quint64 m_size;
    mutable std::atomic<quint64> m_bytesRead{0};
};

constexpr quint64 tenGiB = quint64{10} << 30;

} // namespace

class TestHexView : public QObject {
    Q_OBJECT
    std::shared_ptr<HugeSource> m_source;
    std::unique_ptr<HexView> m_view;

private slots:
    void init() {
        m_source = std::make_shared<HugeSource>(tenGiB);
        m_view = std::make_unique<HexView>();
        m_view->resize(700, 400);
        m_view->setSource(m_source);
        m_view->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_view.get()));
    }
    void cleanup() { m_view.reset(); }

    void marks_paletteChanged_takeItsColours() {
        m_view->setHighlights({{{0, 64}, HexMark::chosen}, {{64, 64}, HexMark::changed}});
        const auto shows = [this](const QColor &color) {
            const QImage image = m_view->grab().toImage();
            int count = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    count += image.pixel(x, y) == color.rgb();
            return count > 100;
        };
        for (const Appearance appearance : {Appearance::dark, Appearance::light}) {
            theme::apply(*qApp, appearance);
            const QPalette palette = m_view->palette();
            QVERIFY(shows(theme::changedBackground(palette)));
            QVERIFY(shows(theme::rangeBackground(palette, palette.color(QPalette::Highlight))));
        }
    }

    void painting_hugeSource_readsOnlyWhatIsVisible() {
        m_view->grab();
        QVERIFY(m_source->bytesRead() > 0);
        QVERIFY2(m_source->bytesRead() < (64 << 10), qPrintable(QString::number(m_source->bytesRead())));
    }

    void goTo_lastByte_showsItAtTheBottom() {
        m_view->goTo(tenGiB - 1);
        QCOMPARE(m_view->cursor(), tenGiB - 1);
        QCOMPARE(m_view->verticalScrollBar()->value(), m_view->verticalScrollBar()->maximum());
        QVERIFY(m_view->topOffset() > tenGiB - 1024);
    }

    void goTo_beyondTheEnd_stopsAtTheLastByte() {
        m_view->goTo(~quint64{0});
        QCOMPARE(m_view->cursor(), tenGiB - 1);
    }

    void keys_moveAndSelect() {
        QTest::keyClick(m_view.get(), Qt::Key_End, Qt::ControlModifier);
        QCOMPARE(m_view->cursor(), tenGiB - 1);
        QTest::keyClick(m_view.get(), Qt::Key_Home, Qt::ControlModifier);
        QCOMPARE(m_view->cursor(), quint64{0});
        QTest::keyClick(m_view.get(), Qt::Key_Down);
        QTest::keyClick(m_view.get(), Qt::Key_Right);
        QCOMPARE(m_view->cursor(), quint64{17});
        QTest::keyClick(m_view.get(), Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(m_view->selection(), (ByteRange{17, 17}));
        QTest::keyClick(m_view.get(), Qt::Key_Up);
        QVERIFY(m_view->selection().isEmpty());
        QTest::keyClick(m_view.get(), Qt::Key_PageDown);
        QCOMPARE(m_view->cursor(), 17 + static_cast<quint64>(m_view->geometry64().visibleRows) * 16);
    }

    void pageDown_endOfTheAddressSpace_staysThere() {
        m_view->setSource(std::make_shared<HugeSource>(~quint64{0}));
        m_view->goTo(~quint64{0} - 20);
        QTest::keyClick(m_view.get(), Qt::Key_PageDown);
        QCOMPARE(m_view->cursor(), ~quint64{0} - 1);
        QTest::keyClick(m_view.get(), Qt::Key_Down);
        QCOMPARE(m_view->cursor(), ~quint64{0} - 1);
        const int bottom = m_view->viewport()->height() - 1; // below the last row, or in it
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, QPoint(200, bottom));
        QVERIFY(m_view->cursor() >= ~quint64{15});
    }

    void selectAll_hugeSource_refusesToCopyIt() {
        m_view->selectAll();
        QCOMPARE(m_view->selection(), (ByteRange{0, tenGiB}));
        QVERIFY(!m_view->copy(ByteSpelling::hexDigits));
    }

    void copy_selection_inEverySpelling_data() {
        QTest::addColumn<int>("spelling");
        QTest::addColumn<QString>("text");
        QTest::newRow("digits") << static_cast<int>(ByteSpelling::hexDigits) << "414242";
        QTest::newRow("array") << static_cast<int>(ByteSpelling::cArray)
                               << "const unsigned char bytes[3] = {\n    0x41, 0x42, 0x42,\n};\n";
        QTest::newRow("text") << static_cast<int>(ByteSpelling::text) << "ABB";
        QTest::newRow("dump") << static_cast<int>(ByteSpelling::hexDump)
                              << "0000041f  41 42 42                                          |ABB|\n";
    }
    void copy_selection_inEverySpelling() {
        QFETCH(int, spelling);
        QFETCH(QString, text);
        m_view->select({0x41f, 3});
        QVERIFY(m_view->copy(static_cast<ByteSpelling>(spelling)));
        QCOMPARE(QGuiApplication::clipboard()->text(), text);
    }

    void showRange_farAway_scrollsWithoutReportingACursorMove() {
        QSignalSpy moved(m_view.get(), &HexView::cursorMoved);
        m_view->showRange({tenGiB / 2, 64});
        QCOMPARE(moved.count(), 0);
        QCOMPARE(m_view->cursor(), tenGiB / 2);
        QVERIFY(m_view->topOffset() <= tenGiB / 2);
        QVERIFY(m_view->topOffset() + 4096 > tenGiB / 2);
    }

    void click_onDigitsAndCharacters_setsTheCursor() {
        m_view->goTo(0);
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, QPoint(5, 5));
        QCOMPARE(m_view->cursor(), quint64{0}); // the offset column belongs to the row's first byte
        const QFontMetricsF metrics(m_view->font());
        const qreal cell = metrics.horizontalAdvance(QLatin1Char('0'));
        const int digits = m_view->geometry64().size > 0xffffffff ? 9 : 8;
        const int thirdByte = static_cast<int>(cell * (1 + digits + 2 + 2 * 3 + 0.5));
        QTest::mouseClick(m_view->viewport(), Qt::LeftButton, {}, QPoint(thirdByte, metrics.height() * 1.5));
        QCOMPARE(m_view->cursor(), quint64{16 + 2});
    }

    void source_replacedBySmaller_keepsTheViewInside() {
        m_view->goTo(tenGiB - 1);
        m_view->setSource(std::make_shared<HugeSource>(5));
        QCOMPARE(m_view->topOffset(), quint64{0});
        QTest::keyClick(m_view.get(), Qt::Key_End, Qt::ControlModifier);
        QCOMPARE(m_view->cursor(), quint64{4});
        m_view->setSource(nullptr);
        m_view->grab();
        QTest::keyClick(m_view.get(), Qt::Key_Down);
    }

    void accessibility_hasAName() { QVERIFY(!m_view->accessibleName().isEmpty()); }
};

QTEST_MAIN(TestHexView)
#include "tst_hex_view.moc"
