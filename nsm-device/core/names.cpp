// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of requests, errors and causes, in the order of the enumerations in nsm.h. Requests and errors
// are the identifiers of the public NSM API; they travel on the wire exactly as written here.
#include "nsm-device/core/names.hpp"

namespace nitroscope::nsm {

namespace {

constexpr const char *requestNames[] = {"DescribePCR", "ExtendPCR",   "LockPCR",   "LockPCRs",
                                        "DescribeNSM", "Attestation", "GetRandom", "unknown"};
static_assert(std::size(requestNames) == NSM_REQUEST_KINDS);

constexpr const char *errorNames[] = {"Success",         "InvalidArgument", "InvalidIndex",
                                      "InvalidResponse", "ReadOnlyIndex",   "InvalidOperation",
                                      "BufferTooSmall",  "InputTooLarge",   "InternalError"};
static_assert(std::size(errorNames) == NSM_ERRORS);

constexpr const char *causeNames[] = {"reset", "seed", "lock", "extend", "load"};
static_assert(std::size(causeNames) == NSM_CAUSES);

constexpr const char *faultNames[] = {
    "error",        "delay",           "drop",      "corrupt-document", "corrupt-signature",
    "expired-leaf", "stale-timestamp", "wrong-root"};
static_assert(std::size(faultNames) == NSM_FAULT_ACTIONS);

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
