// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C face of the engine: rules.h's list over a Table of rules that are pointers.
#include "qemu-machine/abi/guard.hpp"
#include "qemu-machine/rules/table.hpp"

#include <memory>
#include <new>

namespace {

struct Forget {
    void (*function)(void *rule, std::uint32_t id) = nullptr;
    std::uint32_t id = 0;
    void operator()(void *rule) const {
        if (function != nullptr)
            function(rule, id);
    }
};

struct ListedRule {
    std::uint32_t id = 0;
    RuleQuota quota{};
    std::unique_ptr<void, Forget> own;
};

} // namespace

struct RuleList {
    RuleOwner owner;
    nitroscope::rules::Table<ListedRule> table;
};

RuleList *rule_list_new(const RuleOwner *owner, size_t limit) {
    return new (std::nothrow) RuleList{*owner, {limit, nitroscope::rules::UsedUp::goes}};
}

void rule_list_free(RuleList *list) {
    delete list;
}

uint32_t rule_list_next_id(const RuleList *list) {
    return list->table.nextId();
}

int rule_list_full(const RuleList *list) {
    return list->table.isFull();
}

uint32_t rule_list_add(RuleList *list, const RuleQuota *quota, void *rule) {
    const std::uint32_t id = list->table.nextId();
    return nitroscope::guarded(
        [&] {
            return list->table.add({id, *quota, {rule, {list->owner.forget, id}}});
        },
        [] { return 0u; });
}

int rule_list_remove(RuleList *list, uint32_t id) {
    if (id != 0)
        return list->table.remove(id) ? 0 : -1;
    list->table.clear();
    return 0;
}

size_t rule_list_count(const RuleList *list) {
    return list->table.rules().size();
}

int rule_list_get(const RuleList *list, size_t position, RuleListed *listed) {
    const auto &rules = list->table.rules();
    if (position >= rules.size())
        return -1;
    *listed = {rules[position].id, rules[position].quota, rules[position].own.get()};
    return 0;
}

uint32_t rule_list_consult(RuleList *list, const void *event) {
    uint32_t first = 0;
    list->table.consult(
        [&](const ListedRule &rule) { return list->owner.matches(rule.own.get(), rule.id, event) != 0; },
        [&](const ListedRule &rule) { first = first != 0 ? first : rule.id; });
    return first;
}
