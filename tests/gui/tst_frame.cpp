// SPDX-License-Identifier: GPL-2.0-or-later
//
// The window as a frame: with no feature at all, and with one that only this test knows.
#include "app/frame/frame.hpp"
#include "app/ui/panel/panel.hpp"
#include "app/ui/panel/panel_dock.hpp"
#include "app/window/main_window.hpp"
#include "tests/support/session/fake_session.hpp"

#include <QMenu>
#include <QMenuBar>
#include <QTemporaryDir>
#include <QTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

// At home in code; follows what is chosen elsewhere.
class CodeFeature : public Feature {
public:
    explicit CodeFeature(Frame &frame) : Feature(frame), m_panel(new Panel(u"test"_s, u"Test"_s, nullptr)) {
        frame.actions().add({u"test.act"_s, u"&Act"_s, {}, {}, u"…"_s});
    }

    std::vector<PanelEntry> panels() override {
        return {{m_panel, u"&Test"_s, QKeySequence(), {Quarter::leftTop, Tab::shown}, {}}};
    }
    std::vector<MenuEntry> actions() override {
        return {{MenuPlace::traffic, frame().actions().list({"test.act"})}};
    }
    void begin() override { heard << u"begin"_s; }
    void take(const RunNews &news) override {
        if (!news.console.isEmpty())
            heard << QString::fromLatin1(news.console);
    }
    void end() override { heard << u"end"_s; }
    Panel *show(const Place &place) override {
        const auto *code = std::get_if<place::Code>(&place);
        if (!code || code->address == 0)
            return nullptr;
        frame().choose(place); // as a view does that tells of every change
        return m_panel;
    }
    void follow(const Place &) override { ++followed; }
    Frame &itsFrame() { return frame(); }

    QStringList heard;
    int followed = 0;

private:
    Panel *m_panel;
};

struct FrameFixture {
    explicit FrameFixture(const FeatureList &features) : window(session, preferences, features) {}

    QTemporaryDir dir;
    Preferences preferences{dir.path()};
    FakeSession session;
    MainWindow window;
};

std::unique_ptr<Feature> makeCode(Frame &frame) {
    return std::make_unique<CodeFeature>(frame);
}

struct OneFeature : FrameFixture {
    OneFeature() : FrameFixture({makeCode}) {}
    CodeFeature &feature() {
        for (QObject *child : window.children())
            if (auto *found = dynamic_cast<CodeFeature *>(child))
                return *found;
        qFatal("the window has no feature");
    }
};

} // namespace

class TestFrame : public QObject {
    Q_OBJECT

private slots:
    void window_withoutFeatures_isAnEmptyFrame() {
        FrameFixture fixture({});
        fixture.window.show();
        QVERIFY(fixture.window.docks().empty());
        QVERIFY(fixture.window.actions().find(u"enclave.run"_s));
        fixture.session.playDemoBoot();
        fixture.window.resetLayout();
        QCOMPARE(fixture.window.perspective(), Perspective::workbench);
    }

    void feature_panelAndActions_standWhereItSaid() {
        OneFeature fixture;
        QCOMPARE(fixture.window.docks().size(), size_t{1});
        QVERIFY(!fixture.window.docks()[0]->isHidden());
        QAction *toggle = fixture.window.actions().find(u"view.panel.test"_s);
        QVERIFY(toggle && toggle->isChecked());
        QStringList traffic;
        for (QAction *menu : fixture.window.menuBar()->actions())
            if (menu->text() == u"&Traffic"_s)
                for (const QAction *action : menu->menu()->actions())
                    traffic << action->text();
        QCOMPARE(traffic, QStringList(u"&Act"_s));
    }

    void feature_run_isHeardOfInOrder() {
        OneFeature fixture;
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playState(EnclaveSession::State::running);
        fixture.feature().heard.clear();
        fixture.session.playState(EnclaveSession::State::starting);
        fixture.session.playConsole("hello");
        fixture.session.playEnd({EndKind::guestReboot, u"Over."_s, {}});
        QTRY_COMPARE(fixture.feature().heard.last(), u"end"_s);
        QCOMPARE(fixture.feature().heard.first(), u"begin"_s);
        QVERIFY(fixture.feature().heard.contains(u"hello"_s));
    }

    void place_atHomeInAFeature_bringsItsPanelToTheFront() {
        OneFeature fixture;
        fixture.window.docks()[0]->hide();
        Frame &frame = fixture.feature().itsFrame();
        QVERIFY(frame.show(place::Code{1}, Reveal::quietly));
        QVERIFY(fixture.window.docks()[0]->isHidden());
        QVERIFY(frame.show(place::Code{1}, Reveal::raise));
        QVERIFY(!fixture.window.docks()[0]->isHidden());
    }

    void place_notThere_isNotShown() {
        OneFeature fixture;
        Frame &frame = fixture.feature().itsFrame();
        QVERIFY(!frame.show(place::Code{0}, Reveal::raise));
        QVERIFY(!frame.show(place::Transaction{1}, Reveal::raise));
    }

    void choice_ofTheUser_isFollowedButNotWhatAPlaceBringsAbout() {
        OneFeature fixture;
        Frame &frame = fixture.feature().itsFrame();
        frame.choose(place::Transaction{1});
        QCOMPARE(fixture.feature().followed, 1);
        frame.show(place::Code{1}, Reveal::quietly);
        QCOMPARE(fixture.feature().followed, 1);
    }
};

QTEST_MAIN(TestFrame)
#include "tst_frame.moc"
