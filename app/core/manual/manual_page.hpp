// SPDX-License-Identifier: GPL-2.0-or-later
//
// A manual page in the man macros (man(7), groff_man(7)), made from the texts that --help prints, so that both say the
// same. Every text is escaped; none can become a macro.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>

namespace nitroscope::app {

class ManualPage {
public:
    // `name` as it is called, with its command: "nitroscope-cli eif lint". Section 1.
    ManualPage(const QString &name, const QString &summary);

    // "nitroscope-cli-eif-lint.1": the words joined by hyphens, as git's pages are called.
    static QString fileName(const QString &name);

    void section(const QString &title);
    // One paragraph per empty line; lines that begin with a blank keep their breaks.
    void text(const QString &paragraphs);
    // A term in bold and what it means, below each other.
    void item(const QString &term, const QString &meaning);
    // "name(1), name(1)" from calls as in the constructor.
    void seeAlso(const QStringList &names);

    const QByteArray &roff() const { return m_roff; }

private:
    void breakParagraph();

    QByteArray m_roff;
    bool m_isAfterTitle = false;
};

} // namespace nitroscope::app
