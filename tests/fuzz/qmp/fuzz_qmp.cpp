// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: everything that reads bytes of a QMP server. Byte 0 of the input says into how large pieces
// the rest is cut; the pieces must give the same messages as the whole.
#include "app/proto/qmp/message.hpp"
#include "app/proto/qmp/nitro_messages.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

using namespace nitroscope;
using namespace nitroscope::qmp;

namespace {

constexpr qsizetype maxLineLength = 4096;

size_t consume(Framer &framer, const QByteArray &bytes) {
    size_t messages = 0;
    for (const auto &frame : framer.feed(bytes)) {
        ++messages;
        if (!frame)
            continue;
        if (frame->line.isEmpty() || frame->line.size() > maxLineLength || frame->offset > framer.position())
            std::abort();
        const auto message = parseMessage(*frame);
        if (!message)
            continue;
        if (const auto *event = std::get_if<Event>(&*message)) {
            (void)readBootStage(event->data);
            (void)readBootProblem(event->data);
        }
    }
    return messages;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const qsizetype piece = std::max<qsizetype>(1, data[0]);
    const QByteArray stream(reinterpret_cast<const char *>(data + 1), static_cast<qsizetype>(size - 1));

    Framer whole(maxLineLength);
    const size_t expected = consume(whole, stream);
    Framer pieces(maxLineLength);
    size_t found = 0;
    for (qsizetype at = 0; at < stream.size(); at += piece)
        found += consume(pieces, stream.mid(at, piece));
    if (found != expected || whole.position() != pieces.position())
        std::abort();
    return 0;
}
