// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: the memory of a hostile process, in which a program's header is looked for. The input is that
// memory from 0x400000 on; its first two bytes say where in it the code is.
#include "app/core/arch/x86/x86_64.hpp"
#include "app/session/programs/user_image.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope;
using namespace nitroscope::app;
using namespace Qt::Literals::StringLiterals;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    constexpr quint64 start = 0x400000;
    if (size < 2)
        return 0;
    const quint64 pc = start + (data[0] | data[1] << 8);
    const QByteArray memory(reinterpret_cast<const char *>(data + 2), qsizetype(size - 2));
    const ReadGuest read = [&memory](quint64 address, quint64 bytes) {
        if (address < start || address - start >= quint64(memory.size()))
            return QByteArray();
        return memory.mid(qsizetype(address - start), qsizetype(bytes));
    };
    const auto image = findUserImage(pc, read);
    if (image && image->buildId.size() > 64)
        std::abort();
    if (const auto program = symbols::Program::open(memory, u"it"_s))
        (void)matchCode(arch::x86_64(), {*program, image ? image->bias : 0}, pc, read);
    return 0;
}
