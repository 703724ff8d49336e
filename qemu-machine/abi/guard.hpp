// SPDX-License-Identifier: GPL-2.0-or-later
//
// No exception crosses a C ABI: its functions run what may throw inside guarded(). What throws is memory that is
// not to be had; who called hears of it by the answer that the ABI has for failures.
#pragma once

#include <type_traits>

namespace nitroscope {

// The answer of `body`, or, when that threw, of `otherwise`, which must not throw itself.
template <class Body, class Otherwise>
std::invoke_result_t<Body> guarded(Body &&body, Otherwise &&otherwise) noexcept {
    try {
        return body();
    } catch (...) {
        return otherwise();
    }
}

} // namespace nitroscope
