// SPDX-License-Identifier: GPL-2.0-or-later
//
// Colours for source text of the languages that enclaves are written in: C, C++, assembler, Go, Rust. Comments,
// strings, numbers and keywords are told apart line by line; what is between /* and */ is remembered.
#pragma once

#include <QPalette>
#include <QSyntaxHighlighter>

namespace nitroscope::app {

class SourceWords : public QSyntaxHighlighter {
    Q_OBJECT
public:
    static constexpr qsizetype maxLineLength = 4096; // what is longer is not coloured

    SourceWords(QTextDocument &document, const QPalette &palette);
    void setColors(const QPalette &palette);

protected:
    void highlightBlock(const QString &line) override;

private:
    QPalette m_palette;
};

} // namespace nitroscope::app
