// SPDX-License-Identifier: GPL-2.0-or-later
//
// Saving and loading of a module for snapshots. What is loaded may come from anywhere: it is checked as a
// whole before any of it is taken over.
#include "nsm-device/core/module.hpp"

#include <algorithm>
#include <cstring>

namespace nitroscope::nsm {

namespace {

using RuleWords = std::array<std::uint32_t, NSM_FAULT_WORDS>;

RuleWords toWords(const NsmFaultRule &rule) {
    RuleWords words{static_cast<std::uint32_t>(rule.kind), static_cast<std::uint32_t>(rule.index),
                    static_cast<std::uint32_t>(rule.action), static_cast<std::uint32_t>(rule.error),
                    rule.milliseconds};
    rules::save(rule.id, rule.quota, std::span(words).last<RULE_STATE_WORDS>());
    return words;
}

NsmFaultRule toRule(std::span<const std::uint32_t, NSM_FAULT_WORDS> words) {
    // Numbers beyond the enumerations are kept as the largest one, which no rule may have.
    const auto bounded = [](std::uint32_t value, std::uint32_t bad) { return std::min(value, bad); };
    NsmFaultRule rule{};
    rule.kind = static_cast<NsmRequestKind>(bounded(words[0], NSM_REQUEST_KINDS + 1));
    rule.index = static_cast<std::int32_t>(words[1]);
    rule.action = static_cast<NsmFaultAction>(bounded(words[2], NSM_FAULT_ACTIONS));
    rule.error = static_cast<NsmError>(bounded(words[3], NSM_ERRORS));
    rule.milliseconds = words[4];
    rules::load(words.last<RULE_STATE_WORDS>(), rule.id, rule.quota);
    return rule;
}

} // namespace

void Module::save(NsmState &state) const {
    std::memset(&state, 0, sizeof state);
    for (unsigned i = 0; i < pcrCount; ++i) {
        std::memcpy(state.values + i * pcrSize, m_bank.at(i).value.data(), pcrSize);
        state.locked[i] = m_bank.at(i).locked;
    }
    std::copy(std::begin(m_counters.requests), std::end(m_counters.requests), state.requests);
    std::copy(std::begin(m_counters.errors), std::end(m_counters.errors), state.errors);
    std::copy(m_moduleId.begin(), m_moduleId.end(), state.module_id);
    for (const NsmFaultRule &rule : m_faults.rules()) {
        const RuleWords words = toWords(rule);
        std::copy(words.begin(), words.end(), state.faults + state.fault_count++ * NSM_FAULT_WORDS);
    }
    state.fault_seed = m_faults.state();
    state.transactions = m_transactions;
    const ByteVector identity = m_attester ? m_attester->pki().save() : ByteVector();
    if (identity.size() <= sizeof state.identity) {
        std::copy(identity.begin(), identity.end(), reinterpret_cast<std::byte *>(state.identity));
        state.identity_size = static_cast<std::uint32_t>(identity.size());
    }
}

bool Module::load(const NsmState &state) {
    const std::uint8_t *end = std::find(std::begin(state.module_id), std::end(state.module_id), 0);
    if (end == std::end(state.module_id) || end == state.module_id)
        return false;
    if (std::any_of(std::begin(state.locked), std::end(state.locked),
                    [](std::uint8_t flag) { return flag > 1; }))
        return false;
    if (state.fault_count > NSM_FAULTS_MAX || state.identity_size > sizeof state.identity)
        return false;
    std::vector<NsmFaultRule> rules;
    for (std::uint32_t i = 0; i < state.fault_count; ++i)
        rules.push_back(
            toRule(std::span(state.faults).subspan(i * NSM_FAULT_WORDS).first<NSM_FAULT_WORDS>()));

    const std::string moduleId(state.module_id, end);
    std::unique_ptr<Attester> attester = makeAttester(moduleId);
    const cbor::Bytes identity(reinterpret_cast<const std::byte *>(state.identity), state.identity_size);
    if (attester && !identity.empty() && !attester->pki().load(identity))
        return false;
    if (!m_faults.restore(std::move(rules), state.fault_seed))
        return false;

    m_moduleId = moduleId;
    m_attester = std::move(attester);
    m_transactions = std::max(m_transactions, state.transactions);
    std::copy(std::begin(state.requests), std::end(state.requests), m_counters.requests);
    std::copy(std::begin(state.errors), std::end(state.errors), m_counters.errors);
    for (unsigned i = 0; i < pcrCount; ++i) {
        Pcr loaded;
        std::memcpy(loaded.value.data(), state.values + i * pcrSize, pcrSize);
        loaded.locked = state.locked[i] != 0;
        Pcr &pcr = m_bank.at(i);
        const bool changed = loaded.locked != pcr.locked || loaded.value != pcr.value;
        pcr = loaded;
        if (changed)
            report(i, NSM_CAUSE_LOAD);
    }
    return true;
}

} // namespace nitroscope::nsm
