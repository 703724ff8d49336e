// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the filter language offers while an expression is typed.
#include "app/core/filter/filter_completion.hpp"

#include <QTest>

using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

namespace {

using Kind = FilterFieldInfo::Kind;
const FilterFieldInfo fields[] = {{"kind", Kind::text, "k"},
                                  {"pcr", Kind::number, "p"},
                                  {"time", Kind::time, "t"},
                                  {"text", Kind::text, "x"}};

QStringList valuesOf(int field) {
    return field == 0 ? QStringList{u"ExtendPCR"_s, u"Attestation"_s, u"two words"_s} : QStringList();
}

FilterCompletion complete(const QString &text) {
    return completeFilter(text, text.size(), fields, valuesOf);
}

} // namespace

class TestFilterCompletion : public QObject {
    Q_OBJECT
private slots:
    void complete_anyPlace_offersWhatCanStandThere_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qsizetype>("start");
        QTest::addColumn<QStringList>("words");
        const auto row = [](const char *text, qsizetype start, const QStringList &words) {
            QTest::newRow(text) << QString::fromLatin1(text) << start << words;
        };
        row("", 0, {u"kind"_s, u"pcr"_s, u"time"_s, u"text"_s, u"not"_s});
        row("t", 0, {u"time"_s, u"text"_s});
        row("pcr==16 and ki", 12, {u"kind"_s});
        row("(p", 1, {u"pcr"_s});
        row("kind==", 6, {u"ExtendPCR"_s, u"Attestation"_s, u"\"two words\""_s});
        row("kind==ext", 6, {u"ExtendPCR"_s});
        row("kind==\"tw", 6, {u"\"two words\""_s});
        row("kind contains a", 14, {u"Attestation"_s});
        row("kind ", 5, {u"=="_s, u"!="_s, u"<="_s, u">="_s, u"<"_s, u">"_s, u"contains"_s});
        row("pcr ", 4, {u"=="_s, u"!="_s, u"<="_s, u">="_s, u"<"_s, u">"_s});
        row("kind==ExtendPCR ", 16, {u"and"_s, u"or"_s});
        row("kind==ExtendPCR", 6, {}); // it is there
    }
    void complete_anyPlace_offersWhatCanStandThere() {
        QFETCH(QString, text);
        QFETCH(qsizetype, start);
        QFETCH(QStringList, words);
        const FilterCompletion completion = complete(text);
        QCOMPARE(completion.words, words);
        if (!words.isEmpty())
            QCOMPARE(completion.start, start);
    }

    // Whatever is offered makes an expression that can be read, once it is complete.
    void value_anyText_isReadBack() {
        for (const QString &value :
             {u"ExtendPCR"_s, u"two words"_s, u"a\"b"_s, u"ü–x"_s, u"(x) and not y"_s}) {
            const auto read = FilterExpression::parse(u"kind=="_s + filterValue(value), fields);
            QVERIFY2(read, qPrintable(value));
        }
    }
};

QTEST_APPLESS_MAIN(TestFilterCompletion)
#include "tst_filter_completion.moc"
