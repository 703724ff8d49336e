// SPDX-License-Identifier: GPL-2.0-or-later
//
// The rule engine: which of the events that match a rule it applies to, and what a snapshot keeps of that.
#include "qemu-machine/rules/table.hpp"

#include <QtTest>

using namespace nitroscope::rules;

namespace {

struct NumberRule {
    std::uint32_t id = 0;
    RuleQuota quota{};
    int number = 0; // matches events of this number
};

using NumberTable = Table<NumberRule>;

RuleQuota quota(std::uint32_t skip, std::uint32_t count = 0, std::uint32_t chance = 100) {
    return {skip, count, chance, 0, 0};
}

// One letter for each of so many events of the rule's number: whether it applied.
QByteArray pattern(NumberTable &table, int events, int number = 0) {
    QByteArray letters;
    for (int i = 0; i < events; ++i) {
        bool applied = false;
        table.consult([&](const NumberRule &rule) { return rule.number == number; },
                      [&](const NumberRule &) { applied = true; });
        letters += applied ? 'x' : '.';
    }
    return letters;
}

NumberTable tableOf(const RuleQuota &numbers, UsedUp usedUp = UsedUp::stays, std::uint64_t seed = 0) {
    NumberTable table(8, usedUp);
    table.random().seed(seed);
    table.add({0, numbers, 0});
    return table;
}

// What a list in C calls back.
struct Forgotten {
    QVector<std::uint32_t> ids;
    static int matches(const void *rule, std::uint32_t, const void *event) {
        return static_cast<const Forgotten *>(rule) != event;
    }
    static void forget(void *rule, std::uint32_t id) { static_cast<Forgotten *>(rule)->ids.append(id); }
};

} // namespace

class TestRules : public QObject {
    Q_OBJECT

private slots:
    void quota_skipAndCount_chooseByNumber() {
        NumberTable table = tableOf(quota(2, 3));
        QCOMPARE(pattern(table, 8), QByteArray("..xxx..."));
    }

    void quota_eventsThatDoNotMatch_countForNothing() {
        NumberTable table = tableOf(quota(1, 1));
        QCOMPARE(pattern(table, 5, 1), QByteArray("....."));
        QCOMPARE(pattern(table, 3), QByteArray(".x."));
    }

    void quota_chance_dependsOnTheSeedAlone() {
        QSet<QByteArray> patterns;
        for (const std::uint64_t seed : {1, 1, 2}) {
            NumberTable table = tableOf(quota(0, 0, 40), UsedUp::stays, seed);
            const QByteArray letters = pattern(table, 100);
            QVERIFY2(letters.count('x') > 20 && letters.count('x') < 60, letters);
            patterns << letters;
        }
        QCOMPARE(patterns.size(), 2);
    }

    // Both engines of before had one of these two wrong.
    void quota_skipWithChance_countsEveryMatchingEvent() {
        NumberTable plain = tableOf(quota(0, 0, 30), UsedUp::stays, 7);
        NumberTable skipping = tableOf(quota(5, 0, 30), UsedUp::stays, 7);
        const QByteArray letters = pattern(plain, 40);
        QCOMPARE(pattern(skipping, 45), "....." + letters); // no number was drawn for what passed
    }

    void quota_countWithChance_countsWhatItAppliedTo() {
        NumberTable table = tableOf(quota(0, 4, 30), UsedUp::stays, 7);
        QCOMPARE(pattern(table, 100).count('x'), 4);
        QCOMPARE(table.rules()[0].quota.hits, 4u);
    }

    void usedUp_goesOrStays() {
        for (const UsedUp usedUp : {UsedUp::goes, UsedUp::stays}) {
            NumberTable table = tableOf(quota(0, 1), usedUp);
            QCOMPARE(pattern(table, 3), QByteArray("x.."));
            QCOMPARE(table.rules().size(), usedUp == UsedUp::goes ? std::size_t{0} : std::size_t{1});
        }
    }

    void consult_severalRules_inTheOrderOfTheirIds() {
        NumberTable table(8, UsedUp::goes);
        QCOMPARE(table.add({17, {}, 0}), 17u);
        QCOMPARE(table.add({3, {}, 0}), 3u);
        QCOMPARE(table.add({0, {}, 0}), 18u);
        QVector<std::uint32_t> ids;
        table.consult([](const NumberRule &) { return true; },
                      [&](const NumberRule &rule) { ids.append(rule.id); });
        QCOMPARE(ids, (QVector<std::uint32_t>{3, 17, 18}));
    }

    void add_nonsense_isRefused() {
        NumberTable table(2, UsedUp::goes);
        QCOMPARE(table.add({0, quota(0, 0, 101), 0}), 0u);
        QCOMPARE(table.add({5, {}, 0}), 5u);
        QCOMPARE(table.add({5, {}, 0}), 0u); // taken
        QCOMPARE(table.add({0, {}, 0}), 6u);
        QCOMPARE(table.add({0, {}, 0}), 0u); // full
        QCOMPARE(table.rules()[0].quota.chance, RULE_CHANCE_ALWAYS);
        QVERIFY(table.remove(6) && !table.remove(6));
        QCOMPARE(table.add({0, {}, 0}), 7u); // ids are not used twice
    }

    void state_roundTrip_goesOnWhereItWas() {
        NumberTable table = tableOf(quota(3, 30, 50), UsedUp::goes, 99);
        for (int split = 0; split < 12; ++split) {
            std::array<std::uint32_t, RULE_STATE_WORDS> words{};
            save(table.rules()[0].id, table.rules()[0].quota, words);
            NumberRule loaded;
            load(words, loaded.id, loaded.quota);
            NumberTable other(8, UsedUp::goes);
            QVERIFY(other.restore({loaded}, table.random().state()));
            NumberTable copy = table;
            QCOMPARE(pattern(other, 50), pattern(copy, 50));
            pattern(table, 1);
        }
    }

    void restore_rulesThatCannotBe_areRefused_data() {
        QTest::addColumn<QVector<std::uint32_t>>("words");
        QTest::newRow("no id") << QVector<std::uint32_t>{0, 0, 0, 100, 0, 0};
        QTest::newRow("chance of none") << QVector<std::uint32_t>{1, 0, 0, 0, 0, 0};
        QTest::newRow("chance above 100") << QVector<std::uint32_t>{1, 0, 0, 101, 0, 0};
        QTest::newRow("more hits than its count") << QVector<std::uint32_t>{1, 0, 2, 100, 3, 0};
        QTest::newRow("more passed than skipped") << QVector<std::uint32_t>{1, 1, 0, 100, 0, 2};
    }
    void restore_rulesThatCannotBe_areRefused() {
        QFETCH(QVector<std::uint32_t>, words);
        NumberRule loaded;
        load(std::span<const std::uint32_t>(words).first<RULE_STATE_WORDS>(), loaded.id, loaded.quota);
        NumberTable table = tableOf({});
        QVERIFY(!table.restore({loaded}, 1));
        QCOMPARE(table.rules().size(), std::size_t{1});
        QVERIFY(!NumberTable(8, UsedUp::goes)
                     .restore({{2, quota(0, 0, 1), 0}, {2, quota(0, 0, 1), 0}}, 1)); // twice
    }

    void list_usedUpOrRemoved_isForgotten() {
        const RuleOwner owner{&Forgotten::matches, &Forgotten::forget};
        Forgotten first, second, third;
        RuleList *list = rule_list_new(&owner, 2);
        const RuleQuota once = quota(0, 1), always{};
        QCOMPARE(rule_list_next_id(list), 1u);
        QCOMPARE(rule_list_add(list, &once, &first), 1u);
        QCOMPARE(rule_list_add(list, &always, &second), 2u);
        QVERIFY(rule_list_full(list));
        QCOMPARE(rule_list_add(list, &always, &third), 0u);
        QCOMPARE(third.ids, QVector<std::uint32_t>{3}); // refused

        QCOMPARE(rule_list_consult(list, &first), 2u); // the first does not match
        QVERIFY(first.ids.isEmpty());
        QCOMPARE(rule_list_consult(list, &third), 1u);
        QCOMPARE(first.ids, QVector<std::uint32_t>{1});
        QCOMPARE(rule_list_count(list), std::size_t{1});
        RuleListed listed{};
        QCOMPARE(rule_list_get(list, 0, &listed), 0);
        QCOMPARE(listed.id, 2u);
        QCOMPARE(listed.rule, static_cast<void *>(&second));
        QCOMPARE(listed.quota.hits, 2u);
        QCOMPARE(rule_list_get(list, 1, &listed), -1);
        QCOMPARE(rule_list_remove(list, 1), -1);
        QCOMPARE(rule_list_remove(list, 0), 0);
        QCOMPARE(second.ids, QVector<std::uint32_t>{2});
        rule_list_free(list);
    }
};

QTEST_GUILESS_MAIN(TestRules)
#include "tst_rules.moc"
