// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs a fuzz target over saved inputs without libFuzzer: every file given, and every file of every folder
// given. Each input also runs truncated at a few places, so that even a small corpus says something. Exit
// code 1 when nothing was run.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

size_t replay(const std::filesystem::path &file) {
    std::ifstream in(file, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(in), {}};
    size_t runs = 0;
    for (size_t keep : {bytes.size(), bytes.size() / 2, bytes.size() / 3, size_t{1}, size_t{0}}) {
        if (keep > bytes.size())
            continue;
        // An allocation of exactly this size, so that the sanitizers see every read past the end.
        const std::vector<uint8_t> exact(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(keep));
        LLVMFuzzerTestOneInput(exact.data(), exact.size());
        ++runs;
    }
    return runs;
}

} // namespace

int main(int argc, char **argv) {
    size_t runs = 0;
    for (int i = 1; i < argc; ++i) {
        const std::filesystem::path path = argv[i];
        if (std::filesystem::is_directory(path)) {
            for (const auto &entry : std::filesystem::recursive_directory_iterator(path))
                if (entry.is_regular_file())
                    runs += replay(entry.path());
        } else {
            runs += replay(path);
        }
    }
    std::printf("%zu inputs replayed\n", runs);
    return runs > 0 ? 0 : 1;
}
