// SPDX-License-Identifier: GPL-2.0-or-later
//
// The C face of the core: nsm.h over class Module. Nothing here decides anything; it converts pointers and
// sizes, and keeps exceptions (out of memory) inside. What has no guard only reads or copies.
#include "nsm-device/core/module.hpp"
#include "qemu-machine/abi/guard.hpp"

#include <cstring>
#include <memory>
#include <string_view>

using nitroscope::guarded;
using nitroscope::nsm::Module;
using nitroscope::nsm::Pcr;
using nitroscope::nsm::PcrValue;

struct Nsm {
    Nsm(const NsmHost &host, const NsmOptions &options) : module(host, options) {}
    Module module;
};

namespace {

void copyPcr(const Pcr &pcr, uint8_t *value, int *locked) {
    std::memcpy(value, pcr.value.data(), pcr.value.size());
    if (locked != nullptr)
        *locked = pcr.locked;
}

// As much as fits, zero-terminated; the length without the zero.
size_t copyText(std::string_view text, char *out, size_t size) {
    if (out == nullptr || size == 0)
        return 0;
    const size_t length = text.copy(out, size - 1); // which may be nothing, from nowhere
    out[length] = '\0';
    return length;
}

std::span<std::byte> writable(uint8_t *data, size_t size) {
    return {reinterpret_cast<std::byte *>(data), size};
}

} // namespace

Nsm *nsm_create(const NsmHost *host, const NsmOptions *options, char *error, size_t error_size) {
    return guarded(
        [&]() -> Nsm * {
            auto nsm = std::make_unique<Nsm>(*host, options != nullptr ? *options : NsmOptions{});
            std::string message;
            if (nsm->module.open(message))
                return nsm.release();
            copyText(message, error, error_size);
            return nullptr;
        },
        [&]() -> Nsm * {
            copyText("out of memory", error, error_size);
            return nullptr;
        });
}

void nsm_destroy(Nsm *nsm) {
    delete nsm;
}

size_t nsm_make_module_id(const char *instance_id, int64_t start_ms, uint16_t random, char *out,
                          size_t size) {
    return guarded(
        [&] { return copyText(nitroscope::nsm::makeModuleId(instance_id, start_ms, random), out, size); },
        [&] { return copyText({}, out, size); });
}

const char *nsm_module_id(const Nsm *nsm) {
    return nsm->module.moduleId().c_str();
}

NsmAnswer nsm_handle(Nsm *nsm, const uint8_t *request, size_t request_size, uint8_t *response,
                     size_t capacity) {
    return guarded(
        [&] {
            return nsm->module.handle({reinterpret_cast<const std::byte *>(request), request_size},
                                      writable(response, capacity));
        },
        [&] { return nsm->module.refuse(NSM_INTERNAL_ERROR, writable(response, capacity)); });
}

NsmQuestion nsm_inspect(const Nsm *nsm, const uint8_t *request, size_t request_size) {
    return nsm->module.inspect({reinterpret_cast<const std::byte *>(request), request_size});
}

NsmAnswer nsm_refuse(Nsm *nsm, NsmError error, uint8_t *response, size_t capacity) {
    return nsm->module.refuse(error, writable(response, capacity));
}

void nsm_reset(Nsm *nsm) {
    nsm->module.reset();
}

void nsm_seed_pcr(Nsm *nsm, unsigned index, const uint8_t value[NSM_PCR_SIZE]) {
    PcrValue copy;
    std::memcpy(copy.data(), value, copy.size());
    nsm->module.seed(index, copy);
}

void nsm_lock_range(Nsm *nsm, unsigned count) {
    nsm->module.lockRange(count);
}

void nsm_get_pcr(const Nsm *nsm, unsigned index, uint8_t value[NSM_PCR_SIZE], int *locked) {
    copyPcr(index < NSM_PCR_COUNT ? nsm->module.pcr(index) : Pcr{}, value, locked);
}

void nsm_get_visible_pcr(const Nsm *nsm, unsigned index, uint8_t value[NSM_PCR_SIZE], int *locked) {
    copyPcr(index < NSM_PCR_COUNT ? nsm->module.visiblePcr(index) : Pcr{}, value, locked);
}

void nsm_get_counters(const Nsm *nsm, NsmCounters *counters) {
    *counters = nsm->module.counters();
}

uint32_t nsm_fault_add(Nsm *nsm, const NsmFaultRule *rule) {
    return guarded([&] { return nsm->module.faults().add(*rule); }, [] { return 0u; });
}

int nsm_fault_remove(Nsm *nsm, uint32_t id) {
    if (id != 0)
        return nsm->module.faults().remove(id) ? 0 : -1;
    nsm->module.faults().clear();
    return 0;
}

size_t nsm_fault_count(const Nsm *nsm) {
    return nsm->module.faults().rules().size();
}

int nsm_fault_get(const Nsm *nsm, size_t position, NsmFaultRule *rule) {
    const auto &rules = nsm->module.faults().rules();
    if (position >= rules.size())
        return -1;
    *rule = rules[position];
    return 0;
}

void nsm_fault_seed(Nsm *nsm, uint64_t seed) {
    nsm->module.faults().seed(seed);
}

void nsm_save_state(const Nsm *nsm, NsmState *state) {
    // The identity is the only part that needs memory, and the last one.
    guarded([&] { nsm->module.save(*state); }, [&] { state->identity_size = 0; });
}

int nsm_load_state(Nsm *nsm, const NsmState *state) {
    return guarded([&] { return nsm->module.load(*state) ? 0 : -1; }, [] { return -1; });
}
