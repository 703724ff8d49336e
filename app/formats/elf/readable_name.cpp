// SPDX-License-Identifier: GPL-2.0-or-later
#include "app/formats/elf/readable_name.hpp"

#include <cstdlib>
#include <cxxabi.h>
#include <memory>

namespace nitroscope::symbols {
namespace {

constexpr qsizetype maxMangledLength = 1024;
// Each reference may stand for all that was before it: with n of them a name grows 3^(n/3) times at most.
constexpr int maxReferences = 24;

// References to a part of the name before (S_, S0_, T_ …); the same letters within a word are counted, too.
int referencesIn(QByteArrayView mangled) {
    int references = 0;
    for (qsizetype i = 0; i + 1 < mangled.size(); ++i) {
        const char next = mangled[i + 1];
        const bool refers = next == '_' || (next >= '0' && next <= '9') || (next >= 'A' && next <= 'Z');
        references += (mangled[i] == 'S' || mangled[i] == 'T') && refers ? 1 : 0;
    }
    return references;
}

// Rust ends its names with a digest that nobody reads: "core::fmt::write::h0123456789abcdef".
QByteArrayView withoutRustDigest(QByteArrayView name) {
    constexpr qsizetype digestLength = 19; // "::h" and 16 hex digits
    if (name.size() <= digestLength)
        return name;
    const QByteArrayView end = name.last(digestLength);
    if (!end.startsWith("::h"))
        return name;
    for (const char digit : end.sliced(3))
        if (!((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f')))
            return name;
    return name.chopped(digestLength);
}

} // namespace

QString readableName(QByteArrayView symbol) {
    if (!symbol.startsWith("_Z") || symbol.size() > maxMangledLength || referencesIn(symbol) > maxReferences)
        return QString::fromUtf8(symbol);
    // The compiler marks parts of a function so: "_Z1fv.cold".
    const qsizetype dot = symbol.indexOf('.');
    const QByteArray mangled = symbol.first(dot < 0 ? symbol.size() : dot).toByteArray();
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> spelled(
        abi::__cxa_demangle(mangled.constData(), nullptr, nullptr, &status), &std::free);
    if (status != 0 || !spelled)
        return QString::fromUtf8(symbol);
    return QString::fromUtf8(withoutRustDigest(spelled.get())) +
           QString::fromUtf8(dot < 0 ? QByteArrayView() : symbol.sliced(dot));
}

} // namespace nitroscope::symbols
