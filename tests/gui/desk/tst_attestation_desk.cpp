// SPDX-License-Identifier: GPL-2.0-or-later
//
// Attestation documents held against what the user expects of them.
#include "app/features/attestation/expectations_dialog.hpp"
#include "tests/gui/support/gui_fixture.hpp"
#include "tests/support/documents/document_maker.hpp"

#include <QCheckBox>
#include <QClipboard>
#include <QDialogButtonBox>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>

using namespace nitroscope::app;
using namespace nitroscope::test;
using namespace Qt::Literals::StringLiterals;
namespace attestation = nitroscope::formats::attestation;

class TestAttestationDesk : public QObject {
    Q_OBJECT

    const DocumentMaker m_maker;

    // Valid as far as the chain goes: the maker's own root, at the document's time.
    DocumentExpectations trusting(const WindowFixture &fixture) const {
        DocumentExpectations wanted;
        wanted.root = writeFile(fixture.dir.filePath(u"root.der"_s), m_maker.rootDer());
        return wanted;
    }
    static attestation::Verdict verdictOf(AttestationPanel &panel, const DocumentExpectations &wanted) {
        QSignalSpy verified(&panel, &AttestationPanel::verified);
        panel.setExpectations(wanted);
        if (!QTest::qWaitFor([&] { return verified.count() > 0; }, 60'000) || !panel.verification())
            qFatal("no verdict");
        return panel.verification()->verdict;
    }

private slots:
    void expectations_each_decideTheVerdict() {
        WindowFixture fixture;
        fixture.window->openDocument(m_maker.document(), u"document"_s);
        AttestationPanel &panel = fixture.window->attestationPanel();
        QVERIFY(panel.document());
        DocumentExpectations wanted = trusting(fixture);
        QVERIFY(verdictOf(panel, wanted) != attestation::Verdict::invalid);
        wanted.nonce = "once"_ba;
        wanted.userData = "hello"_ba;
        wanted.pcrs[0] = panel.document()->pcrs.front().value.bytes;
        QVERIFY(verdictOf(panel, wanted) != attestation::Verdict::invalid);
        DocumentExpectations other = wanted;
        other.nonce = "twice"_ba;
        QCOMPARE(verdictOf(panel, other), attestation::Verdict::invalid);
        other = wanted;
        other.userData = "hallo"_ba;
        QCOMPARE(verdictOf(panel, other), attestation::Verdict::invalid);
        other = wanted;
        other.pcrs[0] = QByteArray(48, 'x');
        QCOMPARE(verdictOf(panel, other), attestation::Verdict::invalid);
        other = wanted;
        other.atSeconds = DocumentMaker::issuedAt + qint64{365} * 86'400 * 60; // its certificates are over
        QCOMPARE(verdictOf(panel, other), attestation::Verdict::invalid);
        QCOMPARE(verdictOf(panel, {}), attestation::Verdict::invalid); // no known root
    }

    void root_thatCannotBeRead_isSaid() {
        WindowFixture fixture;
        fixture.window->openDocument(m_maker.document(), u"document"_s);
        AttestationPanel &panel = fixture.window->attestationPanel();
        QSignalSpy verified(&panel, &AttestationPanel::verified);
        DocumentExpectations wanted;
        wanted.root = fixture.dir.filePath(u"nothing.pem"_s);
        panel.setExpectations(wanted);
        QTRY_VERIFY(verified.count() > 0);
        QVERIFY(!panel.verification());
    }

    void dialog_typed_comesBackAndSaysWhatIsWrong() {
        DocumentExpectations present;
        present.nonce = QByteArray::fromHex("0102");
        const attestation::PcrValues ofImage{{0, QByteArray(48, 'a')}, {2, QByteArray(48, 'b')}};
        auto *dialog = new ExpectationsDialog(present, ofImage, nullptr);
        const std::unique_ptr<QDialog> owner(dialog);
        QVERIFY(dialog->expectations());
        QCOMPARE(*dialog->expectations()->nonce, *present.nonce);
        for (QPushButton *button : dialog->findChildren<QPushButton *>())
            if (button->text().contains(u"EIF"_s))
                button->click();
        QCOMPARE(dialog->expectations()->pcrs, ofImage);
        auto *userData = named<QLineEdit>(*dialog, "User data");
        userData->setText(u"not hex"_s);
        QVERIFY(!dialog->expectations());
        QVERIFY(!dialog->findChild<QDialogButtonBox *>()->button(QDialogButtonBox::Ok)->isEnabled());
        for (QCheckBox *box : dialog->findChildren<QCheckBox *>())
            if (box->text().contains(u"text"_s))
                box->setChecked(true);
        QCOMPARE(*dialog->expectations()->userData, "not hex"_ba);
        named<QPlainTextEdit>(*dialog, "Expected PCRs")->setPlainText(u"PCR0: 12"_s);
        QVERIFY(!dialog->expectations());
    }

    void chain_saved_isPem() {
        WindowFixture fixture;
        QVERIFY(!fixture.action("file.exportChain")->isEnabled());
        fixture.window->openDocument(m_maker.document(), u"document"_s);
        QVERIFY(fixture.action("file.exportChain")->isEnabled());
        AttestationPanel &panel = fixture.window->attestationPanel();
        const QByteArray pem = panel.chainAsPem();
        QCOMPARE(pem.count("-----BEGIN CERTIFICATE-----\n"),
                 qsizetype(panel.document()->cabundle.size() + 1));
        for (const QByteArray &line : pem.split('\n'))
            QVERIFY(line.size() <= 64);
        QByteArray first = pem.left(pem.indexOf("-----END"));
        first.remove(0, first.indexOf('\n'));
        QCOMPARE(QByteArray::fromBase64(first.replace('\n', "")), panel.document()->certificate->bytes);
    }
};

QTEST_MAIN(TestAttestationDesk)
#include "tst_attestation_desk.moc"
