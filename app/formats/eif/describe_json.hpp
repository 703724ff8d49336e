// SPDX-License-Identifier: GPL-2.0-or-later
//
// The JSON that nitro-cli prints for an EIF, with its field names, field order and two-space indentation, so
// that scripts made for nitro-cli run unchanged.

#pragma once

#include "app/formats/eif/eif_document.hpp"
#include "app/formats/json/json_writer.hpp"

#include <QByteArray>

namespace nitroscope::formats {

// `nitro-cli describe-eif`: version, measurements, signature, CRC, names and metadata. Ends with a line
// break.
QByteArray describeEifJson(const EifDocument &document, const EifMeasurements &measurements);

// Its ImageName, ImageVersion and Metadata into an object that is open; nothing when the image has no metadata.
void writeMetadata(JsonWriter &json, const EifDocument &document);

// The value of "Measurements": HashAlgorithm, and the PCRs that there are.
QJsonObject measurementsOf(const EifMeasurements &measurements);

// What `nitro-cli build-enclave` prints: {"Measurements": {...}}. Ends with a line break.
QByteArray measurementsJson(const EifMeasurements &measurements);

} // namespace nitroscope::formats
