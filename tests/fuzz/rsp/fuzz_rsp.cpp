// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: everything that reads bytes of a gdbstub or of a debugger. Byte 0 of the input says who wrote
// them and into how large pieces they are cut; the pieces must give the same items as the whole.
#include "app/proto/rsp/framing.hpp"
#include "app/proto/rsp/message.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace nitroscope;
using namespace nitroscope::rsp;

namespace {

constexpr qsizetype longest = 4096;

void readMessages(const QByteArray &payload) {
    if (const auto stop = parseStopReply(payload))
        if (stop->registers.size() > payload.size())
            std::abort();
    (void)parseThreadList(payload);
    (void)parseFeatures(payload);
    (void)errorNumber(payload);
    (void)fromHex(payload);
    if (const auto thread = parseThreadId(payload))
        if (parseThreadId(formatThreadId(*thread)) != thread)
            std::abort();
}

size_t consume(Framer &framer, const QByteArray &bytes) {
    size_t items = 0;
    for (const auto &item : framer.feed(bytes)) {
        ++items;
        if (!item)
            continue;
        if (item->payload.size() > longest)
            std::abort();
        readMessages(item->payload);
    }
    return items;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const Writer writer = data[0] & 0x80 ? Writer::debugger : Writer::stub;
    const qsizetype piece = std::max(1, data[0] & 0x7f);
    const QByteArray stream(reinterpret_cast<const char *>(data + 1), qsizetype(size - 1));

    Framer whole(writer, longest);
    const size_t expected = consume(whole, stream);
    Framer pieces(writer, longest);
    size_t found = 0;
    for (qsizetype at = 0; at < stream.size(); at += piece)
        found += consume(pieces, stream.mid(at, piece));
    if (found != expected || whole.position() != pieces.position())
        std::abort();

    // What we write ourselves must come back.
    const QByteArray payload = stream.left(longest);
    const auto back = Framer(writer, longest).feed(encodePacket(payload));
    if (back.size() != 1 || !back[0] || back[0]->payload != payload)
        std::abort();
    readMessages(payload);
    return 0;
}
