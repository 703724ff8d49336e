// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of nsm_protocol.h as arrays.
#include "nsm-device/core/names.hpp"

namespace nitroscope::nsm {

namespace {

#define NSM_NAME(constant, name) name,
constexpr const char *requestNames[] = {NSM_REQUEST_LIST(NSM_NAME)};
constexpr const char *errorNames[] = {NSM_ERROR_LIST(NSM_NAME)};
constexpr const char *causeNames[] = {NSM_CAUSE_LIST(NSM_NAME)};
constexpr const char *faultNames[] = {NSM_FAULT_LIST(NSM_NAME)};
#undef NSM_NAME

template <std::size_t count>
const char *nameOf(const char *const (&names)[count], unsigned value) {
    return value < count ? names[value] : "unknown";
}

} // namespace

std::span<const char *const> knownRequestNames() {
    return std::span(requestNames).first(NSM_REQUEST_UNKNOWN);
}

} // namespace nitroscope::nsm

const char *nsm_request_name(NsmRequestKind kind) {
    return nitroscope::nsm::nameOf(nitroscope::nsm::requestNames, kind);
}

const char *nsm_error_name(NsmError error) {
    return nitroscope::nsm::nameOf(nitroscope::nsm::errorNames, error);
}

const char *nsm_cause_name(NsmCause cause) {
    return nitroscope::nsm::nameOf(nitroscope::nsm::causeNames, cause);
}

const char *nsm_fault_action_name(NsmFaultAction action) {
    return nitroscope::nsm::nameOf(nitroscope::nsm::faultNames, action);
}
