// SPDX-License-Identifier: GPL-2.0-or-later
//
// Fuzz target: envelopes in all the forms in which people have them; what can be read is written again.
#include "app/kms/envelope/envelope.hpp"

#include <cstdint>
#include <cstdlib>

using namespace nitroscope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const auto bytes = kms::envelopeBytes(QByteArray(reinterpret_cast<const char *>(data), qsizetype(size)));
    if (!bytes)
        return 0;
    const kms::EnvelopeReading reading = kms::readEnvelope(*bytes);
    if (!reading.parts)
        return 0;
    kms::EnvelopeForm form = reading.form;
    form.chunkBytes = 1000; // the first chunk may be a single byte of many
    const kms::EnvelopeReading again = kms::readEnvelope(kms::writeEnvelope(*reading.parts, form));
    if (!again.parts || again.parts->encryptedContent != reading.parts->encryptedContent ||
        again.parts->encryptedKey != reading.parts->encryptedKey)
        abort(); // what was read is not what is written
    return 0;
}
