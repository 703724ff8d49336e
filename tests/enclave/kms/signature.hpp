// SPDX-License-Identifier: GPL-2.0-or-later
//
// AWS Signature Version 4 as a client makes it (IAM user guide, "Signing AWS API requests"), written once more and apart from the server's, which
// it checks.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nitroscope::demo {

struct Credentials {
    std::string accessKeyId, secret;
};

// Names in lower case and in order; the ones that are signed, among them host and x-amz-date (20150830T123600Z).
using SignedHeaders = std::vector<std::pair<std::string, std::string>>;

// The header Authorization for POST / with that body.
std::string authorization(const Credentials &credentials, std::string_view region,
                          const SignedHeaders &headers, std::string_view body);

std::string base64(std::string_view bytes);
// Nothing when it is none.
std::string fromBase64(std::string_view text);

} // namespace nitroscope::demo
