// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/kms/policy/pattern.hpp"

namespace nitroscope::kms {

namespace {

bool isSame(char32_t sign, QChar other, Qt::CaseSensitivity sensitivity) {
    if (sign == other.unicode())
        return true;
    return sensitivity == Qt::CaseInsensitive && sign <= 0xffff &&
           QChar(char16_t(sign)).toCaseFolded() == other.toCaseFolded();
}

// ${key} or ${key, 'default'}, without the braces.
std::optional<QString> valueOf(QStringView variable, const Variables &variables) {
    if (variable == u"*" || variable == u"?" || variable == u"$")
        return variable.toString();
    const qsizetype comma = variable.indexOf(u',');
    if (auto value = variables(variable.first(comma < 0 ? variable.size() : comma).trimmed()))
        return value;
    if (comma < 0)
        return std::nullopt;
    const QStringView otherwise = variable.sliced(comma + 1).trimmed();
    if (otherwise.size() < 2 || !otherwise.startsWith(u'\'') || !otherwise.endsWith(u'\''))
        return std::nullopt;
    return otherwise.sliced(1, otherwise.size() - 2).toString();
}

} // namespace

Pattern::Pattern(QStringView text, Wildcards wildcards) {
    add(text, wildcards);
}

void Pattern::add(QStringView text, Wildcards wildcards) {
    m_signs.reserve(m_signs.size() + size_t(text.size()));
    for (const QChar sign : text)
        m_signs += wildcards == Wildcards::literal ? sign.unicode()
                   : sign == u'*'                  ? anyRun
                   : sign == u'?'                  ? anyOne
                                                   : char32_t(sign.unicode());
}

std::optional<Pattern> Pattern::expand(QStringView text, Wildcards wildcards, const Variables &variables) {
    Pattern pattern;
    for (;;) {
        const qsizetype start = text.indexOf(u"${"), end = start < 0 ? -1 : text.indexOf(u'}', start);
        if (end < 0) {
            pattern.add(text, wildcards);
            return pattern;
        }
        const auto value = valueOf(text.sliced(start + 2, end - start - 2), variables);
        if (!value)
            return std::nullopt;
        pattern.add(text.first(start), wildcards);
        pattern.add(*value, Wildcards::literal);
        text = text.sliced(end + 1);
    }
}

bool Pattern::matches(QStringView text, Qt::CaseSensitivity sensitivity) const {
    size_t sign = 0, signAfterRun = std::u32string::npos;
    qsizetype at = 0, runEnd = 0;
    while (at < text.size()) {
        if (sign < m_signs.size() && m_signs[sign] == anyRun) {
            signAfterRun = ++sign;
            runEnd = at;
        } else if (sign < m_signs.size() &&
                   (m_signs[sign] == anyOne || isSame(m_signs[sign], text[at], sensitivity))) {
            ++sign;
            ++at;
        } else if (signAfterRun != std::u32string::npos) { // the last run takes one more
            sign = signAfterRun;
            at = ++runEnd;
        } else {
            return false;
        }
    }
    while (sign < m_signs.size() && m_signs[sign] == anyRun)
        ++sign;
    return sign == m_signs.size();
}

} // namespace nitroscope::kms
