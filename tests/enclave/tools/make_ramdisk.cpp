// SPDX-License-Identifier: GPL-2.0-or-later
//
// make_ramdisk OUTPUT FOLDER [--filler PATH BYTES]
//
// Makes an uncompressed initramfs of a folder's content: names sorted, modes 0755 for folders and executables
// and 0644 otherwise, everything owned by root. --filler adds a file of that many bytes that do not compress,
// the same on every run, to bring an image to a wanted size.

#include "tests/enclave/tools/cpio.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using nitroscope::demo::CpioWriter;

struct CloseFile {
    void operator()(std::FILE *file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

constexpr uint64_t maxFile = 0xffffffff; // the format's numbers have 32 bits

bool addFile(CpioWriter &writer, const fs::path &source, const std::string &name) {
    const uint64_t size = fs::file_size(source);
    const File input(std::fopen(source.c_str(), "rb"));
    if (!input || size > maxFile) {
        std::fprintf(stderr, "%s: %s\n", source.c_str(),
                     input ? "too large for a ramdisk" : std::strerror(errno));
        return false;
    }
    const bool executable = (fs::status(source).permissions() & fs::perms::owner_exec) != fs::perms::none;
    writer.file(name, executable, static_cast<uint32_t>(size));
    std::array<char, 65536> part;
    uint64_t done = 0;
    for (size_t length; (length = std::fread(part.data(), 1, part.size(), input.get())) > 0; done += length)
        writer.content(part.data(), length);
    if (done != size)
        std::fprintf(stderr, "%s: it changed while it was read\n", source.c_str());
    return done == size;
}

bool addFolder(CpioWriter &writer, const fs::path &folder) {
    std::vector<fs::path> paths;
    for (const auto &entry : fs::recursive_directory_iterator(folder))
        paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end()); // element by element, so a folder comes before its content
    for (const auto &path : paths) {
        const std::string name = path.lexically_relative(folder).generic_string();
        if (fs::is_directory(path))
            writer.folder(name);
        else if (!addFile(writer, path, name))
            return false;
    }
    return true;
}

void addFiller(CpioWriter &writer, const std::string &name, uint32_t size) {
    writer.file(name, false, size);
    uint64_t state = 0x9e3779b97f4a7c15; // xorshift64 (Marsaglia 2003); any start but 0 will do
    std::array<uint64_t, 8192> block;
    for (uint64_t left = size; left > 0;) {
        for (auto &word : block) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word = state;
        }
        const auto length = static_cast<size_t>(std::min<uint64_t>(left, sizeof block));
        writer.content(block.data(), length);
        left -= length;
    }
}

int run(const std::vector<std::string> &words) {
    const bool filler = words.size() == 5 && words[2] == "--filler";
    if (words.size() != 2 && !filler) {
        std::fprintf(stderr, "usage: make_ramdisk OUTPUT FOLDER [--filler PATH BYTES]\n");
        return 2;
    }
    const uint64_t fillerSize = filler ? std::strtoull(words[4].c_str(), nullptr, 10) : 0;
    const File output(std::fopen(words[0].c_str(), "wb"));
    if (!output || !fs::is_directory(words[1]) || fillerSize > maxFile) {
        std::fprintf(stderr,
                     "make_ramdisk: cannot write %s, read the folder %s or make a filler of this size\n",
                     words[0].c_str(), words[1].c_str());
        return 1;
    }
    CpioWriter writer(output.get());
    if (!addFolder(writer, words[1]))
        return 1;
    if (filler)
        addFiller(writer, words[3], static_cast<uint32_t>(fillerSize));
    if (!writer.finish()) {
        std::fprintf(stderr, "%s: %s\n", words[0].c_str(), std::strerror(errno));
        return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    try {
        return run({argv + 1, argv + argc});
    } catch (const fs::filesystem_error &problem) {
        std::fprintf(stderr, "make_ramdisk: %s\n", problem.what());
        return 1;
    }
}
