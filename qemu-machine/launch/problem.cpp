// SPDX-License-Identifier: GPL-2.0-or-later
//
// Builds the messages of the launch library; see problem.hpp.

#include "qemu-machine/launch/problem.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace nitroscope::launch {

std::string_view text(ErrorCode code) {
    switch (code) {
    case ErrorCode::none:
        return "";
    case ErrorCode::e19:
        return "E19";
    case ErrorCode::e26:
        return "E26";
    case ErrorCode::e35:
        return "E35";
    case ErrorCode::e36:
        return "E36";
    case ErrorCode::e59:
        return "E59";
    }
    return "";
}

std::string_view meaning(ErrorCode code) {
    switch (code) {
    case ErrorCode::none:
        return "";
    case ErrorCode::e19:
        return "a file operation failed";
    case ErrorCode::e26:
        return "not enough memory was requested for the enclave";
    case ErrorCode::e35:
        return "the EIF could not be parsed";
    case ErrorCode::e36:
        return "the enclave did not boot";
    case ErrorCode::e59:
        return "the check of the signature or its certificate failed";
    }
    return "";
}

ErrorCode codeFor(eif::Problem problem) {
    using eif::Problem;
    if (eif::severity(problem) != eif::Severity::error)
        return ErrorCode::none;
    switch (problem) {
    case Problem::emptyFile:
    case Problem::tooShort:
    case Problem::readFailed:
    case Problem::sectionOutsideFile:
    case Problem::sectionHeaderCut:
    case Problem::sectionDataCut:
    case Problem::sectionTypeInvalid:
    case Problem::sectionTypeUnknown:
        return ErrorCode::e35;
    default:
        return ErrorCode::e36;
    }
}

namespace {

// Longest prefix that fits and does not end inside a UTF-8 sequence (paths in messages may hold any letter).
size_t fittingLength(std::string_view text, size_t room) {
    if (text.size() <= room)
        return text.size();
    size_t length = room;
    while (length > 0 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
        --length;
    return length;
}

std::string placeText(Place place) {
    if (place.section < 0 && place.offset == 0)
        return {};
    char buffer[96];
    if (place.section >= 0)
        std::snprintf(buffer, sizeof buffer, " (section %d, byte %llu = 0x%llx of the file)", place.section,
                      static_cast<unsigned long long>(place.offset),
                      static_cast<unsigned long long>(place.offset));
    else
        std::snprintf(buffer, sizeof buffer, " (header, byte %llu = 0x%llx of the file)",
                      static_cast<unsigned long long>(place.offset),
                      static_cast<unsigned long long>(place.offset));
    return buffer;
}

} // namespace

NitroLaunchProblem makeProblem(Weight weight, uint32_t reason, ErrorCode code, Place place,
                               std::string_view sentence) {
    NitroLaunchProblem problem = {};
    problem.fatal = weight == Weight::refusal;
    problem.reason = reason;
    problem.section = place.section;
    problem.offset = place.offset;
    std::copy_n(text(code).data(), text(code).size(), problem.ecode);

    std::string message(sentence);
    if (const std::string where = placeText(place); !where.empty()) {
        if (message.ends_with('.'))
            message.pop_back();
        message += where + ".";
    }
    if (code != ErrorCode::none)
        message += " On EC2: " + std::string(text(code)) + ", " + std::string(meaning(code)) + ".";
    std::memcpy(problem.message, message.data(), fittingLength(message, sizeof problem.message - 1));
    return problem;
}

NitroLaunchProblem makeProblem(Weight weight, eif::Problem problem, Place place) {
    return makeProblem(weight, static_cast<uint32_t>(problem), codeFor(problem), place, eif::text(problem));
}

} // namespace nitroscope::launch
