// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/core/manual/manual_page.hpp"

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

// Letters that roff takes for itself. A hyphen is one that can be copied into a shell; a dot or an apostrophe at the
// start of a line would be a macro.
QByteArray escaped(const QString &line) {
    QByteArray text;
    for (const char letter : line.toUtf8()) {
        switch (letter) {
        case '\\':
            text += "\\e";
            break;
        case '-':
            text += "\\-";
            break;
        case '~':
            text += "\\(ti";
            break;
        case '^':
            text += "\\(ha";
            break;
        case '`':
            text += "\\(ga";
            break;
        case '\'':
            text += "\\(aq";
            break;
        case '"':
            text += "\\(dq";
            break;
        default:
            text += letter;
        }
    }
    return text.startsWith('.') ? "\\&" + text : text;
}

QString pageOf(const QString &name) {
    return QString(name).replace(u' ', u'-');
}

} // namespace

ManualPage::ManualPage(const QString &name, const QString &summary) {
    const QString page = pageOf(name);
    m_roff = ".TH " + escaped(page.toUpper()) +
             " 1 " NITROSCOPE_DATE " \"Nitroscope " NITROSCOPE_VERSION "\" Nitroscope\n.SH NAME\n" +
             escaped(page) + " \\- " + escaped(summary) + '\n';
}

QString ManualPage::fileName(const QString &name) {
    return pageOf(name) + u".1"_s;
}

void ManualPage::section(const QString &title) {
    m_roff += ".SH " + escaped(title.toUpper()) + '\n';
    m_isAfterTitle = true;
}

// A title stands for a break of its own.
void ManualPage::breakParagraph() {
    if (!m_isAfterTitle)
        m_roff += ".PP\n";
    m_isAfterTitle = false;
}

void ManualPage::text(const QString &paragraphs) {
    enum class Part { none, prose, table } part = Part::none;
    const auto begin = [&](Part next) {
        if (part == next)
            return;
        if (part == Part::table)
            m_roff += ".fi\n";
        part = next;
        if (part == Part::none)
            return;
        breakParagraph();
        if (part == Part::table)
            m_roff += ".nf\n";
    };
    for (const QString &line : paragraphs.split(u'\n')) {
        const bool isEmpty = line.trimmed().isEmpty();
        begin(isEmpty ? Part::none : line.startsWith(u' ') ? Part::table : Part::prose);
        if (!isEmpty)
            m_roff += escaped(line) + '\n';
    }
    begin(Part::none);
}

void ManualPage::item(const QString &term, const QString &meaning) {
    m_isAfterTitle = false;
    m_roff += ".TP\n\\fB" + escaped(term) + "\\fR\n" + escaped(meaning) + '\n';
}

void ManualPage::seeAlso(const QStringList &names) {
    if (names.isEmpty())
        return;
    section(u"See also"_s);
    for (const QString &name : names)
        m_roff += ".BR " + escaped(pageOf(name)) + (name == names.last() ? " (1)\n" : " (1),\n");
}

} // namespace nitroscope::app
