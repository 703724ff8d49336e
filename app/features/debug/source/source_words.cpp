// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/features/debug/source/source_words.hpp"

#include "app/features/debug/code/code_colors.hpp"

#include <QSet>

namespace nitroscope::app {

using namespace Qt::Literals::StringLiterals;
namespace {

enum BlockState { inCode, inComment };

const QSet<QStringView> &keywords() {
    static const QString text =
        u"alignas auto bool break case catch char class const constexpr continue default defer delete do double else "
        "enum explicit extern false float fn for friend func go goto if impl import inline int let long loop match "
        "mod mut namespace new nil noexcept nullptr operator override package pub private protected public range "
        "return short signed sizeof static static_assert struct switch template this throw true try type typedef "
        "typename union unsafe unsigned use using var virtual void volatile while"_s;
    static const auto words = QStringView(text).split(u' ');
    static const QSet<QStringView> set(words.cbegin(), words.cend());
    return set;
}

bool isWord(QChar c) {
    return c.isLetterOrNumber() || c == u'_';
}

// Behind the closing quote, or the end of the line.
qsizetype endOfString(const QString &line, qsizetype at) {
    const QChar quote = line[at++];
    while (at < line.size() && line[at] != quote)
        at += line[at] == u'\\' ? 2 : 1;
    return std::min(at + 1, line.size());
}

} // namespace

SourceWords::SourceWords(QTextDocument &document, const QPalette &palette)
    : QSyntaxHighlighter(&document), m_palette(palette) {}

void SourceWords::setColors(const QPalette &palette) {
    m_palette = palette;
    rehighlight();
}

void SourceWords::highlightBlock(const QString &line) {
    const auto paint = [this](qsizetype from, qsizetype to, CodeTone tone) {
        setFormat(static_cast<int>(from), static_cast<int>(to - from), codeColor(m_palette, tone));
    };
    setCurrentBlockState(previousBlockState() == inComment ? inComment : inCode);
    if (line.size() > maxLineLength)
        return;
    qsizetype at = 0;
    while (at < line.size()) {
        const qsizetype start = at;
        if (currentBlockState() == inComment || QStringView(line).sliced(at).startsWith(u"/*")) {
            const qsizetype end = line.indexOf(u"*/"_s, currentBlockState() == inComment ? at : at + 2);
            setCurrentBlockState(end < 0 ? inComment : inCode);
            at = end < 0 ? line.size() : end + 2;
            paint(start, at, CodeTone::comment);
        } else if (QStringView(line).sliced(at).startsWith(u"//")) {
            at = line.size();
            paint(start, at, CodeTone::comment);
        } else if (line[at] == u'"') {
            at = endOfString(line, at);
            paint(start, at, CodeTone::reg);
        } else if (line[at].isDigit()) {
            while (at < line.size() && isWord(line[at]))
                ++at;
            paint(start, at, CodeTone::number);
        } else if (isWord(line[at])) {
            while (at < line.size() && isWord(line[at]))
                ++at;
            if (keywords().contains(QStringView(line).sliced(start, at - start)))
                paint(start, at, CodeTone::flow);
        } else {
            ++at;
        }
    }
}

} // namespace nitroscope::app
