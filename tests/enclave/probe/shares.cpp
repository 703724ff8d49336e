// SPDX-License-Identifier: GPL-2.0-or-later
//
// An image's program that spends known shares of its time in known functions and takes known branches, for
// tests/boot/tst_looking: three quarters in spendThree(), one in spendOne(), and only one side of decide().

#include <cstdio>

#define KEPT extern "C" __attribute__((noinline, used))

namespace {

constexpr unsigned long unit = 40'000'000; // rounds of a few instructions
volatile unsigned long sink;

inline __attribute__((always_inline)) void spend(unsigned long rounds) {
    // Compilers leave a frame out where nothing is called, but not where its address is asked for.
    unsigned long sum = reinterpret_cast<unsigned long>(__builtin_frame_address(0));
    for (unsigned long i = 0; i < rounds; ++i) {
        sum += i;
        asm volatile("" : "+r"(sum)); // each round is one
    }
    sink = sum;
}

} // namespace

KEPT void spendThree() {
    spend(3 * unit);
}

KEPT void spendOne() {
    spend(unit);
}

KEPT void sideTaken() {
    sink = 1;
}

KEPT void sideNotTaken() {
    sink = 2;
}

KEPT void decide(int count) {
    if (count > 1000)
        sideNotTaken();
    else
        sideTaken();
}

KEPT void work(int count) {
    spendThree();
    spendOne();
    decide(count);
    sink = 0; // no tail call: the frames of the others have this one above them
}

int main(int count, char **) {
    work(count);
    std::puts("shares: done");
    return 0;
}
