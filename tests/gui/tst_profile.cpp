// SPDX-License-Identifier: GPL-2.0-or-later
//
// The flame graph: the tree of stacks, choosing, zooming, searching and saving.
#include "app/features/profile/flame_view.hpp"
#include "app/features/profile/profile_panel.hpp"

#include <QAction>
#include <QBuffer>
#include <QLineEdit>
#include <QSignalSpy>
#include <QtTest>
#include <QXmlStreamReader>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

formats::FoldedStacks stacks() {
    formats::FoldedStacks folded;
    folded.add({"app", "main", "serve"}, 60);
    folded.add({"app", "main", "serve", "read"}, 20);
    folded.add({"app", "main"}, 10);
    folded.add({"[kernel]", "idle"}, 10);
    return folded;
}

int numberOf(const FlameGraph &graph, const QString &name) {
    for (size_t i = 0; i < graph.frames().size(); ++i)
        if (graph.frames()[i].name == name)
            return int(i);
    return -1;
}

struct View {
    FlameView view;
    View() {
        view.resize(1000, 400);
        view.setGraph(FlameGraph(stacks()));
        view.show();
    }
    int number(const QString &name) const { return numberOf(view.graph(), name); }
    QString current() const {
        return view.current() < 0 ? QString() : view.graph().frame(view.current()).name;
    }
};

} // namespace

class TestProfile : public QObject {
    Q_OBJECT
private slots:
    void graph_ofStacks_addsUp() {
        const FlameGraph graph{stacks()};
        QCOMPARE(graph.total(), 100u);
        QCOMPARE(graph.depth(), 4);
        const FlameFrame &serve = graph.frame(numberOf(graph, u"serve"_s));
        QCOMPARE(serve.total, 80u);
        QCOMPARE(serve.self, 60u);
        QCOMPARE(serve.depth, 3);
        for (const FlameFrame &frame : graph.frames()) {
            quint64 sum = frame.self;
            for (const int child : frame.children) {
                QVERIFY(graph.frame(child).start >= frame.start);
                QVERIFY(graph.frame(child).start + graph.frame(child).total <= frame.start + frame.total);
                sum += graph.frame(child).total;
            }
            QCOMPARE(sum, frame.total);
        }
        QCOMPARE(graph.describe(numberOf(graph, u"serve"_s)),
                 u"serve: 80 samples, 80.0 % of all, 60.0 % itself"_s);
    }

    void graph_namesWithLikeBeginnings_areOneFrameEach() {
        formats::FoldedStacks folded; // their lines are not beside each other
        folded.add({"main"}, 1);
        folded.add({"main x"}, 1);
        folded.add({"main", "z"}, 1);
        const FlameGraph graph(folded);
        QCOMPARE(graph.frame(0).children.size(), 2u);
        QCOMPARE(graph.frame(numberOf(graph, u"main"_s)).total, 2u);
    }

    void graph_matches_countSamplesOnce() {
        const FlameGraph graph{stacks()};
        QCOMPARE(graph.samplesIn(graph.matches(u"e"_s)), 90u); // serve, read in it, kernel and idle
        QCOMPARE(graph.samplesIn(graph.matches(u"READ"_s)), 20u);
        QVERIFY(graph.matches({}).empty());
        QVERIFY(graph.matches(u"nothing"_s).empty());
    }

    void keys_walkTheStack() {
        View v;
        v.view.setCurrent(v.number(u"app"_s));
        QTest::keyClick(&v.view, Qt::Key_Down);
        QCOMPARE(v.current(), u"main"_s);
        QTest::keyClick(&v.view, Qt::Key_Down);
        QTest::keyClick(&v.view, Qt::Key_Down);
        QCOMPARE(v.current(), u"read"_s);
        QTest::keyClick(&v.view, Qt::Key_Down); // calls nothing
        QCOMPARE(v.current(), u"read"_s);
        QTest::keyClick(&v.view, Qt::Key_Up);
        QCOMPARE(v.current(), u"serve"_s);
        v.view.setCurrent(v.number(u"app"_s));
        QTest::keyClick(&v.view, Qt::Key_Left);
        QCOMPARE(v.current(), u"[kernel]"_s);
        QTest::keyClick(&v.view, Qt::Key_Right);
        QCOMPARE(v.current(), u"app"_s);
    }

    void zoom_toAFrame_givesItTheWidth() {
        View v;
        const QRect before = v.view.rectOf(v.number(u"serve"_s));
        QVERIFY(before.width() < 850);
        v.view.setCurrent(v.number(u"serve"_s));
        QTest::keyClick(&v.view, Qt::Key_Return);
        QVERIFY(v.view.rectOf(v.number(u"serve"_s)).width() >= v.view.viewport()->width());
        QVERIFY(v.view.rectOf(v.number(u"main"_s)).width() >= v.view.viewport()->width()); // its caller
        QVERIFY(v.view.rectOf(v.number(u"idle"_s)).isEmpty());
        QTest::keyClick(&v.view, Qt::Key_Backspace);
        QCOMPARE(v.view.zoomed(), v.number(u"main"_s));
        QTest::keyClick(&v.view, Qt::Key_Escape);
        QCOMPARE(v.view.zoomed(), 0);
        QCOMPARE(v.view.rectOf(v.number(u"serve"_s)), before);
    }

    void mouse_choosesAndZooms() {
        View v;
        QSignalSpy changed(&v.view, &FlameView::currentChanged);
        const QPoint point = v.view.rectOf(v.number(u"serve"_s)).center();
        QTest::mouseClick(v.view.viewport(), Qt::LeftButton, {}, point);
        QCOMPARE(v.current(), u"serve"_s);
        QCOMPARE(changed.count(), 1);
        QVERIFY(v.view.accessibleDescription().contains(u"80.0 %"_s));
        QTest::mouseDClick(v.view.viewport(), Qt::LeftButton, {}, point);
        QCOMPARE(v.view.zoomed(), v.number(u"serve"_s));
    }

    void choosing_whatIsZoomedAway_showsAllAgain() {
        View v;
        v.view.zoomTo(v.number(u"serve"_s));
        v.view.setCurrent(v.number(u"idle"_s));
        QCOMPARE(v.view.zoomed(), 0);
    }

    void search_goesRound() {
        View v;
        v.view.setSearch(u"e"_s);
        QStringList names;
        for (size_t i = 0; i <= v.view.found().size(); ++i) {
            v.view.findNext(+1);
            names << v.current();
        }
        QCOMPARE(names.first(), names.last());
        v.view.findNext(-1);
        QCOMPARE(v.current(), names[names.size() - 2]);
    }

    void svg_isXmlWithEveryFunction() {
        formats::FoldedStacks folded = stacks();
        folded.add({"app", "<init>&co"}, 30);
        FlameView view;
        view.setGraph(FlameGraph(folded));
        QXmlStreamReader xml(view.svg());
        QStringList titles;
        while (!xml.atEnd())
            if (xml.readNext() == QXmlStreamReader::StartElement && xml.name() == u"title")
                titles << xml.readElementText().section(u':', 0, 0);
        QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
        titles.sort();
        QCOMPARE(titles, QStringList({u"<init>&co"_s, u"[kernel]"_s, u"all"_s, u"app"_s, u"idle"_s, u"main"_s,
                                      u"read"_s, u"serve"_s}));
    }

    void view_withoutProfile_survivesEverything() {
        FlameView view;
        view.resize(300, 200);
        view.show();
        for (const Qt::Key key : {Qt::Key_Up, Qt::Key_Down, Qt::Key_Left, Qt::Key_Return, Qt::Key_Escape})
            QTest::keyClick(&view, key);
        QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, {10, 10});
        view.findNext(+1);
        QCOMPARE(view.current(), -1);
        QVERIFY(view.svg().contains("<svg"));
    }

    void panel_search_saysTheShare() {
        QAction open(u"Open"_s);
        ProfilePanel panel(&open, {});
        panel.setStacks(stacks());
        panel.resize(800, 400);
        panel.show();
        panel.find();
        auto *const input = panel.findChild<QLineEdit *>();
        QVERIFY(input);
        input->setText(u"serve"_s);
        panel.findNext();
        QCOMPARE(panel.view().graph().frame(panel.view().current()).name, u"serve"_s);
    }
};

QTEST_MAIN(TestProfile)
#include "tst_profile.moc"
