// SPDX-License-Identifier: GPL-2.0-or-later
//
// Texts of a policy that are compared with texts of a request: `*` for any run of characters, `?` for any one, and policy
// variables, ${key} or ${key, 'default'} (IAM user guide, "Policy elements: Variables and tags"). ${*}, ${?} and ${$} are the
// characters themselves. What a variable stands for is never taken as a wildcard.
#pragma once

#include <functional>
#include <optional>
#include <QString>
#include <string>

namespace nitroscope::kms {

// What a variable stands for; nothing when the request has no single value for it.
using Variables = std::function<std::optional<QString>(QStringView key)>;

class Pattern {
public:
    enum class Wildcards { meant, literal };

    Pattern() = default;
    Pattern(QStringView text, Wildcards wildcards);
    // With variables; nothing when one of them has neither value nor default.
    static std::optional<Pattern> expand(QStringView text, Wildcards wildcards, const Variables &variables);

    // Takes at most as many steps as both are long, multiplied.
    bool matches(QStringView text, Qt::CaseSensitivity sensitivity) const;

private:
    static constexpr char32_t anyRun = 0x110000, anyOne = 0x110001; // beyond all that a text can hold
    void add(QStringView text, Wildcards wildcards);

    std::u32string m_signs; // UTF-16 units, and the two above
};

inline bool matchesWildcards(QStringView pattern, QStringView text, Qt::CaseSensitivity sensitivity) {
    return Pattern(pattern, Pattern::Wildcards::meant).matches(text, sensitivity);
}

} // namespace nitroscope::kms
