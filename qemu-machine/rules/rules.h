/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * C face of the rule engine, which NSM faults, vsock faults and enclave breaks share: which of the events that match a rule it
 * applies to. What an event is, when it matches and what the rule then does is its owner's.
 *
 * For an event that matches, in this order: a rule that is used up does nothing; `skip` events pass; of the others the rule
 * applies to `chance` per cent, and counts them in `hits`. So `skip` counts matching events whatever the chance, and no random
 * number is drawn for an event that passes.
 *
 * No exception crosses the boundary; pointers are borrowed for the call. One thread at a time (QEMU: the big lock).
 */
#ifndef NITROSCOPE_RULES_H
#define NITROSCOPE_RULES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define RULE_CHANCE_ALWAYS 100u

typedef struct RuleQuota {
    uint32_t skip; /* let so many matching events pass first */
    uint32_t count; /* then apply so often; 0 = for ever */
    uint32_t chance; /* per cent of the matching events after `skip`, 1 to 100; 0 when adding means 100 */
    uint32_t passed; /* out: of `skip` */
    uint32_t hits; /* out: how often it has applied */
} RuleQuota;

/* How many events still pass. */
static inline uint32_t rule_quota_skip_left(const RuleQuota *quota)
{
    return quota->passed < quota->skip ? quota->skip - quota->passed : 0;
}

/*
 * A rule's part of a snapshot, in 32-bit words: id, skip, count, chance, hits, passed. The state of the random numbers is one
 * number of 64 bits beside the rules.
 */
#define RULE_STATE_WORDS 6u

/* Rules of an owner in C; each is a pointer, not NULL, that means something to the owner alone. A rule that is used up goes. */
typedef struct RuleList RuleList;

typedef struct RuleOwner {
    int (*matches)(const void *rule, uint32_t id, const void *event);
    void (*forget)(void *rule, uint32_t id); /* it was refused or removed, is used up, or the list is freed; may be NULL */
} RuleOwner;

/* NULL when there is no memory. */
RuleList *rule_list_new(const RuleOwner *owner, size_t limit);
void rule_list_free(RuleList *list);

/* The id that rule_list_add() will give. Ids start at 1 and are not used twice. */
uint32_t rule_list_next_id(const RuleList *list);
int rule_list_full(const RuleList *list);
/*
 * Takes the rule, also one that it refuses and so forgets at once. Its id; 0 when its quota makes no sense, the list is full or
 * there is no memory.
 */
uint32_t rule_list_add(RuleList *list, const RuleQuota *quota, void *rule);
int rule_list_remove(RuleList *list, uint32_t id); /* 0, or -1 when there is none; id 0 removes all */

typedef struct RuleListed {
    uint32_t id;
    RuleQuota quota;
    void *rule;
} RuleListed;
size_t rule_list_count(const RuleList *list);
int rule_list_get(const RuleList *list, size_t position, RuleListed *listed); /* by id; 0, or -1 beyond the end */

/* Counts the event in all rules that it matches. Returns the id of the first one that applies; 0: none. */
uint32_t rule_list_consult(RuleList *list, const void *event);

#ifdef __cplusplus
}
#endif

#endif
