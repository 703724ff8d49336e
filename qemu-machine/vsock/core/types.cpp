// SPDX-License-Identifier: GPL-2.0-or-later
#include "qemu-machine/vsock/core/types.hpp"

#include <array>

namespace nitroscope::vsock {

namespace {

struct Words {
    const char *name, *text;
};

#define VSOCK_WORDS(constant, enumerator, name, text) Words{name, text},
constexpr std::array words{VSOCK_REASON_LIST(VSOCK_WORDS)};
#undef VSOCK_WORDS

const Words &wordsOf(Reason reason) {
    const auto index = static_cast<std::size_t>(reason);
    return words[index < words.size() ? index : 0];
}

} // namespace

const char *kindName(Kind kind) {
    switch (kind) {
#define VSOCK_KIND_NAME(constant, enumerator)                                                                \
    case Kind::enumerator:                                                                                   \
        return #enumerator;
        VSOCK_TYPE_LIST(VSOCK_KIND_NAME)
#undef VSOCK_KIND_NAME
    }
    return "unknown";
}

const char *reasonName(Reason reason) {
    return wordsOf(reason).name;
}

const char *reasonText(Reason reason) {
    return wordsOf(reason).text;
}

} // namespace nitroscope::vsock
