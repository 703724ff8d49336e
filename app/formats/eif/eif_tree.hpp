// SPDX-License-Identifier: GPL-2.0-or-later
//
// Turns a parsed EIF into the tree that is shown: header fields, sections, what is inside of each, and every
// finding at the bytes it speaks of.

#pragma once

#include "app/formats/tree/node.hpp"
#include "firmware/eif/bzimage.hpp"
#include "firmware/eif/image.hpp"
#include "qemu-machine/launch/file_source.hpp"
#include "qemu-machine/launch/signature_check.hpp"

#include <optional>
#include <QByteArray>

namespace nitroscope::formats {

// By-products of the decoding that others need as well.
struct EifFacts {
    QByteArray commandLine;
    QByteArray metadataJson;
    std::optional<launch::SignatureCheck> signature;
    std::optional<eif::BzImage> kernel;
    std::optional<eif::ArmImage> armKernel; // of an image for aarch64
};

struct EifTree {
    Node root;
    EifFacts facts;
};

// `now` is Unix seconds, for the certificate's dates.
EifTree makeEifTree(const launch::ByteSource &source, const eif::Image &image, qint64 now);

// "kernel", "cmdline" ...; "type 7" for what is not known.
QString sectionTypeText(const eif::Section &section);

Severity toSeverity(eif::Severity severity);

// One per kind of section; each adds children to the node of the section's data.
void addHeaderTree(Node &root, const eif::Image &image);
void addKernelTree(Node &data, const launch::ByteSource &source, const eif::Image &image, int section,
                   EifFacts &facts);
void addCommandLineTree(Node &data, const QByteArray &text, quint64 fileOffset);
void addSignatureTree(Node &data, const launch::SignatureCheck &check);
void addRamdiskTree(Node &data, const launch::ByteSource &source, const eif::Section &section);

} // namespace nitroscope::formats
