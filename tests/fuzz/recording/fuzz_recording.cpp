// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: the files of a recording, which may have come from anywhere, the machine's answers about one, and places as
// they are named. Byte 0 of the input chooses. What is taken is written again and must then be the same.
#include "app/proto/qmp/recording_messages.hpp"
#include "app/session/record/recording_facts.hpp"
#include "app/session/record/recording_place.hpp"

#include <cstdint>
#include <cstdlib>
#include <QJsonDocument>

using namespace nitroscope;
using namespace nitroscope::app;

namespace {

void takeFacts(const QByteArray &json) {
    const auto facts = readFacts(json);
    if (!facts)
        return;
    const auto again = readFacts(writeFacts(*facts));
    if (!again || *again != *facts)
        std::abort();
}

void takePlaces(const QByteArray &json) {
    const auto places = readPlaces(json);
    if (!places)
        return;
    const auto again = readPlaces(writePlaces(*places));
    if (!again || *again != *places)
        std::abort();
}

void takeName(const QByteArray &name) {
    const auto place = readPlace(QString::fromUtf8(name), {});
    if (!place)
        return;
    PlaceFinder finder(*place);
    pcapng::Record record;
    record.icount = 5;
    record.virtualNs = 5;
    (void)finder.take(record);
    (void)finder.result();
}

void takeAnswer(const QByteArray &json) {
    const auto document = QJsonDocument::fromJson(json);
    (void)qmp::readRecordingState(document.object());
    (void)qmp::readDivergence(document.object());
    (void)qmp::readPlace(document.object());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0)
        return 0;
    const QByteArray rest(reinterpret_cast<const char *>(data + 1), static_cast<qsizetype>(size - 1));
    switch (data[0] % 4) {
    case 0:
        takeFacts(rest);
        break;
    case 1:
        takePlaces(rest);
        break;
    case 2:
        takeName(rest);
        break;
    default:
        takeAnswer(rest);
    }
    return 0;
}
