// SPDX-License-Identifier: GPL-2.0-or-later
//
// A list of rules in the order of their ids, whatever they are about: any type with an `id` and a `quota`.
#pragma once

#include "qemu-machine/rules/quota.hpp"

#include <algorithm>
#include <concepts>
#include <utility>
#include <vector>

namespace nitroscope::rules {

enum class UsedUp { goes, stays }; // what becomes of a rule that has applied as often as it may

template <class T>
concept Rule = requires(T rule) {
    { rule.id } -> std::same_as<std::uint32_t &>;
    { rule.quota } -> std::same_as<RuleQuota &>;
};

template <class R>
class Table {
public:
    Table(std::size_t limit, UsedUp usedUp) : m_limit(limit), m_usedUp(usedUp) { static_assert(Rule<R>); }

    // The new rule's id, which is chosen when it has none; 0 when its quota makes no sense, its id is taken or the table is full.
    std::uint32_t add(R rule) {
        rule.quota.passed = rule.quota.hits = 0;
        if (rule.quota.chance == 0)
            rule.quota.chance = RULE_CHANCE_ALWAYS;
        if (isFull() || !makesSense(rule.quota) || (rule.id != 0 && find(rule.id) != nullptr))
            return 0;
        if (rule.id == 0)
            rule.id = nextId();
        const std::uint32_t id = rule.id;
        m_rules.insert(std::upper_bound(m_rules.begin(), m_rules.end(), id,
                                        [](std::uint32_t value, const R &other) { return value < other.id; }),
                       std::move(rule));
        m_lastId = std::max(m_lastId, id);
        return id;
    }
    bool remove(std::uint32_t id) {
        return std::erase_if(m_rules, [id](const R &rule) { return rule.id == id; }) != 0;
    }
    void clear() { m_rules.clear(); }

    std::uint32_t nextId() const { return m_lastId + 1; }
    bool isFull() const { return m_rules.size() >= m_limit; }
    bool empty() const { return m_rules.empty(); }
    const std::vector<R> &rules() const { return m_rules; }
    const R *find(std::uint32_t id) const {
        const auto found =
            std::find_if(m_rules.begin(), m_rules.end(), [id](const R &rule) { return rule.id == id; });
        return found == m_rules.end() ? nullptr : &*found;
    }

    Random &random() { return m_random; }
    const Random &random() const { return m_random; }

    // Calls apply(rule) for each rule that matches an event and whose turn it is.
    void consult(std::predicate<const R &> auto &&matches, std::invocable<const R &> auto &&apply) {
        for (R &rule : m_rules)
            if (!isUsedUp(rule.quota) && matches(std::as_const(rule)) && takeTurn(rule.quota, m_random))
                apply(std::as_const(rule));
        if (m_usedUp == UsedUp::goes)
            std::erase_if(m_rules, [](const R &rule) { return isUsedUp(rule.quota); });
    }

    // Puts saved rules back; false, and nothing changed, when they cannot have come from here.
    bool restore(std::vector<R> rules, std::uint64_t randomState) {
        std::uint32_t last = 0;
        for (const R &rule : rules) {
            if (rule.id <= last || !makesSense(rule.quota))
                return false;
            last = rule.id;
        }
        if (rules.size() > m_limit)
            return false;
        m_rules = std::move(rules);
        m_lastId = std::max(m_lastId, last);
        m_random.seed(randomState);
        return true;
    }

private:
    std::size_t m_limit;
    UsedUp m_usedUp;
    std::vector<R> m_rules;
    std::uint32_t m_lastId = 0;
    Random m_random;
};

} // namespace nitroscope::rules
